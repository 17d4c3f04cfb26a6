"""How the explorer looks and what its server may do."""

import tomllib
from collections.abc import Mapping
from pathlib import Path

from ontology.schema import EntityType

OPTIONS = Path(__file__).parent / "static" / "streamlit.toml"
TYPE_HUES: Mapping[str, int] = {
    EntityType.ANATOMICAL_LOCATION: 25,
    EntityType.ANIMAL: 45,
    EntityType.BACTERIA: 150,
    EntityType.BIOMEDICAL_TECHNIQUE: 215,
    EntityType.CHEMICAL: 265,
    EntityType.DDF: 350,
    EntityType.DIETARY_SUPPLEMENT: 80,
    EntityType.DRUG: 305,
    EntityType.FOOD: 100,
    EntityType.GENE: 235,
    EntityType.HUMAN: 15,
    EntityType.MICROBIOME: 175,
    EntityType.STATISTICAL_TECHNIQUE: 195,
}
"""One hue a type, the same wherever the type is shown."""


def server_options(host: str, port: int) -> dict[str, object]:
    """Streamlit's options, as ``st.App`` takes them."""
    options = tomllib.loads(OPTIONS.read_text(encoding="utf-8"))
    return {"server.address": host, "server.port": port, **options}

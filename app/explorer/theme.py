"""How the explorer looks and what its server may do, as Streamlit's configuration."""

from ontology.schema import EntityType

LIGHT = {
    "primaryColor": "#1f6f64",
    "backgroundColor": "#fcfcfa",
    "secondaryBackgroundColor": "#f1f3ef",
    "textColor": "#1d2624",
    "linkColor": "#1b6a8a",
    "borderColor": "#dfe4de",
}
DARK = {
    "primaryColor": "#58b9a8",
    "backgroundColor": "#14191a",
    "secondaryBackgroundColor": "#1d2426",
    "textColor": "#e4e9e6",
    "linkColor": "#7cc4e4",
    "borderColor": "#2f3a3c",
}
TYPE_HUES = {
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
    """Streamlit's options: no telemetry, no traces for strangers, nothing from other hosts."""
    themed = {
        f"theme.{mode}.{name}": colour
        for mode, colours in (("light", LIGHT), ("dark", DARK))
        for name, colour in colours.items()
    }
    return {
        "server.address": host,
        "server.port": port,
        "server.headless": True,
        "server.fileWatcherType": "none",
        "server.runOnSave": False,
        "server.enableXsrfProtection": True,
        "server.maxUploadSize": 1,
        "server.showEmailPrompt": False,
        "browser.gatherUsageStats": False,
        "client.showErrorDetails": "none",
        "client.toolbarMode": "viewer",
        "theme.baseRadius": "small",
        "theme.font": "sans-serif",
        "theme.linkUnderline": False,
        "theme.headingFontSizes": ["2.1rem", "1.45rem", "1.2rem"],
        "theme.light.chartCategoricalColors": [LIGHT["primaryColor"]],
        "theme.dark.chartCategoricalColors": [DARK["primaryColor"]],
        **themed,
    }

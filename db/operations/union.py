"""All operations as one discriminated union: the list that everything else is derived from."""

from typing import Any, get_args

from db.operations.advertising import Ad
from db.operations.appearance import MatchColor, Relight, Shadow, Stylize
from db.operations.augmentation import AugmentPicture
from db.operations.base import Operation
from db.operations.checking import Check
from db.operations.compressing import Compress
from db.operations.explaining import Explain
from db.operations.generation import (
    Interpolate,
    Personalize,
    Reconstruct,
    Sample,
    Translate,
    Vary,
)
from db.operations.moderating import Moderate
from db.operations.pipeline import Pipeline
from db.operations.product import Background, Cutout, Place, Recolor
from db.operations.recognition import Classify, Embed, Search
from db.operations.restoration import Deblock, Deblur, Denoise, Upscale
from db.operations.retouching import Inpaint, Outpaint
from db.operations.scoring import Score
from db.operations.showroom import Spin
from db.operations.training import Evaluate, Train
from db.operations.trying_on import TryOn
from db.operations.tuning import Tune
from db.operations.verifying import Verify

AnyOperation = (
    Sample
    | Reconstruct
    | Vary
    | Personalize
    | Interpolate
    | Translate
    | Denoise
    | Deblock
    | Deblur
    | Upscale
    | Cutout
    | Background
    | Place
    | Recolor
    | Shadow
    | Relight
    | MatchColor
    | Stylize
    | Inpaint
    | Outpaint
    | TryOn
    | Ad
    | Spin
    | Pipeline
    | Train
    | Evaluate
    | Compress
    | Tune
    | Score
    | Explain
    | AugmentPicture
    | Classify
    | Embed
    | Search
    | Check
    | Verify
    | Moderate
)
OPERATIONS: dict[str, type[Operation]] = {
    kind.model_fields["op"].default: kind for kind in get_args(AnyOperation)
}


def schemas() -> dict[str, dict[str, Any]]:
    """The JSON Schema of each operation, by name."""
    return {name: kind.model_json_schema() for name, kind in OPERATIONS.items()}

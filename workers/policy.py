"""What a channel forbids whatever it looks like: asked before any work is done."""

from db.operations import presets
from db.operations.pipeline import Pipeline
from models import marks
from models.failures import CannotDo
from workers.edit import Given


def refuse_generated(operation: Pipeline, given: Given) -> None:
    """A picture that says of itself that it was generated is none for a channel of photographs.

    Raises:
        CannotDo: `policy_generated_main_image`.
    """
    if operation.preset is None:
        return
    preset = presets.settled(operation.preset)
    said = marks.read(given.files["picture"].data)
    if "generated" in preset.denied and said.source_kind == "generated":
        sentence = f"{preset.title} takes photographs; the picture's label says it was generated."
        raise CannotDo("policy_generated_main_image", sentence)

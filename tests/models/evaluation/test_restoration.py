"""A denoiser is measured on pictures of any category, beside non-local means."""

import pytest
import torch
from torch import Generator, Tensor

from models import weights
from models.data import samples
from models.data.degradations import noisy
from models.data.image_set import ImageSet, Part
from models.data.windows import windows
from models.evaluation import restoration
from models.evaluation.contender import Contender
from models.evaluation.evaluate import evaluate
from models.evaluation.judge import Judge
from models.metrics.psnr import psnr_db
from models.metrics.quantised import quantised
from models.networks.denoiser import Denoiser, DenoiserConfig

CPU = torch.device("cpu")


class _Knowing(Denoiser):
    """Takes away a share of the noise, as it knows the clean pictures."""

    def __init__(self, clean: Tensor, share: float) -> None:
        super().__init__(DenoiserConfig(widths=(2, 2)))
        self.clean = clean
        self.share = share

    def denoise(self, x: Tensor, sigma: Tensor) -> Tensor:
        assert sigma.tolist() == [25.0] * len(x)
        return (x + self.share * (self.clean - x)).clamp(0, 1)


def nobody(part: Part) -> Judge:
    raise AssertionError("a network that mends pictures needs no judge")


def _images(count: int = 20) -> ImageSet:
    draw = Generator().manual_seed(1)
    blocks = torch.rand(count, 3, 4, 4, generator=draw)
    pictures = torch.nn.functional.interpolate(blocks, size=(32, 36), mode="bilinear")
    return ImageSet(
        "blocks",
        (pictures * 255).byte(),
        torch.arange(count) % 2,
        ("bag", "shoe"),
        torch.arange(12, count),
        "CC0",
        "made here",
    )


def _contender(share: float, categories: tuple[str, ...] = ("photograph",)) -> Contender[Denoiser]:
    clean = _images().split()[1].images[..., :32] / 255
    return Contender(_Knowing(clean, share), categories)


def test_the_numbers_are_those_of_held_out_pictures_at_sigma_25():
    images = _images()
    clean = images.split()[1].images[..., :32] / 255  # 36 columns are not a multiple of 8
    sigma = torch.full((8,), 25.0)
    spoiled = noisy(clean, sigma, Generator().manual_seed(restoration.SEED))

    found = evaluate(_contender(0.5), images, incumbent=None, teach=nobody, device=CPU)

    mended = quantised(spoiled + 0.5 * (clean - spoiled))
    assert found.measure == "psnr_db"
    assert found.pictures == 8
    assert found.value == pytest.approx(psnr_db(mended, clean).mean().item())
    assert found.digest == images.split()[1].digest()
    assert found.scores["ssim"] > 0


def test_pictures_of_categories_that_it_never_met_count_too():
    found = evaluate(
        _contender(0.5, ("photograph",)), _images(), incumbent=None, teach=nobody, device=CPU
    )

    assert {name: one.pictures for name, one in found.categories.items()} == {"bag": 4, "shoe": 4}


def test_what_takes_no_noise_away_is_behind_non_local_means():
    found = evaluate(_contender(0.0), _images(), incumbent=None, teach=nobody, device=CPU)

    assert found.baseline == "non-local means"
    assert found.over_baseline.is_behind
    assert found.over_baseline.other > found.value + 2


def test_what_takes_nearly_all_noise_away_is_ahead_of_it_and_of_what_serves():
    better, worse = _contender(0.9), _contender(0.5)

    found = evaluate(better, _images(), incumbent=worse, teach=nobody, device=CPU)

    assert found.beats_baseline
    assert found.beats_incumbent
    assert found.categories["bag"].lead is not None
    assert evaluate(worse, _images(), incumbent=better, teach=nobody, device=CPU).fallen == (
        "bag",
        "shoe",
    )


def test_what_is_mended_to_the_last_bit_counts_a_hundred():
    assert (
        evaluate(_contender(1.0), _images(), incumbent=None, teach=nobody, device=CPU).value
        == 100.0
    )


def _renders() -> Tensor:
    """uint8 [12, 3, 128, 128]: a window of each render, over white."""
    found = []
    for sample in samples.products():
        pixels = torch.tensor(sample.pixels).permute(2, 0, 1)[None] / 255
        over_white = pixels[:, :3] * pixels[:, 3:] + 1 - pixels[:, 3:]
        found.append(windows(over_white, side=128, most=1))
    return (torch.cat(found) * 255).round().byte()


def test_the_denoiser_that_ships_beats_non_local_means_on_renders_it_never_saw():
    pictures = _renders()
    held_out, labels = torch.arange(6, 12), torch.zeros(12).long()
    images = ImageSet("renders", pictures, labels, ("a",), held_out, "CC0", "here")
    path, card = next(one for one in weights.shipped() if one[1].name == "denoise-photo")
    network = weights.read(path.read_bytes(), card)

    found = evaluate(
        Contender(network, card.categories), images, incumbent=None, teach=nobody, device=CPU
    )

    assert found.beats_baseline

"""The benchmark of upscalers: untrained they are bicubic, and a set that is away has no score."""

from pathlib import Path

import pytest
from PIL import Image
from torch import nn

from benchmarks.upscaling import operation_scores, upscale_scores
from models.networks.upscaler import Upscaler, UpscalerConfig
from tests.factories import shot


def _set5(folder: Path) -> Path:
    under = folder / "Set5" / "x2"
    under.mkdir(parents=True)
    for number in range(2):
        large = shot(number, 40)
        large.save(under / f"img_00{number}_SRF_2_HR.png")
        small = large.resize((20, 20), Image.Resampling.BICUBIC)
        small.save(under / f"img_00{number}_SRF_2_LR.png")
    return folder


def test_an_untrained_network_is_as_good_as_bicubic(tmp_path: Path) -> None:
    ours, theirs = upscale_scores(Upscaler(UpscalerConfig()).eval(), _set5(tmp_path))

    assert ours["set5_x2_y_psnr_db"] == pytest.approx(theirs["set5_x2_y_psnr_db_bicubic"], abs=0.1)
    assert ours["set5_x2_ssim"] == pytest.approx(theirs["set5_x2_ssim_bicubic"], abs=1e-3)
    assert ours["set14_x2_y_psnr_db"] is None
    assert theirs["set14_x2_ssim_bicubic"] is None


def test_what_enlarges_nothing_is_not_measured(tmp_path: Path) -> None:
    with pytest.raises(TypeError, match="expected an Upscaler, got Identity"):
        upscale_scores(nn.Identity(), tmp_path)


def test_a_scale_that_a_set_lacks_is_made_of_its_large_pictures(tmp_path: Path) -> None:
    network = Upscaler(UpscalerConfig()).eval()

    ours, theirs = operation_scores(network, _set5(tmp_path), 4)

    assert ours["set5_x4_y_psnr_db"] == pytest.approx(theirs["set5_x4_y_psnr_db_bicubic"], abs=0.5)
    assert ours["set5_x4_least_backproj_db"] is not None
    assert ours["set14_x4_least_backproj_db"] is None

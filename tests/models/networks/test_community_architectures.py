"""Architectures that restorers are published in: accepted, of any size, and able to learn."""

from typing import Any

import pytest
import torch

from models.networks import community
from models.networks.found import examined
from tests import strangers

strangers.spandrel()

ARCHITECTURES: dict[str, tuple[str, str, dict[str, Any]]] = {
    "Compact": ("upscaler", "Compact", {"num_feat": 8, "num_conv": 2, "upscale": 4}),
    "DAT": ("upscaler", "DAT", {"embed_dim": 60, "depth": [1], "num_heads": [6], "upscale": 2}),
    "DRUNet": ("denoiser", "DRUNet", {"in_nc": 4, "out_nc": 3, "nc": [4, 4, 8, 8], "nb": 2}),
    "DnCNN": ("denoiser", "DnCNN", {"in_nc": 3, "out_nc": 3, "nc": 8, "nb": 9, "act_mode": "R"}),
    "ESRGAN": ("upscaler", "ESRGAN", {"num_filters": 8, "num_blocks": 1, "scale": 4}),
    "HAT": (
        "upscaler",
        "HAT",
        {"embed_dim": 96, "depths": [1], "num_heads": [6], "window_size": 16, "upscale": 2}
        | {"upsampler": "pixelshuffle"},
    ),
    "NAFNet": (
        "denoiser",
        "NAFNet",
        {"width": 8, "middle_blk_num": 1, "enc_blk_nums": [1, 1], "dec_blk_nums": [1, 1]},
    ),
    "OmniSR": ("upscaler", "OmniSR", {}),
    "PLKSR": ("upscaler", "RealPLKSR", {"dim": 16, "n_blocks": 1, "upscaling_factor": 2}),
    "RCAN": ("upscaler", "RCAN", {"n_resgroups": 1, "n_resblocks": 1, "n_feats": 64, "scale": 2}),
    "RealCUGAN": ("upscaler", "UpCunet2x", {}),
    "SAFMN": ("upscaler", "SAFMN", {"dim": 36, "upscaling_factor": 2}),
    "SCUNet": ("denoiser", "SCUNet", {"in_nc": 3, "config": [1] * 7, "dim": 64}),
    "SPAN": (
        "upscaler",
        "SPAN",
        {"num_in_ch": 3, "num_out_ch": 3, "feature_channels": 8, "upscale": 2},
    ),
    "SwinIR": (
        "upscaler",
        "SwinIR",
        {"embed_dim": 12, "depths": [2], "num_heads": [2], "window_size": 8, "img_size": 16}
        | {"upscale": 2, "upsampler": "pixelshuffledirect"},
    ),
}


@pytest.mark.filterwarnings("ignore:torch.meshgrid:UserWarning")
@pytest.mark.filterwarnings("ignore:.saved_variables. is deprecated:DeprecationWarning")
@pytest.mark.parametrize("architecture", list(ARCHITECTURES))
def test_it_is_served_at_any_size_and_can_learn(architecture: str) -> None:
    kind, name, parameters = ARCHITECTURES[architecture]
    tensors = strangers.built(architecture, name, **parameters).state_dict()

    config = examined(kind, tensors)

    learner = community.learner(community.network(kind, config, tensors))
    images, sigma = torch.rand(2, 3, 11, 19), torch.tensor([5.0, 50.0])
    made = learner(images, sigma) if kind == "denoiser" else learner(images)
    made.mean().backward()
    assert (config.architecture, config.can_learn) == (architecture, True)
    assert made.shape == (2, 3, 11 * config.scale, 19 * config.scale)
    assert any(one.grad is not None and one.grad.any() for one in learner.parameters())

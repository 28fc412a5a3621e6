"""A product made by code, on backdrops made by code."""

import cv2
import numpy as np
import pytest
import torch

SIDE = 240


def tensor(pixels: np.ndarray) -> torch.Tensor:
    if pixels.ndim == 2:
        pixels = pixels[..., None]
    return torch.from_numpy(np.ascontiguousarray(pixels.transpose(2, 0, 1))).float()[None]


def mug() -> tuple[np.ndarray, np.ndarray]:
    """Straight colours [H, W, 3] and coverage [H, W, 1] of a blue mug with an open handle."""
    large = np.zeros((4 * SIDE, 4 * SIDE), np.uint8)
    cv2.ellipse(large, (640, 470), (120, 150), 0, 0, 360, 255, 44)
    cv2.rectangle(large, (260, 240), (620, 740), 255, -1)
    alpha = cv2.resize(large, (SIDE, SIDE), interpolation=cv2.INTER_AREA)[..., None] / 255
    shade = np.linspace(0.35, 1, SIDE)[None, :, None]
    colours = np.array([0.16, 0.32, 0.75]) * shade + np.zeros((SIDE, SIDE, 1))
    colours[90:110, 80:140] = (0.93, 0.9, 0.85)
    return colours, alpha


def backdrops() -> dict[str, np.ndarray]:
    y, x = np.mgrid[0 : 1 : SIDE * 1j, 0 : 1 : SIDE * 1j]
    grey = (0.55 + 0.35 * y + 0.05 * x)[..., None].repeat(3, 2)
    leaves = 0.35 + 0.12 * np.sin(60 * x) * np.cos(47 * y)
    photo = np.stack((leaves * 0.7, leaves + 0.15, leaves * 0.4), 2)
    return {"white": np.ones((SIDE, SIDE, 3)), "gradient": grey, "photo": photo}


@pytest.fixture(params=["white", "gradient", "photo"])
def shot(request) -> tuple[torch.Tensor, torch.Tensor]:
    """A noisy 8-bit picture of the mug, and its true coverage."""
    return photographed(request.param)


@pytest.fixture
def white_shot() -> tuple[torch.Tensor, torch.Tensor]:
    return photographed("white")


def photographed(backdrop: str) -> tuple[torch.Tensor, torch.Tensor]:
    colours, alpha = mug()
    noise = np.random.default_rng(0).normal(0, 1.2, (SIDE, SIDE, 3))
    noisy = 255 * (alpha * colours + (1 - alpha) * backdrops()[backdrop]) + noise
    return tensor(noisy.clip(0, 255).round() / 255), tensor(alpha)

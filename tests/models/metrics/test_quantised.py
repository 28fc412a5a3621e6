"""What is measured is what a viewer gets."""

import pytest
import torch

from models.metrics.quantised import quantised


def test_an_image_comes_in_the_steps_of_eight_bits_and_within_its_range():
    image = torch.tensor([-0.2, 0.0, 0.4999 / 255, 0.5001 / 255, 0.3, 1.0, 1.7])

    found = quantised(image) * 255

    assert found.tolist() == pytest.approx([0, 0, 0, 1, 76, 255, 255], abs=1e-4)


def test_what_is_in_steps_already_stays():
    steps = torch.arange(256) / 255

    assert torch.equal(quantised(steps), steps)

"""Pictures on a grid a little larger than they are."""

import pytest
import torch

from models.layers.grid import crop, grid_for, pad


@pytest.mark.parametrize("size", [24, 27, 28, 32])
def test_cropping_undoes_padding(size):
    image = torch.rand(2, 1, size, size)

    padded = pad(image, grid=32)

    assert padded.shape[2:] == (32, 32)
    assert torch.equal(crop(padded, size=size), image)


@pytest.mark.parametrize("size", [8, 23, 33, 47, 65])
def test_a_size_that_fits_no_grid_is_refused(size):
    with pytest.raises(ValueError, match=str(size)):
        grid_for(size)

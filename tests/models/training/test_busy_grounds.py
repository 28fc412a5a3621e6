"""A matte meets busy grounds in training, and is measured on photographs alone."""

import torch
from torch import Tensor

from models.networks.matte import MatteConfig
from models.training.batches import Batch
from models.training.config import RECIPES
from models.training.matte import MatteTrainer, busier
from tests.cutouts import cutouts, grounds

TINY = MatteConfig(view=32, levels=(4, 4), rim_width=2, rim_depth=2)


def trainer() -> MatteTrainer:
    return MatteTrainer(RECIPES["matte"], TINY, grounds(), torch.device("cpu"))


def test_leaves_come_beside_the_photographs_the_same_for_a_seed():
    photographs = grounds().learnt

    one, again, other = (busier(photographs, seed=seed) for seed in (1, 1, 2))

    assert len(one) == 2 * len(photographs)
    assert torch.equal(one[: len(photographs)], photographs)
    assert torch.equal(one, again)
    assert not torch.equal(one, other)


def test_what_it_is_measured_on_has_no_leaves():
    assert len(trainer().learnt) == 2 * len(grounds().learnt)
    assert torch.equal(trainer().held_out, grounds().held_out)


def test_the_rim_does_not_bend_the_coarse_half_to_its_needs():
    learning = trainer()
    images: Tensor = torch.rand(4, 3, 32, 32)

    made, _ = learning.network(images)
    learning._refined(images, made).sum().backward()

    assert all(one.grad is None for one in learning.network.coarse.parameters())
    assert all(one.grad is not None for one in learning.network.rim.parameters())


def test_pictures_it_is_measured_on_are_the_same_each_time():
    learning, images = trainer(), cutouts()
    batch = Batch(images.images[:4] / 255, images.labels[:4])

    assert torch.equal(learning.spoiled(batch), learning.spoiled(batch))

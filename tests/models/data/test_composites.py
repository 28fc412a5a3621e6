"""Cut-outs lie on their grounds as the sum of light says, the same for the same chance."""

import torch
from torch import Generator

from models.data import composites
from models.data.composites import composed
from tests.cutouts import cutouts, discs, grounds


def chance(seed: int = 0) -> Generator:
    return Generator().manual_seed(seed)


def seen(count: int = 40, seed: int = 0) -> composites.Composites:
    return composed(discs(count) / 255, grounds().learnt, chance(seed))


def test_pictures_and_mattes_keep_shape_and_range():
    found = seen()

    assert found.images.shape == found.contrast.shape == (40, 3, 32, 32)
    assert found.alpha.shape == (40, 1, 32, 32)
    for one in (found.images, found.alpha):
        assert one.min() >= 0
        assert one.max() <= 1
    assert found.contrast.abs().max() <= 1


def test_the_same_chance_gives_the_same_pictures_and_another_others():
    one, again, other = (seen(seed=number) for number in (1, 1, 2))

    assert torch.equal(one.images, again.images)
    assert not torch.equal(one.images, other.images)
    assert not torch.equal(one.alpha, other.alpha)


def test_a_picture_is_its_ground_and_what_alpha_takes_of_it(monkeypatch):
    for name in ("SPILL", "NOISE"):
        monkeypatch.setattr(composites, name, 0.0)
    monkeypatch.setattr(composites, "_shadow", torch.zeros_like)

    solid = seen()
    behind = composed(discs(40) / 255 * 0 + torch.tensor([1, 1, 1, 0])[:, None, None],
                      grounds().learnt, chance())  # fmt: skip

    # image = ground + alpha · (colour - ground), wherever anything is covered
    expected = behind.images + solid.alpha * solid.contrast
    covered = (solid.alpha > 0.05).expand_as(expected)
    torch.testing.assert_close(solid.images[covered], expected[covered], atol=0.02, rtol=0)
    bare = (solid.alpha == 0).expand_as(expected)
    assert torch.equal(solid.images[bare], behind.images[bare])


def test_products_are_moved_and_of_other_sizes():
    alpha = seen().alpha

    before = discs(40)[:, 3:] / 255
    areas = (alpha.sum((1, 2, 3)) / before.sum((1, 2, 3))).sqrt()
    assert areas.min() > 0.5
    assert areas.max() < 1.2
    assert areas.std() > 0.05


def test_grounds_are_photographs_gradients_and_plain_ones(monkeypatch):
    for name in ("SPILL", "NOISE"):
        monkeypatch.setattr(composites, name, 0.0)
    nothing = torch.tensor([1.0, 1.0, 1.0, 0.0])[None, :, None, None].expand(200, 4, 32, 32)

    images = composed(nothing, grounds().learnt, chance()).images

    plain = (images.flatten(2).std(2).amax(1) < 1e-4).sum().item()
    steps = (images[..., 1:] - images[..., :-1]).abs().amax((1, 2, 3))
    assert 30 < plain < 70
    assert 70 < (steps > 0.1).sum().item() < 130  # the photographs here are blocks
    white = (images.amin((1, 2, 3)) > 0.9).sum().item()
    assert 8 < white < 40


def test_a_shadow_lies_on_the_ground_below_and_nowhere_far():
    alpha = torch.zeros(1, 1, 32, 32)
    alpha[..., 8:16, 12:20] = 1

    shadow = composites._shadow(alpha)

    assert shadow[..., 17, 16] > 0.2 > shadow[..., 6, 16]
    assert shadow[..., 26:, :].max() < 0.01


def test_other_grounds_are_another_set_to_learn_from():
    one, other = cutouts(), cutouts()
    other.grounds.learnt[0, 0, 0, 0] ^= 1

    assert one.digest() == cutouts().digest()
    assert one.digest() != other.digest()

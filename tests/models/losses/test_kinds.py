"""The losses that a training may choose, against torch's own and closed forms."""

import math

import pytest
import torch
from torch.nn import functional

from models.losses.adversarial import discriminator_loss, generator_loss
from models.losses.elbo import kl_above_nats, kl_nats, reconstruction_nats

REAL, FAKE = torch.tensor([2.0, -0.5, 0.3]), torch.tensor([-1.5, 0.25, 4.0])


def cross_entropy(logits: torch.Tensor, target: float) -> torch.Tensor:
    return functional.binary_cross_entropy_with_logits(logits, torch.full_like(logits, target))


@pytest.mark.parametrize("kind", ["non_saturating", "minimax"])
def test_the_discriminators_loss_is_binary_cross_entropy(kind):
    expected = cross_entropy(REAL, 1.0) + cross_entropy(FAKE, 0.0)

    torch.testing.assert_close(discriminator_loss(REAL, FAKE, kind), expected)


def test_a_minimax_generator_wants_the_very_opposite_of_the_discriminator():
    torch.testing.assert_close(generator_loss(FAKE, "minimax"), -cross_entropy(FAKE, 0.0))


def test_a_minimax_generator_that_is_seen_through_gets_hardly_a_gradient():
    logit = torch.tensor([-20.0], requires_grad=True)

    generator_loss(logit, "minimax").backward()

    assert abs(logit.grad.item()) < 1e-8


def test_the_hinge_asks_for_a_margin_of_one_and_no_more():
    sure = discriminator_loss(torch.tensor([1.0, 9.0]), torch.tensor([-1.0, -9.0]), "hinge")
    unsure = discriminator_loss(torch.tensor([0.0]), torch.tensor([0.0]), "hinge")

    assert (sure.item(), unsure.item()) == (0.0, 2.0)
    assert generator_loss(FAKE, "hinge").item() == pytest.approx(-2.75 / 3)


def test_least_squares_is_half_the_squared_error_to_one_and_nought():
    ones, zeros = torch.ones(3), torch.zeros(3)
    expected = (functional.mse_loss(REAL, ones) + functional.mse_loss(FAKE, zeros)) / 2

    torch.testing.assert_close(discriminator_loss(REAL, FAKE, "least_squares"), expected)
    half = functional.mse_loss(FAKE, ones) / 2
    torch.testing.assert_close(generator_loss(FAKE, "least_squares"), half)


@pytest.mark.parametrize("kind", ["non_saturating", "hinge", "least_squares", "minimax"])
def test_every_kind_rewards_a_generator_that_is_believed(kind):
    believed, seen_through = torch.tensor([1.0]), torch.tensor([-1.0])

    assert generator_loss(believed, kind) < generator_loss(seen_through, kind)
    assert discriminator_loss(believed, seen_through, kind) < discriminator_loss(
        seen_through, believed, kind
    )


@pytest.mark.parametrize(
    ("kind", "density"),
    [
        ("mse", lambda output: torch.distributions.Normal(output, 1.0)),
        ("l1", lambda output: torch.distributions.Laplace(output, 1.0)),
        (
            "bce",
            lambda output: torch.distributions.ContinuousBernoulli(output, validate_args=False),
        ),
    ],
    ids=["mse", "l1", "bce"],
)
def test_a_reconstruction_is_a_log_likelihood_less_a_constant(kind, density):
    generator = torch.Generator().manual_seed(0)
    image, output = torch.rand(2, 3, 1, 4, 4, generator=generator) * 0.8 + 0.1
    likelihood = density(output)

    constant = {
        "mse": math.log(2 * math.pi) / 2,
        "l1": math.log(2),
        "bce": -likelihood._cont_bern_log_norm() if kind == "bce" else 0.0,
    }[kind]
    expected = (-likelihood.log_prob(image) - constant).sum((1, 2, 3)).mean()
    torch.testing.assert_close(reconstruction_nats(output, image, kind), expected)


def test_a_dimension_below_its_free_bits_costs_them_and_pulls_at_nothing():
    mean = torch.tensor([[0.1, 3.0], [-0.1, 3.0]], requires_grad=True)
    log_variance = torch.zeros(2, 2)

    kl = kl_above_nats(mean, log_variance, free=0.5)
    kl.backward()

    assert kl.item() == pytest.approx(0.5 + 4.5)
    assert mean.grad[:, 0].tolist() == [0.0, 0.0]
    assert (mean.grad[:, 1] > 0).all()


def test_without_free_bits_the_term_is_as_it_was():
    mean, log_variance = torch.rand(4, 3), torch.rand(4, 3)

    assert torch.equal(kl_above_nats(mean, log_variance, free=0.0), kl_nats(mean, log_variance))

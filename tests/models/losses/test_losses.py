"""Losses against closed forms and their own promises."""

import math

import pytest
import torch
from torch import nn

from models.losses.adversarial import discriminator_loss, generator_loss, r1_penalty
from models.losses.elbo import kl_nats, reconstruction_nats
from models.losses.restoration import l1


def test_the_discriminator_is_rewarded_for_telling_real_from_fake():
    right = discriminator_loss(torch.tensor([3.0]), torch.tensor([-3.0]))
    wrong = discriminator_loss(torch.tensor([-3.0]), torch.tensor([3.0]))

    assert right < wrong


def test_a_generator_that_is_seen_through_still_gets_a_strong_gradient():
    logit = torch.tensor([-20.0], requires_grad=True)

    generator_loss(logit).backward()

    assert logit.grad.item() == pytest.approx(-1.0, abs=1e-6)


def test_r1_of_a_linear_discriminator_is_the_square_of_its_weights():
    class Linear(nn.Module):
        def __init__(self):
            super().__init__()
            self.weight = nn.Parameter(torch.rand(1, 4, 4))

        def forward(self, image, label):
            return ((image * 2 - 1) * self.weight).sum((1, 2, 3)) + label

    network = Linear()

    penalty = r1_penalty(network, torch.rand(5, 1, 4, 4), torch.zeros(5))
    penalty.backward()

    torch.testing.assert_close(penalty, network.weight.square().sum())
    torch.testing.assert_close(network.weight.grad, 2 * network.weight)


def test_kl_agrees_with_torch_distributions():
    mean, log_variance = torch.randn(6, 8), torch.randn(6, 8)
    posterior = torch.distributions.Normal(mean, (log_variance / 2).exp())
    standard = torch.distributions.Normal(0.0, 1.0)

    expected = torch.distributions.kl_divergence(posterior, standard).sum(1).mean()

    torch.testing.assert_close(kl_nats(mean, log_variance), expected)


def test_half_the_error_is_worth_one_bit_an_entry():
    image = torch.zeros(3, 1, 5, 5)

    coarse = reconstruction_nats(image + 0.2, image)
    fine = reconstruction_nats(image + 0.1, image)

    assert (coarse - fine).item() == pytest.approx(25 * math.log(2), rel=1e-4)


def test_a_perfect_reconstruction_has_a_finite_loss():
    image = torch.rand(2, 1, 4, 4)

    assert reconstruction_nats(image, image).isfinite()


def test_l1_is_the_mean_absolute_difference():
    assert l1(torch.full((1, 3, 2, 2), 0.75), torch.full((1, 3, 2, 2), 0.5)).item() == 0.25

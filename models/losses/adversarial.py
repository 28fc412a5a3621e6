"""What the two halves of a GAN are punished for, and the penalty that keeps them in balance.

All on logits. Non-saturating and minimax: Goodfellow et al. 2014; hinge: Lim & Ye 2017; least
squares: Mao et al. 2017. R1: Mescheder et al. 2018.
"""

from typing import Literal, assert_never

import torch
from torch import Tensor, nn
from torch.nn import functional

Adversarial = Literal["non_saturating", "hinge", "least_squares", "minimax"]


def discriminator_loss(real: Tensor, fake: Tensor, kind: Adversarial = "non_saturating") -> Tensor:
    """Logits [N] of real and generated pictures → what telling them apart badly costs.

    By default -E log D(x) - E log(1 - D(G(z))), as with `minimax`: binary cross-entropy.
    """
    match kind:
        case "non_saturating" | "minimax":
            return functional.softplus(-real).mean() + functional.softplus(fake).mean()
        case "hinge":
            return functional.relu(1 - real).mean() + functional.relu(1 + fake).mean()
        case "least_squares":
            return ((real - 1).square().mean() + fake.square().mean()) / 2
        case never:
            assert_never(never)


def generator_loss(fake: Tensor, kind: Adversarial = "non_saturating") -> Tensor:
    """Logits [N] of generated pictures → what being seen through costs.

    By default -E log D(G(z)), which still pulls when D is sure; `minimax` is E log(1 - D(G(z))),
    which then hardly does.
    """
    match kind:
        case "non_saturating":
            return functional.softplus(-fake).mean()
        case "minimax":
            return -functional.softplus(fake).mean()
        case "hinge":
            return -fake.mean()
        case "least_squares":
            return (fake - 1).square().mean() / 2
        case never:
            assert_never(never)


def r1_penalty(discriminator: nn.Module, image: Tensor, label: Tensor) -> Tensor:
    """Mean squared gradient of the logit at real pictures, as if they lay in [-1, 1].

    Call it outside autocast and on the uncompiled module: it differentiates twice.
    """
    image = image.detach().requires_grad_()
    logits = discriminator(image, label)
    (gradient,) = torch.autograd.grad(logits.sum(), image, create_graph=True)
    # Our images span half of what the papers' do, so our gradients are twice theirs.
    return gradient.square().sum((1, 2, 3)).mean() / 4

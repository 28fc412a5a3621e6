"""What the two halves of a GAN are punished for, and the penalty that keeps them in balance.

Non-saturating loss: Goodfellow et al. 2014, on logits. R1: Mescheder et al. 2018.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional


def discriminator_loss(real: Tensor, fake: Tensor) -> Tensor:
    """Logits [N] of real and generated pictures → -E log D(x) - E log(1 - D(G(z)))."""
    return functional.softplus(-real).mean() + functional.softplus(fake).mean()


def generator_loss(fake: Tensor) -> Tensor:
    """Logits [N] of generated pictures → -E log D(G(z)), which still pulls when D is sure."""
    return functional.softplus(-fake).mean()


def r1_penalty(discriminator: nn.Module, image: Tensor, label: Tensor) -> Tensor:
    """Mean squared gradient of the logit at real pictures, as if they lay in [-1, 1].

    Call it outside autocast and on the uncompiled module: it differentiates twice.
    """
    image = image.detach().requires_grad_()
    logits = discriminator(image, label)
    (gradient,) = torch.autograd.grad(logits.sum(), image, create_graph=True)
    # Our images span half of what the papers' do, so our gradients are twice theirs.
    return gradient.square().sum((1, 2, 3)).mean() / 4

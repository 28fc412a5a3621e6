"""How far a student's answer is from its teacher's (Hinton et al. 2015)."""

from torch import Tensor
from torch.nn import functional

SOFTNESS = 2.0
"""What logits are divided by, so that also what is unlikely is told."""


def softened(logits: Tensor, wanted: Tensor) -> Tensor:
    """Cross-entropy of a student's logits [N, K] with what a teacher's say, no less steep."""
    likely = functional.softmax(wanted.float() / SOFTNESS, dim=1)
    return functional.cross_entropy(logits.float() / SOFTNESS, likely) * SOFTNESS**2

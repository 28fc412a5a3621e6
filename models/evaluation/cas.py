"""Classification accuracy score (Ravuri & Vinyals 2019): who learnt from samples reads real ones.

It falls for whatever the samples lack: a kind of product that is never drawn is never recognised.
"""

from dataclasses import dataclass

from models.data.image_set import Part
from models.evaluation.judge import Eye, Teach, each
from models.evaluation.matched import matched, taken


@dataclass(frozen=True, slots=True)
class Accuracy:
    """Share of the test pictures that are read right; of a category None, where it has none."""

    pooled: float
    categories: tuple[float | None, ...]


@dataclass(frozen=True, slots=True)
class Cas:
    """Accuracy after samples, and after as many real training pictures in their place."""

    samples: Accuracy
    floor: Accuracy


def cas(
    training: Part, test: Part, samples: Part, *, teach: Teach, categories: int, seed: int = 0
) -> Cas:
    """Teach a classifier twice, with samples and with real pictures, and let both read real ones.

    Of each category both see as many pictures as the smaller set has.

    Args:
        training: real pictures that the generator learnt from.
        test: real pictures that nobody learnt from.
        samples: what the generator drew, with the categories that were asked for.
        teach: makes a classifier; the same way both times.
        categories: how many there are.
        seed: of what is drawn by chance.
    """
    chosen = matched(training.labels, samples.labels, categories=categories, seed=seed)
    real, drawn = map(taken, (training, samples), chosen.rows)
    return Cas(
        samples=accuracy(teach(drawn).logits, test, categories=categories),
        floor=accuracy(teach(real).logits, test, categories=categories),
    )


def accuracy(classifier: Eye, test: Part, *, categories: int) -> Accuracy:
    """How well a classifier reads pictures, at least one of them."""
    labels = test.labels.cpu()
    right = (each(classifier, test).argmax(1).cpu() == labels).double()
    parts = [right[labels == category] for category in range(categories)]
    return Accuracy(
        pooled=right.mean().item(),
        categories=tuple(one.mean().item() if len(one) else None for one in parts),
    )

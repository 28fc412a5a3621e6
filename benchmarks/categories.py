"""How well our classifier names pictures of Fashion-MNIST that it never saw, and what needs none.

The baselines learn from the same pictures: the nearest of ten mean pictures, and a logistic
regression on histograms of oriented gradients (Dalal & Triggs 2005).
"""

from pathlib import Path

import numpy as np
import torch
from skimage.feature import hog
from torch import Tensor, nn
from torch.nn import functional

from models import calling
from models.data import fashion_mnist
from models.data.image_set import Part
from models.generation.latent import first
from models.metrics.accuracy import accuracy, balanced_accuracy
from models.metrics.calibration import expected_calibration_error

PIECE = 500
PENALTY = 3e-5
"""The best of 3e-4 to 1e-7 on the validation pictures."""
ITERATIONS = 200

Scores = dict[str, float | None]


def category_scores(network: nn.Module, folder: Path) -> tuple[Scores, Scores]:
    """Scores of the 10,000 test pictures; the baseline is what needs no network."""
    del folder
    learning, test = _learning(), Part(*fashion_mnist.read_test())
    likely, plain = probabilities(network, test.images)
    scores: Scores = {
        "test_accuracy": round(accuracy(likely, test.labels), 4),
        "test_balanced_accuracy": round(balanced_accuracy(likely, test.labels), 4),
        "test_calibration_error": round(expected_calibration_error(likely, test.labels), 4),
    }
    baseline: Scores = {
        "test_nearest_mean_accuracy": round(nearest_mean(learning, test), 4),
        "test_hog_logistic_accuracy": round(hog_logistic(learning, test), 4),
        "test_untempered_calibration_error": round(
            expected_calibration_error(plain, test.labels), 4
        ),
    }
    return scores, baseline


def nearest_mean(learning: Part, test: Part) -> float:
    """Accuracy of naming each picture after the category whose mean picture is nearest."""
    known, unknown = (part.images.flatten(1).double() / 255 for part in (learning, test))
    categories = range(int(learning.labels.max()) + 1)
    means = torch.stack([known[learning.labels == c].mean(0) for c in categories])
    return accuracy(-torch.cdist(unknown, means), test.labels)


def hog_logistic(
    learning: Part, test: Part, *, cell_px: int = 4, penalty: float = PENALTY
) -> float:
    """Accuracy of a linear classifier of gradient histograms of grey pictures, 9 directions."""
    known, unknown = (_gradients(part.images, cell_px=cell_px) for part in (learning, test))
    layer = nn.Linear(known.shape[1], int(learning.labels.max()) + 1)
    nn.init.zeros_(layer.weight)
    nn.init.zeros_(layer.bias)
    optimizer = torch.optim.LBFGS(
        layer.parameters(), max_iter=ITERATIONS, line_search_fn="strong_wolfe"
    )

    def closure() -> Tensor:
        optimizer.zero_grad()
        loss = functional.cross_entropy(layer(known), learning.labels)
        loss = loss + penalty * layer.weight.square().sum()
        torch.autograd.backward(loss)
        return loss

    optimizer.step(closure)  # type: ignore[no-untyped-call]
    with torch.inference_mode():
        return accuracy(layer(unknown), test.labels)


def probabilities(network: nn.Module, images: Tensor) -> tuple[Tensor, Tensor]:
    """[N, K] twice: with the temperature, as they are served, and without."""
    classify = calling.doors(network)["classify"]
    with torch.inference_mode():
        pieces = [piece / 255 for piece in torch.split(images, PIECE)]
        likely = [first(classify(piece)) for piece in pieces]
        plain = [functional.softmax(network(piece), dim=1) for piece in pieces]
    return torch.cat(likely), torch.cat(plain)


def _learning() -> Part:
    return fashion_mnist.read().split()[0]


def _gradients(images: Tensor, *, cell_px: int) -> Tensor:
    """[N, 1, H, W] → [N, F]."""
    histograms = [
        hog(image, orientations=9, pixels_per_cell=(cell_px, cell_px), cells_per_block=(2, 2))
        for image in images[:, 0].numpy()
    ]
    return torch.from_numpy(np.stack(histograms)).float()

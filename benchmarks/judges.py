"""The classifiers that ship, as the eyes with which generated pictures are seen."""

from functools import cache

from models import weights
from models.evaluation.judge import Judge
from models.networks.classifier import ProductClassifier


@cache
def shipped(name: str) -> Judge:
    """`clf-` and the first letters of its file's SHA-256, after which distances are named."""
    card, network = weights.load(weights.SHIPPED / name)
    if not isinstance(network, ProductClassifier):
        raise TypeError(f"{name} is a {type(network).__name__}")
    return Judge(f"clf-{card.sha256[:8]}", network.features, network)

"""What a training job is told is what its run is told."""

import pytest

from db.operations.training import Train
from workers import learning


@pytest.mark.parametrize("network", ["gan", "vae"])
def test_blocks_reach_the_run(network: str) -> None:
    ordered = Train(dataset="shoes", network=network, blocks="attention")  # type: ignore[arg-type]

    config = learning._config(ordered, seed=3, channels=3)

    assert (config.network, config.blocks, config.seed) == (network, "attention", 3)

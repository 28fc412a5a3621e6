"""What attention costs and what it gives: a VAE of each kind of blocks, learnt alike and measured.

`python -m benchmarks.blocks --pictures 10000 --epochs 3 --seeds 2` teaches on Fashion-MNIST and
prints the mean PSNR of reconstructions of held-out pictures, and the seconds that an epoch took.
"""

import argparse
import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from statistics import mean
from typing import get_args

import torch

from benchmarks.garments import part
from models.layers.attention import Blocks
from models.training.config import RECIPES
from models.training.run import train
from models.training.watch import Watch

CPU = torch.device("cpu")


def main(arguments: list[str]) -> None:
    """A line for each kind of blocks."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--network", choices=("vae", "gan"), default="vae")
    parser.add_argument("--pictures", type=int, default=10_000, help="to learn from")
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--seeds", type=int, default=2)
    asked = parser.parse_args(arguments)
    images = part(asked.pictures)
    recipe = replace(RECIPES[asked.network], epochs=asked.epochs)
    for blocks in get_args(Blocks):
        psnr, seconds = [], []
        for seed in range(asked.seeds):
            with tempfile.TemporaryDirectory() as folder:
                config = replace(recipe, blocks=blocks, seed=seed)
                trained = train(config, images, folder=Path(folder), device=CPU, watch=Watch())
            psnr.append(trained.epochs[-1].val_psnr_db)
            seconds += [epoch.seconds for epoch in trained.epochs]
        found = [f"{one:.2f}" for one in psnr if one is not None]
        print(f"{blocks}: {' '.join(found) or 'no'} dB, {mean(seconds):.1f} s an epoch "
              f"on {torch.get_num_threads()} threads", flush=True)  # fmt: skip


if __name__ == "__main__":
    main(sys.argv[1:])

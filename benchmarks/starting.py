"""What a version to begin with is worth: `python -m benchmarks.starting --pictures 1000`.

A VAE from scratch, and one that begins with `vae-fashion`, its encoder frozen, at a tenth of the
rate; held-out PSNR before the first step and after each epoch, on one thread.
"""

import argparse
import tempfile
from dataclasses import replace
from pathlib import Path

import torch

from benchmarks.garments import part
from models import weights
from models.training.config import RECIPES
from models.training.run import train
from models.training.starting import Start
from models.training.watch import Watch

CPU = torch.device("cpu")
GENTLE = 0.1


def main() -> None:
    torch.set_num_threads(1)
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pictures", type=int, default=1_000)
    parser.add_argument("--epochs", type=int, default=2)
    asked = parser.parse_args()
    config = replace(RECIPES["vae"], epochs=asked.epochs)
    gentle = replace(config, learning_rate=GENTLE * config.learning_rate)
    for name, how, start in (("scratch", config, None), ("vae-fashion", gentle, _shipped())):
        with tempfile.TemporaryDirectory() as folder:
            trained = train(
                how,
                part(asked.pictures),
                folder=Path(folder),
                device=CPU,
                watch=Watch(),
                start=start,
            )
        before = trained.card.recipe.get("start_val_psnr_db", float("nan"))
        after = " ".join(f"{epoch.val_psnr_db:.2f}" for epoch in trained.epochs)
        print(f"{name}: {before:.2f} before, then {after} dB")


def _shipped() -> Start:
    ((path, card),) = (one for one in weights.shipped() if one[1].name == "vae-fashion")
    return Start("vae-fashion@1", card, weights.read(path.read_bytes(), card), ("encoder",))


if __name__ == "__main__":
    main()

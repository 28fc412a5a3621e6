"""What our generators are compared with; pythae is installed by `python -m …_peers setup`.

All of them learn from what ours learn from, and draw the same categories.
"""

import argparse
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import safetensors.torch
import torch
from torch import Generator, Tensor

from benchmarks import dcgan
from benchmarks.environments import Peer, setup
from benchmarks.generation_rows import CATEGORIES, Drawn, Ground
from benchmarks.throughput_stage import ROOT
from models.data.image_set import Part
from models.evaluation import components, gaussians
from models.metrics.quantised import quantised
from models.weights import write_whole

PYTHAE: Final = Peer("pythae", "0.1.2", "Apache-2.0", beside=("cloudpickle", "imageio"))
"""Without its own list of what it needs, of which one has no release for any Python of today."""

SURE: Final = 5_000
"""Pictures whose codes tell pythae's VAE how a category is spread."""
PIECE: Final = 500


def pca(ground: Ground, wanted: Tensor, *, z_dim: int, restored: int) -> Drawn:
    """As many principal components as our VAE has numbers, and a Gaussian over each category's."""
    since = time.monotonic()
    drawn = gaussians.fit(ground.learning, categories=CATEGORIES, count=z_dim)
    linear = components.fit(ground.learning.images / 255, count=z_dim)
    seconds = time.monotonic() - since
    back = quantised(linear.rebuilt(ground.test.images[:restored] / 255))
    return Drawn(
        network="vae",
        system="pca",
        images_seen=min(len(ground.learning), components.MOST_PICTURES),
        seconds=seconds,
        device="cpu",
        samples=Part(drawn.drawn(wanted, seed=1), wanted),
        restored=(back * 255).round().to(torch.uint8),
    )


def dcgan_drawn(ground: Ground, wanted: Tensor, folder: Path, *, images: int) -> Drawn:
    """What it draws after so many images; kept in the folder, it need not learn again."""
    steps = images // dcgan.BATCH
    kept = folder / f"dcgan-{steps}-of-{ground.learning.digest()}.safetensors"
    if not kept.exists():
        since = time.monotonic()
        network = dcgan.trained(
            ground.learning, categories=CATEGORIES, steps=steps, seed=0, on_progress=_told
        )
        state = {name: one.contiguous() for name, one in network.state_dict().items()}
        seconds = {"seconds": str(time.monotonic() - since)}
        write_whole(kept, safetensors.torch.save(state, seconds))
    return _dcgan_from(kept, wanted, images=steps * dcgan.BATCH)


def pythae_drawn(ground: Ground, wanted: Tensor, folder: Path, *, images: int, back: int) -> Drawn:
    """What pythae's VAE draws and gives back; kept as well.

    Raises:
        FileNotFoundError: it is not installed; the sentence says how that is done.
        subprocess.CalledProcessError: it failed, as its last lines have said.
    """
    if not PYTHAE.is_installed():
        command = "python -m benchmarks.generation_peers setup"
        raise FileNotFoundError(f"pythae is left out: it is not installed; {command} does that")
    steps = images // 100
    kept = folder / f"pythae-{steps}-of-{ground.learning.digest()}-{len(wanted)}.safetensors"
    if not kept.exists():
        _run_pythae(ground, wanted, folder, kept, steps=steps, back=back)
    made = safetensors.torch.load_file(kept)
    return Drawn(
        network="vae",
        system="pythae",
        images_seen=steps * 100,
        seconds=float(made["seconds"]),
        device="cpu",
        samples=Part(made["samples"], wanted),
        restored=made["restored"],
    )


def _run_pythae(
    ground: Ground, wanted: Tensor, folder: Path, kept: Path, *, steps: int, back: int
) -> None:
    learning = ground.learning
    given, made = folder / "pythae-given.safetensors", folder / "pythae-made.safetensors"
    told = {
        "learning": learning.images,
        "sure": learning.images[:SURE].clone(),
        "sure_labels": learning.labels[:SURE].clone(),
        "wanted": wanted,
        "test": ground.test.images[:back].clone(),
    }
    safetensors.torch.save_file(told, given)
    program = [PYTHAE.python, "-W", "ignore", "-m", "benchmarks.peers.pythae_vae"]
    subprocess.run([*program, str(given), str(made), str(steps)], check=True, cwd=ROOT)
    made.replace(kept)
    given.unlink()


def _dcgan_from(kept: Path, wanted: Tensor, *, images: int) -> Drawn:
    network = dcgan.Generator(CATEGORIES).eval()
    with safetensors.safe_open(kept, framework="pt") as file:
        seconds = float(file.metadata()["seconds"])
        network.load_state_dict({name: file.get_tensor(name) for name in file.keys()})  # noqa: SIM118
    noise = torch.randn(len(wanted), dcgan.NOISE, generator=Generator().manual_seed(1))
    with torch.inference_mode():
        pieces = [
            (network(z, label) * 255).round().to(torch.uint8)
            for z, label in zip(torch.split(noise, PIECE), torch.split(wanted, PIECE), strict=True)
        ]
    samples = Part(torch.cat(pieces), wanted)
    return Drawn("gan", "dcgan", images, seconds, "cpu", samples=samples)


def _told(done: int, total: int) -> None:
    if done % 100 == 0 or done == total:
        print(f"dcgan: {done} of {total} steps", flush=True)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.generation_peers", description=__doc__
    )
    parser.add_argument("command", choices=["setup"])
    parser.parse_args(arguments)
    print(setup(PYTHAE))


if __name__ == "__main__":
    main()

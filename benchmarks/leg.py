"""Trains what ships, all of it at once on one device, in the time there is.

`python -m benchmarks.leg --seconds 360` wants the pack that `packshot data pack` writes, and no
network and no database. Each network gets a folder with its weights, its card, and what it told;
`python -m benchmarks.ship --trained FOLDER NAME…` measures them afterwards, where there is time.
"""

import argparse
import json
import logging
import multiprocessing
import sys
import tarfile
import time
from dataclasses import asdict, dataclass, replace
from multiprocessing.synchronize import Barrier
from pathlib import Path

import torch

from benchmarks import pace
from benchmarks.gpu_recipes import LESSONS
from models.training.checkpoint import BEST_FILE
from models.training.config import TrainConfig
from models.training.run import closed, train
from models.training.watch import Epoch, Watch
from models.weights import CARD_FILE, MODEL_FILE

EPOCHS_FILE, CONFIG_FILE, LOG_FILE = "epochs.jsonl", "config.json", "log.txt"
COME_BACK = (MODEL_FILE, CARD_FILE, BEST_FILE, EPOCHS_FILE, CONFIG_FILE, LOG_FILE)
MEASURED_S = 6.0
TO_END_S = 60.0
"""Whoever has not ended so long after its time is ended."""

log = logging.getLogger("leg")


@dataclass(frozen=True, slots=True)
class Leg:
    """What every network of a leg is told; `until` is a monotonic time."""

    pack: Path
    out: Path
    device: str
    threads: int
    seed: int
    until: float


def main(words: list[str] | None = None) -> int:
    """Runs the command line; 1 if a network came to nothing."""
    given, began = _arguments(words), time.monotonic()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", stream=sys.stdout)
    leg = Leg(given.pack, given.out, given.device, given.threads, given.seed, began + given.seconds)
    context = multiprocessing.get_context("spawn")
    together = context.Barrier(len(given.names))
    children = {
        name: context.Process(target=_alone, args=(name, leg, together), name=name)
        for name in given.names
    }
    for child in children.values():
        child.start()
    for child in children.values():
        child.join(max(0.0, leg.until + TO_END_S - time.monotonic()))
        child.kill()
    came = [name for name in given.names if brought_back(given.out, name)]
    log.info("%d of %d in %.0f s", len(came), len(children), time.monotonic() - began)
    return 0 if len(came) == len(children) else 1


def _alone(name: str, leg: Leg, together: Barrier) -> None:
    """One network, in a process of its own."""
    folder = leg.out / name
    folder.mkdir(parents=True, exist_ok=True)
    _log_to(folder / LOG_FILE, name)
    torch.set_num_threads(leg.threads)
    torch.backends.cudnn.benchmark = True  # shapes never change within a run
    try:
        learn(name, leg, together)
    except Exception:
        log.exception("it came to nothing")
        together.abort()
        raise


def learn(name: str, leg: Leg, together: Barrier) -> None:
    """Trains one network for as long as there is time, and writes it into its folder."""
    lesson, device, folder = LESSONS[name], torch.device(leg.device), leg.out / name
    images = lesson.pictures(leg.pack)
    config = replace(lesson.config, seed=leg.seed)
    found = pace.measured(config, images, device, seconds=MEASURED_S, together=together)
    config = pace.fitted(config, images, found, seconds=leg.until - time.monotonic())
    log.info("%s: %d epochs", found, config.epochs)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / CONFIG_FILE).write_text(json.dumps(asdict(config), indent=2), encoding="utf-8")
    watch = Watch(
        on_epoch=lambda epoch: _told(folder, config, epoch),
        should_stop=lambda: time.monotonic() > leg.until,
    )
    trained = train(config, images, folder=folder, device=device, watch=watch)
    if trained.stopped:
        log.info("stopped after %d epochs", len(trained.epochs))
        trained = closed(config, images, folder=folder, device=device)
    log.info("done: %s", trained.card.scores)


def _told(folder: Path, config: TrainConfig, epoch: Epoch) -> None:
    with (folder / EPOCHS_FILE).open("a", encoding="utf-8") as file:
        file.write(json.dumps(asdict(epoch)) + "\n")
    if epoch.decisive is not None:
        log.info("epoch %d of %d: %.4f", epoch.number, config.epochs, epoch.decisive)


def brought_back(out: Path, name: str) -> bool:
    """Packs what comes back, checkpoints left out; False where there are no weights."""
    found = [out / name / file for file in COME_BACK if (out / name / file).exists()]
    with tarfile.open(out / f"{name}.tar", "w") as tar:
        for path in found:
            tar.add(path, arcname=f"{name}/{path.name}")
    return out / name / MODEL_FILE in found


def _log_to(path: Path, name: str) -> None:
    form = f"%(asctime)s {name} %(message)s"
    handlers = (logging.StreamHandler(sys.stdout), logging.FileHandler(path, encoding="utf-8"))
    logging.basicConfig(level=logging.INFO, format=form, handlers=handlers)


def _arguments(words: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.leg", description=__doc__)
    parser.add_argument("names", nargs="*", default=list(LESSONS), help=", ".join(LESSONS))
    parser.add_argument("--pack", type=Path, default=Path(".pack"))
    parser.add_argument("--out", type=Path, default=Path("runs/leg"))
    parser.add_argument("--seconds", type=float, default=360.0, help="from start to last step")
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--threads", type=int, default=2, help="of the CPU, for each network")
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args(words)
    if unknown := set(given.names) - set(LESSONS):
        parser.error(f"nothing is known of {', '.join(sorted(unknown))}")
    return given


if __name__ == "__main__":
    sys.exit(main())

"""Ours beside baselines and peers, operation by operation: `python -m benchmarks.editing`.

On the committed samples, which no network of ours has learnt from to restore, or on a folder of
your own; with `--benchmarks` also on the sets that papers measure on, beside what these say. All
pictures are for measuring only.
"""

import argparse
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import cv2
import torch

from benchmarks.editing import (
    colouring,
    filling,
    mending,
    papers,
    peers,
    pictures,
    products,
    sheets,
)
from benchmarks.editing.peers import Peer
from benchmarks.editing.pictures import Pictures
from benchmarks.editing.scenes import before_paper
from benchmarks.editing.served import served
from benchmarks.editing.trials import Outcome, Trial, held
from benchmarks.editing_rows import Row, as_json, line

SIDE_PX, QUICK_SIDE_PX = 320, 96
MANY = 1000


def main(words: Sequence[str] | None = None) -> None:
    """Runs the command line."""
    given = _arguments(words)
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    others, missing = peers.found(given.esrgan_thick)
    for sentence in missing:
        print(sentence, file=sys.stderr)
    outcomes: list[Outcome] = []
    told: list[Row] = []
    for trial in _trials(given, others):
        if given.operations and trial.operation not in given.operations:
            continue
        outcome = held(trial)
        rows = [*outcome.rows, *papers.rows([trial.set])]
        outcomes.append(outcome)
        told += rows
        if not given.json:
            print("\n".join(map(line, rows)), flush=True)
    if given.json:
        sys.stdout.write(as_json(told))
    if given.sheets:
        sheets.written(sorted(outcomes, key=lambda one: one.trial.operation), given.sheets)


def _trials(given: argparse.Namespace, others: Sequence[Peer]) -> Iterator[Trial]:
    side = QUICK_SIDE_PX if given.quick else given.side
    by = served()
    if not given.only_benchmarks:
        read = _pictures(given, side)
        clean = [*read.photographs, *before_paper(read, side=side)]
        yield from mending.trials(read.name, clean, by, others)
        yield from products.trials(read, by, side=side)
        yield from colouring.trials(read, clean, by, side=side)
        yield from filling.trials(read.name, clean)
    if given.benchmarks:
        every = MANY if given.quick else given.every
        yield from mending.standard(given.benchmarks, by, others, every=every)


def _pictures(given: argparse.Namespace, side: int) -> Pictures:
    most = 1 if given.quick else given.most
    if given.pictures:
        return pictures.of_folder(given.pictures, side=side, most=most)
    return pictures.shipped(side=side, most=most)


def _arguments(words: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.editing", description=__doc__)
    parser.add_argument("operations", nargs="*", metavar="OPERATION", help="these alone")
    parser.add_argument("--json", action="store_true", help="rows on standard output")
    parser.add_argument("--pictures", type=Path, help="a folder of pictures instead of the samples")
    parser.add_argument("--most", type=int, default=MANY, help="take so many pictures of a kind")
    parser.add_argument("--side", type=int, default=SIDE_PX, help="their longer side, in pixels")
    parser.add_argument("--benchmarks", type=Path, help="folder of BSD68, CBSD68, Set5 and Set14")
    told = "no other pictures than those"
    parser.add_argument("--only-benchmarks", action="store_true", help=told)
    parser.add_argument("--every", type=int, default=1, help="each so manieth picture of these")
    parser.add_argument("--esrgan-thick", type=Path, help="folder `models` of that npm package")
    parser.add_argument("--sheets", type=Path, help="write a contact sheet an operation here")
    parser.add_argument("--quick", action="store_true", help="one small picture of each kind")
    return parser.parse_args(words)


if __name__ == "__main__":
    with torch.inference_mode():
        main()

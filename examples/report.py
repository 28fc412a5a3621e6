"""What the demo says of its jobs: rows for report.json, a table for a person, two sentences."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from rich.console import Console
from rich.table import Table

from api.client import Json
from examples.contact_sheet import Shown
from examples.scenes import Scene

Row = dict[str, Any]


def row(shown: Shown) -> Row:
    """One job as report.json keeps it; null where there was nothing to compare with."""
    answer = (shown.job.get("report") or {}).get("scores") or {}
    measured = {**_learned(shown.job), **answer, **shown.result}
    return {
        "operation": shown.wish.op,
        "picture": shown.wish.name,
        "state": shown.job["state"],
        "psnr_db": measured.get("psnr_db"),
        "ssim": measured.get("ssim"),
        "product_psnr_db": measured.get("product_psnr_db"),
        "ms": _ms(shown.job),
    }


def tell(console: Console, shown: Sequence[Shown], rows: Sequence[Row]) -> None:
    """The table: operation, picture, state, scores, time."""
    table = Table(box=None, header_style="bold")
    for name in ("operation", "picture", "state"):
        table.add_column(name, no_wrap=name != "picture")
    for name in ("psnr_db", "ssim", "product_psnr_db", "ms"):
        table.add_column(name, justify="right", no_wrap=True)
    for one, row_ in zip(shown, rows, strict=True):
        state = "green" if row_["state"] == "succeeded" else "red"
        table.add_row(
            row_["operation"],
            row_["picture"],
            f"[{state}]{row_['state']}[/]",
            _cell(row_["psnr_db"], 2, same=one.result.get("identical")),
            _cell(row_["ssim"], 4),
            _cell(row_["product_psnr_db"], 2, same=one.result.get("product_identical")),
            _cell(row_["ms"], 0),
        )
    console.print(table)
    for one in shown:
        if error := one.job.get("error"):
            console.print(f"[red]{one.wish.op} {one.wish.name}: {error['code']}: {error['detail']}")


def tell_scenes(console: Console, played: Sequence[Scene]) -> None:
    """The second half: a line for each scene."""
    table = Table(box=None, header_style="bold")
    table.add_column("in a shop", no_wrap=True)
    table.add_column("what came of it")
    for one in played:
        table.add_row(one.name, one.said)
    console.print(table)


def subtitle(rows: Sequence[Row], seconds: float) -> str:
    return (
        f"{len(rows)} jobs in {seconds:.0f} s, from the first command to this sheet. Every picture "
        "came through the queue; every number was measured on the delivered file."
    )


def learned(shown: Sequence[Shown]) -> str:
    """What the training of this demo did, as a sentence."""
    for one in shown:
        epochs = one.job.get("epochs")
        if epochs:
            first, last = epochs[0], epochs[-1]
            return (
                f"{one.wish.name}: {len(epochs)} epochs in {_ms(one.job) / 1000:.0f} s, validation "
                f"{first['val_psnr_db']:.1f} to {last['val_psnr_db']:.1f} dB; "
                "its version drew these a moment later"
            )
    return ""


def _learned(job: Json) -> Row:
    """The validation of the last epoch, for a job that trained."""
    last = (job.get("epochs") or [{}])[-1]
    return {"psnr_db": last.get("val_psnr_db"), "ssim": last.get("val_ssim")}


def _ms(job: Json) -> float:
    """From the first claim to the end; a job that never began took no time."""
    if not job.get("started_at") or not job.get("finished_at"):
        return 0.0
    begun, ended = (datetime.fromisoformat(job[name]) for name in ("started_at", "finished_at"))
    return round((ended - begun).total_seconds() * 1000, 1)


def _cell(value: float | None, digits: int, *, same: object = False) -> str:
    if same:
        return "identical"
    return "–" if value is None else f"{value:.{digits}f}"

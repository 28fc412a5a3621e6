"""`packshot campaigns`: results that stand in for each other, and which of them does best."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Final, Literal

import typer

from api.client import Client, Json
from api.commands.options import AsJson, Limit, Url, connect, dump, errors, show, table
from api.commands.parameters import BadArgument
from api.exits import Exit

app = typer.Typer(
    invoke_without_command=True,
    help="Which of several results does best: list, create, show, choose, tell, …",
)
_CAMPAIGN: Final = ("id", "name", "goal", "created_at", "closed_at")
ARM: Final = (
    "result_id", "state", "choices", "choice_share", "impressions", "clicks", "orders",
    "mean", "low", "high", "best",
)  # fmt: skip
_OUTCOMES: Final = ("counted", "repeated", "refused")
_MOST: Final = 1_000
_Campaign = Annotated[str, typer.Argument(metavar="CAMPAIGN", help="Its id: `packshot campaigns`.")]
_Result = Annotated[str, typer.Argument(metavar="RESULT", help="Its id: `packshot results`.")]


@app.callback()
def campaigns(
    context: typer.Context, *, limit: Limit = 20, url: Url = None, as_json: AsJson = False
) -> None:
    """All of them, newest first."""
    if context.invoked_subcommand is None:
        _list(url, limit, as_json=as_json)


@app.command("list")
def list_campaigns(*, limit: Limit = 20, url: Url = None, as_json: AsJson = False) -> None:
    """All of them, as without a verb."""
    _list(url, limit, as_json=as_json)


@app.command()
def create(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Your own.")],
    results: Annotated[list[str], typer.Argument(metavar="RESULT…", help="Published ones.")],
    *,
    goal: Annotated[
        Literal["click", "order"], typer.Option(help="What an impression is to lead to.")
    ] = "click",
    url: Url = None,
    as_json: AsJson = False,
) -> None:
    """Choose among these results from now on."""
    with connect(url) as client:
        made = client.add_campaign(name, results, goal=goal)
    show([made], _CAMPAIGN, as_json=as_json)


@app.command("show")
def show_campaign(campaign: _Campaign, *, url: Url = None, as_json: AsJson = False) -> None:
    """How each arm does: what was counted, and what to believe of it."""
    with connect(url) as client:
        _arms(client.campaign(campaign), as_json=as_json)


@app.command()
def choose(
    campaign: _Campaign,
    *,
    count: Annotated[
        bool, typer.Option("--count", help="What is chosen is seen: count its impression.")
    ] = False,
    url: Url = None,
    as_json: AsJson = False,
) -> None:
    """The result to show next, and a link to its file."""
    with connect(url) as client:
        told = client.choose(campaign, impression="counted" if count else "told")
    if as_json:
        dump(told)
    else:
        table(("result_id", "link"), [(told["result_id"], told["link"]["url"])])


@app.command()
def tell(
    file: Annotated[
        str, typer.Argument(metavar="FILE", help="JSON Lines: one event each. - reads them here.")
    ],
    *,
    url: Url = None,
    as_json: AsJson = False,
) -> None:
    """Count impressions, clicks and orders, each once by its id; the same file again adds none."""
    events = list(_events(file))
    with connect(url) as client:
        told = _told(client, events)
    if as_json:
        dump(told)
    else:
        for one in told["problems"]:
            problem = one["problem"]
            text = f"line {one['line']}: {problem['code']}: {problem['detail']}"
            errors.print(text, markup=False, soft_wrap=True)
        table(_OUTCOMES, [[told[name] for name in _OUTCOMES]])
    if told["refused"]:
        raise typer.Exit(Exit.FAILED)


@app.command()
def add(campaign: _Campaign, result: _Result, *, url: Url = None, as_json: AsJson = False) -> None:
    """One more arm; one that was retired comes back."""
    with connect(url) as client:
        _arms(client.add_arm(campaign, result), as_json=as_json)


@app.command()
def retire(
    campaign: _Campaign, result: _Result, *, url: Url = None, as_json: AsJson = False
) -> None:
    """An arm is chosen no more; what shoppers still do with it is counted."""
    with connect(url) as client:
        _arms(client.retire_arm(campaign, result), as_json=as_json)


@app.command()
def close(campaign: _Campaign, *, url: Url = None, as_json: AsJson = False) -> None:
    """It chooses no more."""
    with connect(url) as client:
        show([client.close_campaign(campaign)], _CAMPAIGN, as_json=as_json)


def _list(url: str | None, limit: int, *, as_json: bool) -> None:
    with connect(url) as client:
        show(client.campaigns(limit=limit), _CAMPAIGN, as_json=as_json)


def _arms(told: Json, *, as_json: bool) -> None:
    if as_json:
        dump(told)
    else:
        show([{**arm, **arm["rate"]} for arm in told["arms"]], ARM, as_json=False)


def _told(client: Client, events: list[tuple[int, Any]]) -> Json:
    """What became of all of them; problems by the numbers of their lines in the file."""
    told: Json = {**dict.fromkeys(_OUTCOMES, 0), "problems": []}
    for first in range(0, len(events), _MOST):
        some = events[first : first + _MOST]
        answer = client.tell_events([event for _, event in some])
        for name in _OUTCOMES:
            told[name] += answer[name]
        told["problems"] += [
            {**one, "line": some[one["line"] - 1][0]} for one in answer["problems"]
        ]
    return told


def _events(file: str) -> Iterator[tuple[int, Any]]:
    """Each line that is not empty, by its number from 1."""
    if file != "-" and not Path(file).is_file():
        raise BadArgument(f"there is no file {file!r}")
    text = sys.stdin.read() if file == "-" else Path(file).read_text(encoding="utf-8")
    for number, line in enumerate(text.splitlines(), start=1):
        if line.strip():
            try:
                yield number, json.loads(line)
            except ValueError as error:
                raise BadArgument(f"{file}, line {number}: {error}") from error

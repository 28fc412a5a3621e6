"""`packshot assist`: a picture and what is wanted of it, in words."""

from pathlib import Path
from typing import Annotated, Any

import typer

from api.client import Client, Json
from api.commands.delivery import deliver, show, watched
from api.commands.options import AsJson, Url, connect, dump, say, table
from api.commands.orders import picture
from api.commands.parameters import BadArgument
from api.exits import Exit

app = typer.Typer()
_Wish = Annotated[str, typer.Argument(metavar="WORDS", help='"in red on white, square", "白底".')]
_Out = Annotated[Path | None, typer.Option(help="Wait, and write the picture into this folder.")]


@app.command()
def assist(
    file: Annotated[str, typer.Argument(metavar="PICTURE", help="A file, or an id.")],
    wish: _Wish,
    *,
    plan: Annotated[bool, typer.Option("--plan", help="Say what would be done.")] = False,
    anew: Annotated[bool, typer.Option("--anew", help="Even if there is such a result.")] = False,
    sku: Annotated[str | None, typer.Option(help="The product it belongs to.")] = None,
    wait: Annotated[bool, typer.Option("--wait", help="Until the job has ended.")] = False,
    out: _Out = None,
    url: Url = None,
    as_json: AsJson = False,
) -> None:
    """Do what is wanted of a picture, in English or Chinese words; what is there already is given.

    The exit code is 1 if the job did not succeed, 2 if the wish was not understood.
    """
    said = {"mode": _mode(plan=plan, anew=anew), **({"sku": sku} if sku else {})}
    with connect(url) as client:
        answer = client.assist(picture(client, file), wish, said)
        jobs = [answer["job"]] if answer["job"] else []
        if (wait or out) and jobs:
            jobs = watched(client, jobs, label="assist")
        written = _written(client, answer, jobs, Path(file).stem, out)
    if as_json:
        dump({**answer, "job": next(iter(jobs), None), **({"files": written} if written else {})})
    else:
        _tell(answer, jobs, written)
    if (wait or out) and any(job["state"] != "succeeded" for job in jobs):
        raise typer.Exit(Exit.FAILED)


def _mode(*, plan: bool, anew: bool) -> str:
    if plan and anew:
        raise BadArgument("--plan places nothing, and --anew a job: not both")
    return "plan" if plan else "anew" if anew else "do"


def _written(
    client: Client, answer: Json, jobs: list[Json], name: str, out: Path | None
) -> dict[str, str]:
    """What was made or found, as files."""
    if out is None:
        return {}
    found = [{**one, "results": [one], "op": one["op"]} for one in [answer["result"]] if one]
    return deliver(client, jobs or found, [name], out)


def _tell(answer: Json, jobs: list[Json], written: dict[str, str]) -> None:
    table(["kind", "name", "of", "wanted", "as written"], map(_row, answer["understood"]))
    if answer["ignored_terms"]:
        say(f"Not understood: {', '.join(answer['ignored_terms'])}")
    if answer["outcome"] == "planned":
        steps = answer["order"]["operation"]
        named = steps.get("preset") or " → ".join(one["op"] for one in steps.get("steps", [steps]))
        say(f"Planned: {named}")
    elif answer["result"]:
        found = answer["result"]["id"]
        say(f"There is such a result: {written.get(found, found)}")
    else:
        show(jobs, written, as_json=False)


def _row(one: Json) -> tuple[Any, ...]:
    name = f"{one['name']} {one['hex']}" if one["hex"] not in (None, one["name"]) else one["name"]
    return one["kind"], name, one["part"], not one["refused"], one["text"]

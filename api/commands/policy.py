"""`packshot policy` and `packshot blocklist`: what you let through, and what goes no further."""

import json
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from api.client import Json
from api.commands.options import AsJson, Limit, Url, connect, dump, gone, say, show
from api.commands.parameters import BadArgument

policy_app = typer.Typer(no_args_is_help=True, help="What you let through: show, set, history.")
blocklist_app = typer.Typer(
    no_args_is_help=True, help="Pictures that go no further: list, add, remove."
)
Channel = Annotated[
    str | None, typer.Option("--channel", help="Of one channel. Default: the shop's own.")
]
_POLICY: Final = ("label", "channel", "title", "made_by", "created_at")
_ENTRY: Final = ("id", "sha256", "phash", "note", "created_at")


@policy_app.command("show")
def show_policy(*, channel: Channel = None, url: Url = None, as_json: AsJson = False) -> None:
    """The policy that holds, as TOML that `set` takes."""
    with connect(url) as client:
        found = _holding(client.policies(), channel)
    if as_json:
        dump(found)
        return
    say(f"# {found['label']}")
    say("\n".join(_toml(found["rules"])))


@policy_app.command("set")
def set_policy(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Its rules, as TOML or JSON.")],
    *,
    channel: Channel = None,
    url: Url = None,
    as_json: AsJson = False,
) -> None:
    """Have these rules hold from now on; what held before stays in the history."""
    with connect(url) as client:
        kept = client.set_policy(_rules(file), channel=channel)
    show([_flat(kept)] if not as_json else [kept], _POLICY, as_json=as_json)


@policy_app.command()
def history(*, channel: Channel = None, url: Url = None, as_json: AsJson = False) -> None:
    """Every version, the newest first; results name the one that judged them."""
    with connect(url) as client:
        found = client.policy_history(channel)
    show(found if as_json else map(_flat, found), _POLICY, as_json=as_json)


@blocklist_app.command("list")
def list_entries(*, limit: Limit = 50, url: Url = None, as_json: AsJson = False) -> None:
    """Newest first."""
    with connect(url) as client:
        show(client.blocklist(limit=limit), _ENTRY, as_json=as_json)


@blocklist_app.command("add")
def add_entry(
    picture: Annotated[
        str | None, typer.Argument(metavar="PICTURE", help="Id of a picture or result of yours.")
    ] = None,
    *,
    sha256: Annotated[str | None, typer.Option(help="Or of a file, from elsewhere.")] = None,
    phash: Annotated[str | None, typer.Option(help="Or how a picture looks: 16 digits.")] = None,
    note: Annotated[str | None, typer.Option(help="Why, for whoever reads the list.")] = None,
    url: Url = None,
    as_json: AsJson = False,
) -> None:
    """Have a picture go no further; what you have of its bytes is quarantined at once."""
    entry = {"picture": picture, "sha256": sha256, "phash": phash, "note": note}
    with connect(url) as client:
        added = client.block({name: value for name, value in entry.items() if value is not None})
    show([added], (*_ENTRY, "quarantined"), as_json=as_json)


@blocklist_app.command("remove")
def remove_entry(
    entry: Annotated[str, typer.Argument(metavar="ENTRY", help="As `list` names it.")],
    *,
    url: Url = None,
    as_json: AsJson = False,
) -> None:
    """Take one off; `packshot submit moderate` gives its pictures back."""
    with connect(url) as client:
        client.unblock(entry)
    gone({"entry": entry}, f"{entry} is off the list.", as_json=as_json)


def _holding(standing: list[Json], channel: str | None) -> Json:
    """The channel's, else the shop's, which is the first."""
    return next((one for one in standing if one["channel"] == channel), standing[0])


def _flat(policy: Json) -> Json:
    return {**policy, "title": policy["rules"]["title"]}


def _rules(file: Path) -> dict[str, Any]:
    try:
        text = file.read_text(encoding="utf-8")
        found = json.loads(text) if file.suffix == ".json" else tomllib.loads(text)
    except (OSError, ValueError) as error:
        raise BadArgument(f"{file}: {error}") from error
    if not isinstance(found, dict):
        raise BadArgument(f"{file} holds no rules")
    return found


def _toml(rules: Json) -> Iterator[str]:
    """Texts, numbers and lists of texts are written alike in TOML and in JSON."""
    parts = {name: part for name, part in rules.items() if isinstance(part, dict)}
    for name, value in rules.items():
        if name not in parts:
            yield f"{name} = {json.dumps(value)}"
    for name, part in parts.items():
        yield f"\n[{name}]"
        yield from (f"{key} = {json.dumps(value)}" for key, value in part.items())

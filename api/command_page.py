"""The page of all verbs and exit codes, made from the command line itself.

`python -m api.command_page > docs/command-line.md` writes it; a test says when it is stale.
"""

import sys
from collections.abc import Iterator
from typing import Any, Final

import typer.main

from api.cli import app
from api.exits import MEANINGS

_EVERYWHERE: Final = {"--json", "--url", "--help", "--install-completion", "--show-completion"}
_INTRODUCTION: Final = """# Command line

Every verb of `packshot` on a page. It is made from the verbs themselves:
`python -m api.command_page > docs/command-line.md`.

`packshot VERB --help` says more of one, `packshot submit OPERATION --help` of an operation. Every
verb has `--json`: one JSON document on standard output and nothing else there (`up` writes one for
each line). A table that goes into a pipe is lines with tabs. Those that ask the API have `--url`;
else they ask `API_URL`, with `API_KEY`.

```sh
packshot --install-completion     # of bash, zsh, fish or PowerShell: the shell that runs it
packshot --show-completion        # the script, to put it where you like
```
"""
_EXITS: Final = """## Exit codes

What a worker ends with is in [operating](operating.md#how-a-worker-ends).

| code | says |
|---|---|"""


def page() -> str:
    """The whole page as Markdown."""
    rows = [_row(words, command) for words, command in verbs()]
    table = ["## Verbs", "", "| verb | options | what it does |", "|---|---|---|", *rows, ""]
    exits = [f"| {code.value} | {text} |" for code, text in MEANINGS.items()]
    return "\n".join([_INTRODUCTION, *table, _EXITS, *exits, ""])


def verbs() -> Iterator[tuple[str, Any]]:
    """Each verb that does something, as it is typed, with its command."""
    root: Any = typer.main.get_command(app)
    for name, command in root.commands.items():
        yield from _below(name, command)


def _below(words: str, command: Any) -> Iterator[tuple[str, Any]]:
    inner = getattr(command, "commands", None)
    if inner is None or command.invoke_without_command:
        yield words, command
    for name, one in (inner or {}).items():
        yield from _below(f"{words} {name}", one)


def _row(words: str, command: Any) -> str:
    arguments = [p for p in command.params if p.param_type_name == "argument"]
    options = [p.opts[0] for p in command.params if p.param_type_name == "option"]
    shown = " ".join(f"`{name}`" for name in options if name not in _EVERYWHERE)
    typed = " ".join(["packshot", words, *(_word(one) for one in arguments)])
    told = str(command.help or "").partition("\n")[0].replace("|", "\\|")
    return f"| `{typed}` | {shown or '–'} | {told} |"


def _word(argument: Any) -> str:
    name = str(argument.metavar or argument.name.upper()).strip("[]")
    many = "…" if argument.nargs == -1 and not name.endswith("…") else ""
    return f"{name}{many}" if argument.required else f"[{name}{many}]"


if __name__ == "__main__":
    sys.stdout.write(page())

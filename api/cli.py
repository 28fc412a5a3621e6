"""The `packshot` command: verbs over HTTP, and the few that run on this machine."""

import os
import sys

import typer
from pydantic import ValidationError

from api.client import ApiError, Json, Unreachable
from api.commands import (
    assist,
    backup,
    batch,
    campaigns,
    check,
    dataset,
    erase,
    feedback,
    keys,
    look,
    machine,
    operate,
    policy,
    presets,
    promote,
    repository,
    retrain,
    rules,
    search,
    submit,
    taste,
    train,
    verify,
    versions,
    watch,
    webhooks,
)
from api.commands.options import errors
from api.commands.parameters import BadArgument
from api.exits import Exit

app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Packshot: product pictures generated, edited, trained on and measured.",
)
_PARTS = (
    machine, repository, submit, assist, watch, batch, look, check, verify, search, train, retrain,
    promote, feedback, taste, operate, erase, backup,
)  # fmt: skip
for part in _PARTS:
    app.add_typer(part.app)
app.add_typer(dataset.app, name="dataset")
app.add_typer(rules.app, name="rules")
app.add_typer(campaigns.app, name="campaigns")
app.add_typer(versions.app, name="versions")
app.add_typer(presets.app, name="presets")
app.add_typer(policy.policy_app, name="policy")
app.add_typer(policy.blocklist_app, name="blocklist")
app.add_typer(keys.keys_app, name="keys")
app.add_typer(keys.tenants_app, name="tenants")
app.add_typer(webhooks.app, name="webhooks")
app.add_typer(machine.data_app, name="data")

UNAUTHENTICATED = 401


def main() -> None:
    """Run it; what was refused is said in words, and ends with `Exit.REFUSED`."""
    try:
        app(prog_name="packshot")  # also as `python -m api.cli`
    except ApiError as error:
        _say(error.code, error.detail)
        if error.status == UNAUTHENTICATED:
            _say("packshot", "set API_KEY; on the API's own machine DB_HOME, where api.key lies")
        for one in error.errors:
            _say_wrong(one, unless=error.detail)
    except (BadArgument, Unreachable, TimeoutError) as error:
        hint = ". Is `packshot up` running?" if isinstance(error, Unreachable) else ""
        _say("packshot", f"{error}{hint}")
    except ValidationError as error:
        for wrong in error.errors():
            _say(f"setting {'.'.join(str(part) for part in wrong['loc'])}", wrong["msg"])
    except BrokenPipeError:  # the reader of our output left, as `head` does
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(Exit.FAILED)
    sys.exit(Exit.REFUSED)


def _say_wrong(one: Json, *, unless: str) -> None:
    """A field and what is wrong with it, unless the problem's sentence says just that."""
    where, why = str(one.get("pointer", "")), str(one.get("detail", one.get("code", "")))
    if f"{where}: {why}" != unless:
        _say(f"  {where}", why)


def _say(what: str, text: str) -> None:
    errors.print(f"{what}: {text}", style="red", markup=False, soft_wrap=True)


if __name__ == "__main__":
    main()

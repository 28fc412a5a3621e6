"""Every verb explains itself, answers programs too, and is on the page with the exit codes."""

import json
import re
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from api import command_page
from api.exits import MEANINGS, Exit
from api.lines import Lines

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "command-line.md"
VERBS = dict(command_page.verbs())
Run = Callable[..., int]
PROMISED = {
    "up", "init", "demo", "submit", "watch", "batch", "jobs", "results", "retry", "cancel",
    "dataset", "train", "versions", "promote", "rollback", "feedback", "keys", "webhooks",
    "check", "verify", "doctor", "backup", "restore", "bench",
}  # fmt: skip


def test_everything_that_was_promised_is_a_verb() -> None:
    assert {words.partition(" ")[0] for words in VERBS} >= PROMISED


@pytest.mark.parametrize("words", VERBS)
def test_every_verb_explains_itself(
    packshot: Run, capsys: pytest.CaptureFixture[str], words: str
) -> None:
    assert packshot(*words.split(), "--help") == Exit.DONE

    assert "--json" in capsys.readouterr().out


@pytest.mark.parametrize("words", VERBS)
def test_every_verb_answers_programs_too_and_says_what_it_does(words: str) -> None:
    options = [name for parameter in VERBS[words].params for name in parameter.opts]

    assert "--json" in options
    assert VERBS[words].help


def test_the_page_of_verbs_is_current() -> None:
    assert PAGE.read_text(encoding="utf-8") == command_page.page(), (
        "run `python -m api.command_page > docs/command-line.md`"
    )


def test_the_page_has_each_exit_code_with_its_meaning() -> None:
    table = PAGE.read_text(encoding="utf-8").partition("## Exit codes")[2]

    shown = {int(code): text for code, text in re.findall(r"^\| (\d+) \| (.+) \|$", table, re.M)}

    assert shown == {code.value: text for code, text in MEANINGS.items()}
    assert set(MEANINGS) == set(Exit)


def test_no_verb_ends_with_a_number_of_its_own() -> None:
    numbered = [
        path.name
        for path in (ROOT / "api" / "commands").glob("*.py")
        if re.search(r"Exit\(\d", path.read_text(encoding="utf-8"))
    ]

    assert numbered == []


def test_bash_can_complete_verbs(
    packshot: Run,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION", "1")

    installed = packshot("--install-completion", "bash")
    capsys.readouterr()
    monkeypatch.setenv("_PACKSHOT_COMPLETE", "complete_bash")
    monkeypatch.setenv("COMP_WORDS", "packshot ver")
    monkeypatch.setenv("COMP_CWORD", "1")
    packshot()

    (script,) = tmp_path.glob(".bash_completions/*.sh")
    assert installed == Exit.DONE
    assert "complete -o default -F _packshot_completion packshot" in script.read_text()
    assert str(script) in (tmp_path / ".bashrc").read_text()
    assert capsys.readouterr().out.split() == ["verify", "versions"]


def test_up_tells_programs_a_json_object_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    Lines(sys.stdout, form="json").say("api", 'ready: "here"', tone="good")

    told = json.loads(capsys.readouterr().out)

    assert (told["service"], told["level"], told["event"]) == ("api", "info", 'ready: "here"')

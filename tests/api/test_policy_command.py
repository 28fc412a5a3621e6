"""`packshot policy` and `packshot blocklist`, from the words to the request and back."""

import json
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from api.commands import delivery
from db.operations.policies import PolicyRules, default
from tests.api import scripted
from tests.api.scripted import Answer, Asked
from tests.factories import NOWHERE

Run = Callable[..., int]
RULES = default().model_dump(mode="json")
SHOP = {"label": "shop@2", "channel": None, "version": 2, "rules": RULES, "made_by": None,
        "created_at": "2026-11-27T08:00:00Z"}  # fmt: skip
WEB = {**SHOP, "label": "channel:web@1", "channel": "web", "rules": {**RULES, "title": "Web's"}}
ENTRY = {"id": NOWHERE, "sha256": "0" * 64, "phash": None, "note": "no", "made_by": None,
         "created_at": "2026-11-27T08:00:00Z"}  # fmt: skip


def answer(asked: Asked) -> Answer:
    match asked.method, asked.path.partition("?")[0]:
        case "GET", "/v1/policies" | "/v1/policies/history":
            return Answer(body={"items": [SHOP, WEB]})
        case "PUT", "/v1/policies":
            return Answer(201, WEB)
        case "GET", "/v1/blocklist":
            return Answer(body={"items": [ENTRY], "next_cursor": None})
        case "POST", "/v1/blocklist":
            return Answer(201, {**ENTRY, "quarantined": 2})
        case _:
            return Answer(204)


def test_show_writes_what_set_takes(packshot: Run, capsys: pytest.CaptureFixture[str]) -> None:
    with scripted.serving(answer) as server:
        assert packshot("policy", "show", "--url", server.url) == 0

    text = capsys.readouterr().out
    assert text.startswith("# shop@2")
    assert PolicyRules.model_validate(tomllib.loads(text)) == default()


@pytest.mark.parametrize(("channel", "label"), [("web", "channel:web@1"), ("print", "shop@2")])
def test_show_tells_what_holds_for_a_channel(
    packshot: Run, capsys: pytest.CaptureFixture[str], channel: str, label: str
) -> None:
    with scripted.serving(answer) as server:
        assert packshot("policy", "show", "--channel", channel, "--json", "--url", server.url) == 0

    assert json.loads(capsys.readouterr().out)["label"] == label


@pytest.mark.parametrize("suffix", ["toml", "json"])
def test_set_sends_a_file(packshot: Run, tmp_path: Path, suffix: str) -> None:
    file = tmp_path / f"policy.{suffix}"
    said = {"title": "Ours", "always_review": ["upscale"]}
    toml = 'title = "Ours"\nalways_review = ["upscale"]\n'
    file.write_text(toml if suffix == "toml" else json.dumps(said), encoding="utf-8")

    with scripted.serving(answer) as server:
        code = packshot("policy", "set", str(file), "--channel", "web", "--url", server.url)

    assert code == 0
    (asked,) = server.asked
    assert (asked.method, asked.json()) == ("PUT", {"rules": said, "channel": "web"})


@pytest.mark.parametrize("text", ["title = ", "[1, 2]"])
def test_a_file_without_rules_is_refused_before_anything_is_sent(
    packshot: Run, tmp_path: Path, text: str
) -> None:
    file = tmp_path / "policy.json"
    file.write_text(text, encoding="utf-8")

    with scripted.serving(answer) as server:
        assert packshot("policy", "set", str(file), "--url", server.url) == 2
        assert packshot("policy", "set", str(tmp_path / "none.toml"), "--url", server.url) == 2

    assert server.asked == []


def test_history_names_every_version(packshot: Run, capsys: pytest.CaptureFixture[str]) -> None:
    with scripted.serving(answer) as server:
        assert packshot("policy", "history", "--url", server.url) == 0

    assert "shop@2" in capsys.readouterr().out


def test_an_entry_is_added_by_picture_or_by_hash(
    packshot: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    with scripted.serving(answer) as server:
        one = packshot("blocklist", "add", NOWHERE, "--note", "no", "--json", "--url", server.url)
        told: Any = json.loads(capsys.readouterr().out)
        other = packshot("blocklist", "add", "--phash", "0" * 16, "--url", server.url)

    assert (one, other, told[0]["quarantined"]) == (0, 0, 2)
    assert [asked.json() for asked in server.asked] == [
        {"picture": NOWHERE, "note": "no"},
        {"phash": "0" * 16},
    ]


def test_entries_are_listed_and_taken_off(
    packshot: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    with scripted.serving(answer) as server:
        assert packshot("blocklist", "list", "--url", server.url) == 0
        assert NOWHERE in capsys.readouterr().out
        assert packshot("blocklist", "remove", NOWHERE, "--url", server.url) == 0

    assert (server.asked[-1].method, server.asked[-1].path) == (
        "DELETE",
        f"/v1/blocklist/{NOWHERE}",
    )


def test_what_is_kept_from_everybody_is_not_asked_for() -> None:
    kept, out = {"id": NOWHERE, "ordinal": 0, "format": "png"}, {"id": "1", "ordinal": 1}
    job = {
        "id": NOWHERE,
        "op": "sample",
        "state": "failed",
        "error": {"code": "blocked_by_policy", "detail": "no"},
        "results": [{**kept, "visibility": "quarantined"}, {**kept, **out, "visibility": "held"}],
    }

    assert [one.known_as for one in delivery._files(job)] == ["1"]


def test_a_row_tells_why_a_person_is_to_see_it() -> None:
    reasons = [{"code": "always_reviewed", "says": "The policy has a person see it."}]
    result = {"id": "1", "visibility": "held", "reasons": reasons}
    job = {"id": NOWHERE, "op": "upscale", "state": "succeeded", "results": [result]}

    (row,) = delivery.rows([job], {})

    assert row[-1] == "held: The policy has a person see it."

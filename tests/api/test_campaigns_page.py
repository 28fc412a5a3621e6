"""docs/advertising.md, "Which one wins": what a shop's developer types there does what it says."""

import json
import re
import shlex
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from api.exits import Exit
from db import secrets
from db.tally import Counts
from tests import counted, issued
from tests.api import scripted
from tests.api.scripted import Answer, Asked, Server
from tests.described import JSON

Run = Callable[..., int]
PAGE = Path(__file__).parents[2] / "docs" / "advertising.md"
SECTION = PAGE.read_text(encoding="utf-8").partition("## Which one wins")[2]
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```", SECTION, re.MULTILINE | re.DOTALL)


def _blocks(kind: str) -> list[str]:
    return [text for of, text in BLOCKS if of == kind]


@pytest.fixture
def server(client: TestClient) -> Iterator[Server]:
    """The app behind a real socket; who sends no key asks as the shop."""
    secrets.ensure_local_key()

    def answer(asked: Asked) -> Answer:
        names = ("Authorization", "Content-Type")
        given = {name: asked.headers[name] for name in names if name in asked.headers}
        told = client.request(asked.method, asked.path, content=asked.body, headers=given)
        return Answer(told.status_code, told.content, {"Content-Type": "application/json"})

    with scripted.serving(answer) as one:
        yield one


def test_every_command_does_what_it_says(
    server: Server, packshot: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first, second = counted.shown(), counted.shown()
    (tmp_path / "events.jsonl").write_text(
        json.dumps({"id": "1", "kind": "click", "result_id": first}), encoding="utf-8"
    )
    named = {"$FIRST": first, "$SECOND": second, "events.jsonl": str(tmp_path / "events.jsonl")}
    lines = [line for block in _blocks("sh") for line in block.splitlines()]
    assert len(lines) >= 7

    for line in lines:
        words = [named.get(word, word) for word in shlex.split(line, comments=True)]
        assert words.pop(0) == "packshot"
        assert packshot(*words, "--url", server.url) == Exit.DONE, line
        said = capsys.readouterr().out
        if words[1] == "create":
            named["$CAMPAIGN"] = said.splitlines()[-1].split("\t")[0]

    (arm,) = counted.arms(named["$CAMPAIGN"]).keys() - {first}
    assert arm == second
    assert counted.counts(first)[""] == Counts(clicks=1)


def test_the_program_chooses_and_tells_with_the_weak_key(server: Server) -> None:
    shoe, boot = counted.shown(), counted.shown()
    campaign = counted.campaign(shoe, boot)
    (program,) = _blocks("python")
    told = {"URL": server.url, "KEY": issued.key(scopes=["events"]), "CAMPAIGN": campaign}

    exec(program, told)  # noqa: S102 — our own page's

    assert f"/v1/links/shop/results/{told['chosen']['result_id']}?" in told["html"]  # type: ignore[index]
    arms = counted.arms(campaign)
    assert [one.counts for one in arms.values() if one.counts.choices] == [
        Counts(choices=1, impressions=1, clicks=1)
    ]


def test_the_body_is_one_that_is_counted(client: TestClient) -> None:
    shoe = counted.shown()
    campaign = counted.campaign(shoe)
    (body,) = _blocks("json")
    now = "2026-11-27T08:00:00+01:00"
    assert now in body
    sent = body.replace("RESULT", shoe).replace("CAMPAIGN", campaign)
    sent = sent.replace(f', "occurred_at": "{now}"', "")

    told = client.post("/v1/events", content=sent, headers=JSON).json()

    assert (told["counted"], told["refused"]) == (2, 0)


def test_the_page_names_every_reason_for_a_line_to_be_refused(client: TestClient) -> None:
    named = {code for code in re.findall(r"`([a-z_]+)`", SECTION) if "_" in code}

    assert named >= {
        "result_not_found",
        "campaign_not_found",
        "arm_not_found",
        "event_too_old",
        "event_not_yet",
        "validation_error",
    }

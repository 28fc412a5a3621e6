"""`packshot campaigns` before the real app: made, shown, chosen from, told of, and closed."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from api.commands.campaigns import ARM
from api.exits import Exit
from db import secrets
from tests import counted
from tests.api import scripted
from tests.api.scripted import Answer, Asked, Server
from tests.factories import NOWHERE

Run = Callable[..., int]
Shell = Callable[..., list[str]]


@pytest.fixture
def server(client: TestClient) -> Iterator[Server]:
    """The app behind a real socket, for whoever asks the shop."""
    secrets.ensure_local_key()

    def answer(asked: Asked) -> Answer:
        kind = {"Content-Type": asked.headers.get("Content-Type", "")}
        told = client.request(asked.method, asked.path, content=asked.body, headers=kind)
        return Answer(told.status_code, told.content, {"Content-Type": "application/json"})

    with scripted.serving(answer) as one:
        yield one


@pytest.fixture
def shell(server: Server, packshot: Run, capsys: pytest.CaptureFixture[str]) -> Shell:
    """A verb of campaigns that succeeds; the cells of its last line."""

    def run(*words: str) -> list[str]:
        assert packshot("campaigns", *words, "--url", server.url) == Exit.DONE
        return capsys.readouterr().out.splitlines()[-1].split("\t")

    return run


def _file(folder: Path, *events: object) -> str:
    path = folder / "events.jsonl"
    path.write_text("\n\n".join(json.dumps(one) for one in events), encoding="utf-8")
    return str(path)


def test_a_campaign_from_its_first_day_to_its_last(shell: Shell, tmp_path: Path) -> None:
    shoe, boot = counted.shown(), counted.shown()

    campaign = shell("create", "boots", shoe, boot, "--goal", "order")[0]
    seen, link = shell("choose", campaign, "--count")
    again = [
        {"id": str(number), "kind": kind, "result_id": boot, "campaign_id": campaign}
        for number, kind in enumerate(["impression", "click", "order"])
    ]
    told = shell("tell", _file(tmp_path, *again))
    repeated = shell("tell", _file(tmp_path, *again))

    assert seen in (shoe, boot)
    assert f"/v1/links/shop/results/{seen}?" in link
    assert (told, repeated) == (["3", "0", "0"], ["0", "3", "0"])
    assert shell("retire", campaign, shoe)[:2] == [boot, "live"]
    assert shell("choose", campaign)[0] == boot
    assert shell("add", campaign, shoe)[:2] == [boot, "live"]
    arm = dict(zip(ARM, shell("show", campaign), strict=True))
    assert (arm["result_id"], arm["clicks"], arm["orders"]) == (boot, "1", "1")
    assert shell("close", campaign)[-1] != "–"
    assert shell()[:3] == shell("list")[:3] == [campaign, "boots", "order"]


def test_programs_are_told_the_whole_of_it(
    server: Server, packshot: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    campaign = counted.campaign(counted.shown())

    packshot("campaigns", "show", campaign, "--json", "--url", server.url)
    shown = json.loads(capsys.readouterr().out)
    packshot("campaigns", "choose", campaign, "--json", "--url", server.url)
    chosen = json.loads(capsys.readouterr().out)

    assert (shown["id"], len(shown["arms"])) == (campaign, 1)
    assert chosen["result_id"] == shown["arms"][0]["result_id"]


def test_more_than_a_call_holds_is_told_in_several_and_lines_keep_their_numbers(
    server: Server, packshot: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shoe = counted.shown()
    events = [
        {"id": str(number), "kind": "click", "result_id": NOWHERE if number == 1_400 else shoe}
        for number in range(1_500)
    ]

    code = packshot("campaigns", "tell", _file(tmp_path, *events), "--json", "--url", server.url)

    told = json.loads(capsys.readouterr().out)
    assert code == Exit.FAILED
    assert (told["counted"], told["refused"]) == (1_499, 1)
    # There is an empty line behind each.
    assert [one["line"] for one in told["problems"]] == [2 * 1_400 + 1]
    assert len(server.bodies("/v1/events")) == 2


def test_what_was_refused_is_said_by_its_line(
    server: Server, packshot: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    event = {"id": "1", "kind": "click", "result_id": NOWHERE}

    code = packshot("campaigns", "tell", _file(tmp_path, event), "--url", server.url)

    said = capsys.readouterr()
    assert code == Exit.FAILED
    assert "line 1: result_not_found: no result has this id" in said.err
    assert said.out.splitlines()[-1].split("\t") == ["0", "0", "1"]


def test_a_file_that_cannot_be_read_tells_nothing(
    server: Server, packshot: Run, tmp_path: Path
) -> None:
    path = tmp_path / "events.jsonl"
    path.write_text('{"id": "1"}\n{', encoding="utf-8")

    for file in (path, tmp_path / "none"):
        assert packshot("campaigns", "tell", str(file), "--url", server.url) == Exit.REFUSED
    assert server.asked == []

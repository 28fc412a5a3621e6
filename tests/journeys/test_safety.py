"""What docs/safety.md shows, typed in as it stands against a studio that runs, works."""

from pathlib import Path

import pytest

from api.client import ApiError
from tests.factories import encoded, shot
from tests.journeys import terminal
from tests.journeys.conftest import Studio
from tests.journeys.terminal import Terminal, blocks

pytestmark = pytest.mark.journey
LINES = [
    line
    for block in blocks("safety.md", "sh")
    for line in block.splitlines()
    if line.startswith("packshot")
]


def _typed(typing: Terminal, line: str) -> str:
    """What a line says, which ends as its comment has it."""
    command, _, says = line.partition("#")
    ended = typing.shell(command)
    expected = 1 if says.strip().startswith("failed") else 0
    assert ended.returncode == expected, f"{line}\n{ended.stdout}{ended.stderr}"
    return ended.stdout


def test_every_command_of_the_page_does_what_it_says(own_studio: Studio, tmp_path: Path) -> None:
    (tmp_path / "shoe.png").write_bytes(encoded(shot(1, 96), "PNG"))
    typing, told = terminal.opened(own_studio, tmp_path), dict[str, str]()
    with own_studio.client() as client:
        picture = client.upload(tmp_path / "shoe.png")["id"]
        for line in LINES:
            named = line.replace("PICTURE", picture)
            if "ENTRY" in line:
                named = named.replace("ENTRY", next(client.blocklist())["id"])
            if "RESULT" in line:
                named = named.replace("RESULT", next(client.results({"visibility": "held"}))["id"])
            if line.startswith("packshot policy set") and "shop@1" in line:
                policy = tmp_path / "policy.toml"
                text = policy.read_text(encoding="utf-8")
                policy.write_text(text.replace("= []", '= ["upscale"]'), encoding="utf-8")
            if "moderate" in line and "--json" in line:
                with pytest.raises(ApiError) as refused:
                    client._get(f"/v1/pictures/{picture}/content")
                assert (refused.value.status, refused.value.code) == (451, "quarantined")
            told[line] = _typed(typing, named)

        first, blocked = (line for line in LINES if "moderate" in line)
        assert '"verdict": "block"' in told[first]
        assert "succeeded" in told[blocked]
        labels = {one["policy_version"] for one in client.results({"visibility": "all"})}
        assert labels == {"default@1", "shop@1"}
        assert [one["label"] for one in client.policies()] == ["shop@1", "channel:print@1"]

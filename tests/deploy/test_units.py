"""systemd takes the units, and nginx's file can be read."""

import shutil
import subprocess
import sys
from pathlib import Path

import crossplane
import pytest

DEPLOY = Path(__file__).parents[2] / "deploy"
INSTALLED = "/srv/packshot/.venv/bin"


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="no systemd here")
def test_systemd_finds_nothing_to_complain_of(tmp_path: Path) -> None:
    here = str(Path(sys.executable).parent)
    for file in (DEPLOY / "systemd").iterdir():
        name = file.name.replace("@.", "@gpu.")
        text = file.read_text(encoding="utf-8").replace(INSTALLED, here)
        (tmp_path / name).write_text(text, encoding="utf-8")
    units = [str(file) for file in tmp_path.iterdir()]

    found = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", *units],
        capture_output=True, text=True, check=False,
    )  # fmt: skip

    ours = [line for line in found.stderr.splitlines() if "packshot" in line]
    assert ours == []


def test_a_worker_s_unit_starts_the_command_that_the_user_knows() -> None:
    text = (DEPLOY / "systemd" / "packshot-worker@.service").read_text(encoding="utf-8")

    assert f"ExecStart={INSTALLED}/celery --quiet -A workers worker -Q %i" in text
    assert "KillMode=mixed" in text


def test_nginx_s_file_can_be_read_and_lets_through_what_the_api_takes() -> None:
    parsed = crossplane.parse(str(DEPLOY / "nginx.conf"), comments=False)

    assert (parsed["status"], parsed["errors"]) == ("ok", [])
    said = _flat(parsed["config"][0]["parsed"])
    assert ["50m"] in said["client_max_body_size"]
    assert ["off"] in said["proxy_buffering"]
    assert ["90s"] in said["proxy_read_timeout"]
    # Said once: the API says it too, where API_URL is https.
    assert ["Strict-Transport-Security", "max-age=31536000", "always"] in said["add_header"]
    assert ["Strict-Transport-Security"] in said["proxy_hide_header"]


def _flat(block: list[dict[str, object]]) -> dict[str, list[list[str]]]:
    found: dict[str, list[list[str]]] = {}
    for one in block:
        found.setdefault(str(one["directive"]), []).append(list(one["args"]))  # type: ignore[call-overload]
        for name, args in _flat(one.get("block", [])).items():  # type: ignore[arg-type]
            found.setdefault(name, []).extend(args)
    return found

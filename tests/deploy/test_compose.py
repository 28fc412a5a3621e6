"""The compose file is one, starts what there is, and knows no secret and no setting of its own."""

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from api.settings import ApiSettings
from db.settings import DbSettings, LogSettings
from workers.queues import QUEUES
from workers.settings import WorkerSettings

ROOT = Path(__file__).parents[2]
FILE = ROOT / "deploy" / "compose.yaml"
EXAMPLE = ROOT / "deploy" / "packshot.env.example"
COMPOSE: dict[str, Any] = yaml.safe_load(FILE.read_text(encoding="utf-8"))
SERVICES: dict[str, Any] = COMPOSE["services"]
OURS = [name for name, one in SERVICES.items() if one["image"].startswith("packshot-")]
KNOWN = {
    f"{kind.model_config['env_prefix']}{field}".upper()
    for kind in (ApiSettings, DbSettings, LogSettings, WorkerSettings)
    for field in kind.model_fields
}


def test_it_is_a_compose_file() -> None:
    program = Path(sys.executable).parent / "check-jsonschema"

    found = subprocess.run(
        [program, "--builtin-schema", "vendor.compose-spec", FILE],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "LC_ALL": "C.UTF-8"},
    )

    assert found.returncode == 0, found.stdout + found.stderr


@pytest.mark.parametrize("name", OURS)
def test_a_process_is_told_settings_that_there_are(name: str) -> None:
    told = set(SERVICES[name].get("environment", {}))

    assert {one for one in told if not one.startswith("AWS_")} <= KNOWN


@pytest.mark.parametrize("name", OURS)
def test_a_process_may_write_nowhere_but_where_it_must_and_gains_no_privilege(name: str) -> None:
    service = SERVICES[name]

    assert service["read_only"]
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["tmpfs"]


@pytest.mark.parametrize("profile", ["cpu", "gpu"])
def test_each_profile_has_workers_of_every_queue(profile: str) -> None:
    here = [one for one in SERVICES.values() if profile in one.get("profiles", [profile])]
    queues = re.findall(r"(?:-Q|--queues) (\w+)", " \n".join(map(_command, here)))

    assert sorted(queues) == sorted(QUEUES)


def _command(service: dict[str, Any]) -> str:
    command = service.get("command", "")
    return command if isinstance(command, str) else " ".join(command)


def test_a_worker_has_time_to_drain() -> None:
    needed = WorkerSettings().drain_s + 6

    graces = [one["stop_grace_period"] for name, one in SERVICES.items() if "worker" in name]
    assert all(float(grace.removesuffix("s")) >= needed for grace in graces)


def test_no_secret_stands_in_it_and_the_example_names_each() -> None:
    asked = set(re.findall(r"\$\{(\w+):\?", FILE.read_text(encoding="utf-8")))
    lines = EXAMPLE.read_text(encoding="utf-8").splitlines()
    given = dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))

    assert asked == {"POSTGRES_PASSWORD", "BROKER_PASSWORD", "S3_SECRET", "DB_SECRET_KEY"}
    assert {name: given[name] for name in asked} == dict.fromkeys(asked, "")
    assert set(given) - asked <= KNOWN


def test_every_image_names_its_release_and_no_door_opens_to_other_machines() -> None:
    images = {one["image"] for one in SERVICES.values()} - {"packshot-api", "packshot-gpu"}

    assert all(re.search(r":v?\d", image) for image in images)
    assert {name: one["ports"] for name, one in SERVICES.items() if "ports" in one} == {
        "api": ["127.0.0.1:8700:8700"],
        "grafana": ["127.0.0.1:3000:3000"],
    }
    assert COMPOSE["networks"]["inside"] == {"internal": True}

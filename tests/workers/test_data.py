"""`python -m workers.data`: brings the data here or says plainly that it is not."""

import hashlib
import io
import json
import tarfile
from dataclasses import replace

import pytest

from db import settings as db_settings
from models.data import debian
from models.data.debian import Package
from workers import data

PROBE = "usr/share/packshot-test/hello.txt"


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("DB_HOME", str(tmp_path / "home"))
    db_settings.get.cache_clear()
    yield tmp_path / "home"
    db_settings.get.cache_clear()


@pytest.fixture
def mirror(tmp_path):
    (tmp_path / "mirror").mkdir()
    return tmp_path / "mirror"


@pytest.fixture
def package(mirror, monkeypatch):
    """The only package there is, on a machine without apt."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:xz") as archive:
        archive.addfile(tarfile.TarInfo(PROBE))
    files = buffer.getvalue()
    header = f"{'data.tar.xz':<16}{0:<12}{0:<6}{0:<6}{100644:<8}{len(files):<10}`\n".encode()
    content = b"!<arch>\n" + header + files
    (mirror / "hello.deb").write_bytes(content)
    digest = hashlib.sha256(content).hexdigest()
    only = Package("hello", "hello.deb", digest, len(content), PROBE, "MIT")
    monkeypatch.setattr(debian, "apt_command", lambda: None)
    monkeypatch.setattr(debian, "PACKAGES", (only,))
    return only


def test_fetch_brings_a_package_and_exits_with_0(package, home, mirror, capsys):
    code = data.main(["fetch", "--mirror", mirror.as_uri()])

    out = capsys.readouterr().out
    assert code == 0
    assert (home / "data/hello" / PROBE).exists()
    assert out.splitlines()[-1] == "All data packages are here."


def test_fetch_without_apt_and_mirror_names_the_small_set_and_exits_with_1(package, home, capsys):
    code = data.main(["fetch"])

    out = capsys.readouterr().out
    assert code == 1
    assert "no mirror is configured" in out
    assert "12 rendered products, 200 garments, 2 photographs" in out


def test_one_missing_package_is_enough_to_exit_with_1(package, home, mirror, monkeypatch, capsys):
    gone = replace(package, name="gone", path="gone.deb", probe="usr/share/packshot-test/gone")
    monkeypatch.setattr(debian, "PACKAGES", (package, gone))

    code = data.main(["fetch", "--json", "--mirror", mirror.as_uri()])

    document = json.loads(capsys.readouterr().out)
    assert code == 1
    assert [bool(one["where"]) for one in document["packages"]] == [True, False]


def test_fetch_refuses_a_tampered_package_and_exits_with_1(package, home, mirror, capsys):
    (mirror / "hello.deb").write_bytes(b"tampered")

    code = data.main(["fetch", "--mirror", mirror.as_uri()])

    assert code == 1
    assert "sha256" in capsys.readouterr().out
    assert not (home / "data/hello").exists()


def test_json_is_one_document_also_while_fetching(package, home, mirror, capsys):
    data.main(["fetch", "--json", "--mirror", mirror.as_uri()])

    document = json.loads(capsys.readouterr().out)
    assert document["complete"] is True
    assert document["packages"][0]["where"].endswith("hello.txt")


def test_status_changes_nothing_and_exits_with_1_while_something_is_missing(package, home, capsys):
    code = data.main(["status", "--json"])

    document = json.loads(capsys.readouterr().out)
    assert code == 1
    assert document["packages"][0]["where"] is None
    assert document["serves"].startswith("small set")
    assert not home.exists()


def test_what_is_here_is_not_fetched_again(package, home, mirror, capsys):
    data.main(["fetch", "--mirror", mirror.as_uri()])
    (mirror / "hello.deb").unlink()

    code = data.main(["fetch", "--mirror", mirror.as_uri()])

    assert code == 0

"""Where the data packages lie and how they get here."""

import hashlib
import io
import tarfile
from dataclasses import replace

import pytest

from models.data import debian
from models.data.debian import FetchError, Package

PROBE = "usr/share/packshot-test/hello.txt"


def deb(files):
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:xz") as archive:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    data = buffer.getvalue()
    header = f"{'data.tar.xz':<16}{0:<12}{0:<6}{0:<6}{100644:<8}{len(data):<10}`\n".encode()
    return b"!<arch>\n" + header + data


@pytest.fixture
def mirror(tmp_path):
    (tmp_path / "mirror/pool").mkdir(parents=True)
    return tmp_path / "mirror"


@pytest.fixture
def package(mirror):
    content = deb({PROBE: b"hello"})
    (mirror / "pool/hello.deb").write_bytes(content)
    digest = hashlib.sha256(content).hexdigest()
    return Package("hello", "pool/hello.deb", digest, len(content), PROBE, "MIT")


def test_a_package_is_read_from_the_mirror_and_found(package, mirror, tmp_path):
    home = tmp_path / "home"

    debian.download(package, home=home, mirror=mirror.as_uri())

    found = debian.find(PROBE, home=home)
    assert found is not None
    assert found.read_bytes() == b"hello"
    assert [path.name for path in (home / "data").iterdir()] == ["hello"]


def test_a_tampered_package_is_refused_and_leaves_nothing(package, mirror, tmp_path):
    content = bytearray((mirror / package.path).read_bytes())
    content[-1] ^= 1
    (mirror / package.path).write_bytes(content)

    with pytest.raises(FetchError, match="sha256"):
        debian.download(package, home=tmp_path, mirror=mirror.as_uri())

    assert not list((tmp_path / "data").iterdir())


def test_an_endless_file_is_not_read_to_its_end(package, mirror, tmp_path, monkeypatch):
    monkeypatch.setattr(debian, "CHUNK_BYTES", 1024)
    (mirror / package.path).write_bytes(b"x" * 1_000_000)
    read = []
    sha256 = hashlib.sha256

    class Counting:
        def __init__(self):
            self.digest = sha256()

        def update(self, chunk):
            read.append(len(chunk))
            self.digest.update(chunk)

        def hexdigest(self):
            return self.digest.hexdigest()

    monkeypatch.setattr(debian.hashlib, "sha256", Counting)

    with pytest.raises(FetchError):
        debian.download(package, home=tmp_path, mirror=mirror.as_uri())

    assert sum(read) <= package.size_bytes + 1024


def test_a_path_that_climbs_out_of_a_pinned_package_is_refused(mirror, tmp_path):
    content = deb({"../../escaped": b"!"})
    (mirror / "pool/evil.deb").write_bytes(content)
    digest = hashlib.sha256(content).hexdigest()
    evil = Package("evil", "pool/evil.deb", digest, len(content), PROBE, "none")

    with pytest.raises(FetchError, match="cannot be unpacked"):
        debian.download(evil, home=tmp_path / "home", mirror=mirror.as_uri())

    assert not list(tmp_path.rglob("escaped"))


def test_a_second_download_takes_the_place_of_the_first(package, mirror, tmp_path):
    first = debian.download(package, home=tmp_path, mirror=mirror.as_uri())
    (first / "left over").touch()

    second = debian.download(package, home=tmp_path, mirror=mirror.as_uri())

    assert first == second
    assert not (second / "left over").exists()


@pytest.mark.parametrize(
    ("address", "words"),
    [("", "no mirror"), ("ftp://mirror.invalid", "http"), ("/some/folder", "http")],
)
def test_a_mirror_that_is_no_address_is_refused(package, tmp_path, address, words):
    with pytest.raises(FetchError, match=words):
        debian.download(package, home=tmp_path, mirror=address)


def test_a_mirror_without_the_package_says_so(package, mirror, tmp_path):
    gone = replace(package, path="pool/gone.deb")

    with pytest.raises(FetchError, match="cannot be read"):
        debian.download(gone, home=tmp_path, mirror=mirror.as_uri())


def test_the_system_is_looked_at_before_the_home(tmp_path):
    system, home = tmp_path / "system", tmp_path / "home"
    for place in (system / PROBE, home / "data/hello" / PROBE):
        place.parent.mkdir(parents=True)
        place.touch()

    assert debian.find(PROBE, home=home, system=system) == system / PROBE
    (system / PROBE).unlink()
    assert debian.find("/" + PROBE, home=home, system=system) == home / "data/hello" / PROBE


def test_half_fetched_files_are_not_found(tmp_path):
    half = tmp_path / "data/.fetch-1" / PROBE
    half.parent.mkdir(parents=True)
    half.touch()

    assert debian.find(PROBE, home=tmp_path, system=tmp_path / "none") is None


def test_apt_is_asked_again_after_an_update(package, tmp_path, monkeypatch):
    log = tmp_path / "log"
    script = tmp_path / "apt-get"
    script.write_text(f'#!/bin/sh\necho "$1" >> {log}\n[ "$(grep -c install {log})" != 1 ]\n')
    script.chmod(0o755)
    monkeypatch.setattr(debian, "apt_command", lambda: [str(script)])

    with pytest.raises(FetchError):
        debian.install(package)  # update fails here as install did: the log has one install

    assert log.read_text().split() == ["install", "update"]


def test_where_apt_may_not_be_used_it_says_so(package, monkeypatch):
    monkeypatch.setattr(debian, "apt_command", lambda: None)

    with pytest.raises(FetchError, match="may not use"):
        debian.install(package)


def test_pins_are_whole():
    for package in debian.PACKAGES:
        assert len(package.sha256) == 64
        assert package.path.startswith("pool/")
        assert package.path.endswith("_all.deb")

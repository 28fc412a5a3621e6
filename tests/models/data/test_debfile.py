"""Debian's packages, read with the standard library alone."""

import io
import tarfile

import pytest

from models.data.debfile import BadPackageError, unpack


def tar(files, *, compression="xz", links=()):
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode=f"w:{compression}") as archive:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
        for name, target in links:
            info = tarfile.TarInfo(name)
            info.type, info.linkname = tarfile.SYMTYPE, target
            archive.addfile(info)
    return buffer.getvalue()


def ar(members):
    content = b"!<arch>\n"
    for name, data in members:
        header = f"{name:<16}{0:<12}{0:<6}{0:<6}{100644:<8}{len(data):<10}`\n".encode()
        content += header + data + b"\n" * (len(data) % 2)
    return content


@pytest.fixture
def package(tmp_path):
    def write(*members):
        path = tmp_path / "package.deb"
        path.write_bytes(ar(members))
        return path

    return write


@pytest.mark.parametrize("compression", ["xz", "gz", "bz2", ""])
def test_files_are_unpacked_whatever_the_compression(package, tmp_path, compression):
    data = tar({"./usr/share/odd/hello.txt": b"hello"}, compression=compression)
    name = f"data.tar.{compression}".rstrip(".")
    deb = package(("debian-binary", b"2.0\n"), ("control.tar.xz", b"odd"), (name, data))

    unpack(deb, tmp_path / "out")

    assert (tmp_path / "out/usr/share/odd/hello.txt").read_bytes() == b"hello"


def test_a_path_that_climbs_out_is_refused(package, tmp_path):
    deb = package(("data.tar.xz", tar({"../escaped.txt": b"!"})))

    with pytest.raises(BadPackageError):
        unpack(deb, tmp_path / "out")

    assert not (tmp_path / "escaped.txt").exists()


def test_a_link_that_points_outside_is_refused(package, tmp_path):
    deb = package(("data.tar.xz", tar({}, links=[("usr/evil", "/etc/passwd")])))

    with pytest.raises(BadPackageError):
        unpack(deb, tmp_path / "out")


def test_zstandard_is_named_as_what_cannot_be_read(package, tmp_path):
    deb = package(("debian-binary", b"2.0\n"), ("data.tar.zst", b"..."))

    with pytest.raises(BadPackageError, match=r"data\.tar\.zst"):
        unpack(deb, tmp_path / "out")


@pytest.mark.parametrize("cut", [0, 7, 40, 150, -20])
def test_a_cut_off_package_is_refused(package, tmp_path, cut):
    deb = package(("debian-binary", b"2.0\n"), ("data.tar.xz", tar({"a": b"x" * 4000})))
    deb.write_bytes(deb.read_bytes()[:cut])

    with pytest.raises(BadPackageError):
        unpack(deb, tmp_path / "out")


def test_a_package_without_files_is_refused(package, tmp_path):
    with pytest.raises(BadPackageError, match="no files"):
        unpack(package(("debian-binary", b"2.0\n")), tmp_path / "out")

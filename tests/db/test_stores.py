"""Where bytes lie: a folder, memory and a real S3 behave alike."""

import errno
import os
import socket
import subprocess
import sys
import textwrap
import time
from hashlib import sha256
from pathlib import Path

import pytest
from pytest_httpserver import HTTPServer

from db import blobs, stores
from db.stores import NotStored, StorageFull, Store, StoreUnavailable

PATH = "shop/ab/abcd"


@pytest.fixture
def store(store_url: str) -> Store:
    return stores.at(store_url)


class TestEveryStore:
    @pytest.mark.parametrize("data", [b"", b"x", bytes(6_000_000)], ids=len)
    def test_what_is_written_can_be_read(self, store: Store, data: bytes):
        store.write(PATH, data)

        assert store.read(PATH) == data

    def test_what_is_written_again_is_the_newer(self, store: Store):
        store.write(PATH, b"old")
        store.write(PATH, b"new")

        assert store.read(PATH) == b"new"

    def test_what_was_never_written_is_not_stored(self, store: Store):
        with pytest.raises(NotStored):
            store.read(PATH)

    def test_what_is_deleted_is_gone_and_the_rest_stays(self, store: Store):
        for name in ("a", "b", "c"):
            store.write(f"shop/ab/{name}", name.encode())

        store.delete(["shop/ab/a", "shop/ab/c"])

        assert store.read("shop/ab/b") == b"b"
        for name in ("a", "c"):
            with pytest.raises(NotStored):
                store.read(f"shop/ab/{name}")

    def test_deleting_what_is_not_there_is_no_error(self, store: Store):
        store.delete([PATH, "nobody/00/00"])
        store.delete([])

    def test_tidying_takes_nothing_that_is_whole(self, store: Store):
        store.write(PATH, b"shoe")

        store.tidy()

        assert store.read(PATH) == b"shoe"


@pytest.mark.s3
def test_two_prefixes_of_one_bucket_are_two_stores(
    s3_environment: dict[str, str], monkeypatch: pytest.MonkeyPatch
):
    for name, value in s3_environment.items():
        monkeypatch.setenv(name, value)
    one, other, all_of_it = (
        stores.at(f"s3://packshot/{prefix}") for prefix in ("prefix/one", "prefix/other", "")
    )

    one.write(PATH, b"one")

    with pytest.raises(NotStored):
        other.read(PATH)
    assert all_of_it.read(f"prefix/one/{PATH}") == b"one"


# S3 that is not as it should be


@pytest.fixture
def broken_s3(httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch) -> Store:
    """A server that answers as the test says."""
    _address(monkeypatch, httpserver.url_for("").rstrip("/"))
    return stores.at("s3://packshot/below")


def _address(monkeypatch: pytest.MonkeyPatch, endpoint: str) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "hush")
    monkeypatch.setenv("AWS_REGION", "us-east-1")


@pytest.mark.parametrize(
    ("status", "code"),
    [(403, "QuotaExceeded"), (400, "XMinioStorageFull")],
)
def test_a_bucket_without_room_is_full(
    broken_s3: Store, httpserver: HTTPServer, status: int, code: str
):
    body = f"<Error><Code>{code}</Code></Error>"
    httpserver.expect_request("/packshot/below/" + PATH).respond_with_data(body, status=status)

    with pytest.raises(StorageFull):
        broken_s3.write(PATH, b"shoe")


@pytest.mark.parametrize("status", [400, 403])
def test_a_refusal_is_an_outage_that_names_no_secret(
    broken_s3: Store, httpserver: HTTPServer, status: int
):
    httpserver.expect_request("/packshot/below/" + PATH).respond_with_data("no", status=status)

    for ask in (lambda: broken_s3.write(PATH, b"shoe"), lambda: broken_s3.read(PATH)):
        with pytest.raises(StoreUnavailable) as refused:
            ask()
        assert "hush" not in str(refused.value)
        assert "\n" not in str(refused.value)


def test_a_moment_of_trouble_is_met_by_asking_again(broken_s3: Store, httpserver: HTTPServer):
    path = "/packshot/below/" + PATH
    httpserver.expect_ordered_request(path).respond_with_data("slow down", status=503)
    httpserver.expect_ordered_request(path).respond_with_data("", headers={"ETag": "x"})

    broken_s3.write(PATH, b"shoe")

    assert len(httpserver.log) == 2


def test_a_missing_bucket_is_no_missing_picture(broken_s3: Store, httpserver: HTTPServer):
    body = "<Error><Code>NoSuchBucket</Code></Error>"
    httpserver.expect_request("/packshot/below/" + PATH).respond_with_data(body, status=404)

    with pytest.raises(StoreUnavailable, match="bucket"):
        broken_s3.read(PATH)


@pytest.mark.timeout(60)
def test_a_server_that_is_away_is_an_outage_within_seconds(monkeypatch: pytest.MonkeyPatch):
    _address(monkeypatch, "http://127.0.0.1:9")
    store, began = stores.at("s3://packshot"), time.monotonic()

    with pytest.raises(StoreUnavailable):
        store.read(PATH)

    assert time.monotonic() - began < 30


@pytest.mark.timeout(60)
def test_a_server_that_says_nothing_keeps_a_deletion_for_seconds_only(
    monkeypatch: pytest.MonkeyPatch,
):
    with socket.create_server(("127.0.0.1", 0)) as mute:  # the kernel accepts; nobody answers
        _address(monkeypatch, f"http://127.0.0.1:{mute.getsockname()[1]}")
        store, began = stores.at("s3://packshot"), time.monotonic()

        with pytest.raises(StoreUnavailable):
            store.delete([PATH])

    assert time.monotonic() - began < 6


# The folder


@pytest.fixture
def folder(tmp_path: Path) -> Store:
    return stores.at(str(tmp_path / "blobs"))


def test_a_folder_that_is_not_there_yet_has_nothing(folder: Store, tmp_path: Path):
    with pytest.raises(NotStored):
        folder.read(PATH)
    folder.delete([PATH])
    folder.tidy()

    assert not (tmp_path / "blobs").exists()


@pytest.mark.parametrize("link", ["shop", "shop/ab", PATH])
def test_a_link_inside_the_folder_is_not_followed(folder: Store, tmp_path: Path, link: str):
    outside = tmp_path / "outside"
    (outside / "ab").mkdir(parents=True)
    elsewhere = outside / "secret" if link == PATH else outside
    (outside / "secret").write_bytes(b"not ours")
    at = tmp_path / "blobs" / link
    at.parent.mkdir(parents=True)
    at.symlink_to(elsewhere)

    with pytest.raises(OSError, match=r"[Nn]ot a directory|[Ss]ymbolic"):
        folder.read(PATH)

    assert (outside / "secret").read_bytes() == b"not ours"


@pytest.mark.parametrize("link", ["shop", "shop/ab"])
def test_nothing_is_written_through_a_link(folder: Store, tmp_path: Path, link: str):
    outside = tmp_path / "outside"
    (outside / "ab").mkdir(parents=True)
    at = tmp_path / "blobs" / link
    at.parent.mkdir(parents=True)
    at.symlink_to(outside)

    with pytest.raises(OSError, match=r"[Nn]ot a directory|[Ss]ymbolic"):
        folder.write(PATH, b"shoe")

    assert [path.name for path in outside.rglob("*")] == ["ab"]


def test_a_link_where_the_file_should_be_is_replaced_not_followed(folder: Store, tmp_path: Path):
    outside = tmp_path / "outside"
    outside.write_bytes(b"not ours")
    at = tmp_path / "blobs" / PATH
    at.parent.mkdir(parents=True)
    at.symlink_to(outside)

    folder.write(PATH, b"shoe")

    assert outside.read_bytes() == b"not ours"
    assert folder.read(PATH) == b"shoe"
    assert not at.is_symlink()


def test_a_file_appears_whole_or_not_at_all(tmp_path: Path):
    program = """
        import os, sys
        from db import stores
        os.fsync = lambda _: os._exit(9)
        stores.at(sys.argv[1]).write("shop/ab/abcd", b"shoe" * 1000)
    """
    run = [sys.executable, "-c", textwrap.dedent(program), str(tmp_path / "blobs")]
    (tmp_path / "blobs" / stores.UNFINISHED).mkdir(parents=True)  # else it dies making folders
    (tmp_path / "blobs" / "shop" / "ab").mkdir(parents=True)

    child = subprocess.run(run, check=False)

    assert child.returncode == 9
    left = [path.parent.name for path in (tmp_path / "blobs").rglob("*") if path.is_file()]
    assert left == [stores.UNFINISHED]


def test_what_a_killed_writer_left_is_taken_away_after_a_day(folder: Store, tmp_path: Path):
    folder.write(PATH, b"shoe")
    bench = tmp_path / "blobs" / stores.UNFINISHED
    for name, age_s in (("old", stores.UNFINISHED_FOR_S + 60), ("new", 60.0)):
        (bench / name).write_bytes(b"half a sh")
        os.utime(bench / name, (time.time() - age_s,) * 2)

    folder.tidy()

    assert [path.name for path in bench.iterdir()] == ["new"]
    assert folder.read(PATH) == b"shoe"


def test_nobody_else_on_the_machine_may_read_a_file(folder: Store, tmp_path: Path):
    folder.write(PATH, b"shoe")

    assert (tmp_path / "blobs" / PATH).stat().st_mode & 0o077 == 0


_ON_A_FULL_DISK = """
    import resource, sys
    from db import blobs
    kept = blobs.put("shop", b"shoe")
    resource.setrlimit(resource.RLIMIT_FSIZE, (2_000_000, 2_000_000))
    try:
        blobs.put("shop", bytes(3_000_000))
    except blobs.StorageFull as error:
        assert isinstance(error.__cause__, OSError)
        assert blobs.get("shop", kept) == b"shoe"
        sys.exit(17)
"""


@pytest.mark.usefixtures("archive")
def test_a_full_disk_is_said_and_leaves_no_half_file(tmp_path: Path):
    child = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(_ON_A_FULL_DISK)], capture_output=True, check=False
    )

    assert child.returncode == 17, child.stderr.decode()
    files = [path.name for path in (tmp_path / "blobs").rglob("*") if path.is_file()]
    assert files == [sha256(b"shoe").hexdigest()]


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_a_disk_without_room_for_a_name_is_full_too(
    folder: Store, monkeypatch: pytest.MonkeyPatch, number: int
):
    def no_inodes(*_: object, **__: object) -> None:
        raise OSError(number, "no room for a name")

    with monkeypatch.context() as patch:
        patch.setattr("db.stores.os.mkdir", no_inodes)
        with pytest.raises(StorageFull):
            folder.write("shop/ab/abcd", b"shoe")


@pytest.mark.usefixtures("sqlite_archive")
def test_a_folder_that_may_not_be_written_is_not_called_full(tmp_path: Path):
    (tmp_path / "blobs").write_bytes(b"a file stands where the folder should")

    with pytest.raises(OSError, match="blobs") as raised:
        blobs.put("shop", b"shoe")

    assert not isinstance(raised.value, StorageFull)

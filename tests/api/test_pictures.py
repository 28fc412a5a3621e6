"""Pictures through the door: taken in whole, or refused with nothing left behind."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from db import blobs
from db.blobs import StorageFull
from db.intake import NotAPicture
from tests import bombs, factories, stored
from tests.factories import NOWHERE

FORM = {"Content-Type": "multipart/form-data; boundary=b"}


def form(*parts: bytes, end: bytes = b"--b--\r\n") -> bytes:
    return b"".join(b"--b\r\n" + part + b"\r\n" for part in parts) + end


def part(data: bytes, *, name: str = "file", filename: str | None = "a.png") -> bytes:
    named = f'; filename="{filename}"' if filename is not None else ""
    return f'Content-Disposition: form-data; name="{name}"{named}\r\n\r\n'.encode() + data


def test_a_picture_is_taken_in_and_given_back_byte_for_byte(client: TestClient) -> None:
    data = factories.png(30, 20)

    made = client.post("/v1/pictures", files={"file": ("shoe.png", data)})
    told = client.get(made.headers["location"])
    back = client.get(f"{made.headers['location']}/content")

    assert made.status_code == 201
    assert told.json() == made.json()
    assert (told.json()["width"], told.json()["height"], told.json()["name"]) == (
        30,
        20,
        "shoe.png",
    )
    assert back.content == data


def test_the_content_is_served_as_a_file_that_no_browser_runs(client: TestClient) -> None:
    made = client.post("/v1/pictures", files={"file": ("a.png", factories.jpeg() + b"<script>")})

    headers = client.get(f"{made.headers['location']}/content").headers

    assert headers["content-type"] == "image/jpeg"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["content-disposition"].startswith("attachment")
    assert headers["cache-control"] == "private, max-age=31536000, immutable"
    assert "default-src 'none'" in headers["content-security-policy"]


def test_a_caller_that_has_the_content_is_not_sent_it_again(client: TestClient) -> None:
    made = client.post("/v1/pictures", files={"file": factories.png()}).json()

    again = client.get(
        f"/v1/pictures/{made['id']}/content", headers={"If-None-Match": f'"{made["sha256"]}"'}
    )

    assert (again.status_code, again.content) == (304, b"")


def test_the_same_bytes_again_are_the_same_picture(client: TestClient, home: Path) -> None:
    first = client.post("/v1/pictures", files={"file": ("one.png", factories.png())})

    second = client.post("/v1/pictures", files={"file": ("two.png", factories.png())})

    assert (first.status_code, second.status_code) == (201, 200)
    assert second.json() == first.json()
    assert stored.counted(home)["picture"] == 1


@pytest.mark.parametrize("declared", ["image/png", "image/jpeg", "application/octet-stream"])
def test_a_picture_may_come_as_the_body_itself_whatever_it_is_called(
    client: TestClient, declared: str
) -> None:
    made = client.post("/v1/pictures", content=factories.png(), headers={"Content-Type": declared})

    assert (made.status_code, made.json()["format"], made.json()["name"]) == (201, "png", None)


@pytest.mark.parametrize(
    ("build", "status", "code"),
    [
        (lambda: b"", 422, "image_empty"),
        (lambda: b"hello", 422, "image_unrecognised"),
        (lambda: b"<svg/>", 415, "image_format_not_allowed"),
        (lambda: b"GIF89a/*", 415, "image_format_not_allowed"),
        (lambda: factories.jpeg(200, 200)[:1500], 422, "image_truncated"),
        (lambda: factories.png()[:-12], 422, "image_truncated"),
        (lambda: factories.png(7, 7), 422, "image_too_small"),
        (lambda: bombs.png_of(0, 0), 422, "image_dimensions"),
        (lambda: bombs.png_of(2**31 - 1, 2**31 - 1), 422, "image_too_many_pixels"),
        (lambda: bombs.png_of(1, 65_500), 422, "image_aspect"),
        (lambda: factories.frames("WEBP", 2), 422, "image_animated"),
    ],
)
@pytest.mark.parametrize("way", ["raw", "form"])
def test_what_is_no_picture_is_refused_and_nothing_is_stored(
    client: TestClient,
    home: Path,
    build: Callable[[], bytes],
    status: int,
    code: str,
    way: str,
) -> None:
    sent = (
        {"content": build(), "headers": {"Content-Type": "image/png"}}
        if way == "raw"
        else {"files": {"file": ("a.png", build(), "image/png")}}
    )

    refused = client.post("/v1/pictures", **sent)

    assert (refused.status_code, refused.json()["code"]) == (status, code)
    assert refused.headers["content-type"] == "application/problem+json"
    assert stored.counted(home) == stored.NOTHING


def test_every_reason_for_refusing_a_picture_is_in_the_table_of_problems() -> None:
    from api.errors import PROBLEMS

    sources = [Path(f"db/{name}.py").read_text() for name in ("intake", "decode", "containers")]
    root = "image_"

    named = {
        word
        for source in sources
        for word in source.replace('"', " ").split()
        if word.startswith(root)
    }

    assert named
    assert named <= set(PROBLEMS)
    assert PROBLEMS["image_format_not_allowed"].status == NotAPicture("", "", status=415).status


BROKEN_FORMS = {
    "without a boundary": ("multipart/form-data", form(part(b"x")), 400, "malformed_multipart"),
    "of another boundary": (
        "multipart/form-data; boundary=c",
        form(part(b"x")),
        400,
        "malformed_multipart",
    ),
    "with a boundary of 1,000 letters": (
        "multipart/form-data; boundary=" + "b" * 1000,
        form(part(b"x")),
        400,
        "malformed_multipart",
    ),
    "cut off": (
        FORM["Content-Type"],
        form(part(factories.png()), end=b""),
        400,
        "malformed_multipart",
    ),
    "empty": (FORM["Content-Type"], b"", 400, "malformed_multipart"),
    "of two files": (
        FORM["Content-Type"],
        form(part(factories.png()), part(factories.png())),
        400,
        "malformed_multipart",
    ),
    "in a form": (
        FORM["Content-Type"],
        form(
            b'Content-Disposition: form-data; name="file"\r\n'
            b"Content-Type: multipart/mixed; boundary=c\r\n\r\n--c--"
        ),
        400,
        "malformed_multipart",
    ),
    "of a part without a name": (
        FORM["Content-Type"],
        form(b"Content-Disposition: form-data\r\n\r\nx"),
        400,
        "malformed_multipart",
    ),
    "of a part without headers": (
        FORM["Content-Type"],
        form(b"\r\nx"),
        400,
        "malformed_multipart",
    ),
    "of a header of 10 kB": (
        FORM["Content-Type"],
        form(b"X: " + b"x" * 10_000 + b"\r\n\r\n"),
        400,
        "malformed_multipart",
    ),
    "without the file": (FORM["Content-Type"], form(), 422, "validation_error"),
    "with another field": (
        FORM["Content-Type"],
        form(part(b"1", name="scale", filename=None)),
        422,
        "validation_error",
    ),
}


@pytest.mark.parametrize("name", BROKEN_FORMS)
def test_a_broken_form_is_refused_and_nothing_is_stored(
    client: TestClient, home: Path, name: str
) -> None:
    content_type, body, status, code = BROKEN_FORMS[name]

    refused = client.post("/v1/pictures", content=body, headers={"Content-Type": content_type})

    assert (refused.status_code, refused.json()["code"]) == (status, code)
    assert stored.counted(home) == stored.NOTHING


@pytest.mark.parametrize("name", ["file", "scale"])
def test_a_form_of_a_thousand_parts_is_given_up(client: TestClient, name: str) -> None:
    parts = [part(b"1", name=name, filename=None)] * 1000

    refused = client.post("/v1/pictures", content=form(*parts), headers=FORM)

    assert (refused.status_code, refused.json()["code"]) == (400, "too_many_parts")


def test_a_text_of_a_gigabyte_is_given_up_at_the_limit(
    serve: Callable[..., TestClient], home: Path
) -> None:
    client = serve(max_upload_bytes=1_000)
    text = part(bytes(200_000), name="note", filename=None)

    refused = client.post("/v1/pictures", content=_pieces(form(text)), headers=FORM)

    assert (refused.status_code, refused.json()["code"]) == (413, "content_too_large")


def test_an_unknown_field_is_named(client: TestClient) -> None:
    refused = client.post("/v1/pictures", files={"pic/ture": factories.png()})

    assert refused.json()["errors"][0]["pointer"] == "/pic~1ture"
    assert refused.json()["errors"][0]["code"] == "extra_forbidden"


@pytest.mark.parametrize("content_type", ["text/plain", "application/json", ""])
def test_a_body_that_says_it_is_no_picture_is_not_read(
    client: TestClient, content_type: str
) -> None:
    refused = client.post(
        "/v1/pictures", content=factories.png(), headers={"Content-Type": content_type}
    )

    assert (refused.status_code, refused.json()["code"]) == (415, "unsupported_media_type")


@pytest.mark.parametrize("length", ["told", "not told"])
@pytest.mark.parametrize("way", ["raw", "form"])
def test_a_body_over_the_limit_is_refused_and_nothing_is_stored(
    serve: Callable[..., TestClient], home: Path, length: str, way: str
) -> None:
    client = serve(max_upload_bytes=1_000)
    data = factories.png(24, 16) + bytes(100_000)
    body = form(part(data)) if way == "form" else data
    headers = FORM if way == "form" else {"Content-Type": "image/png"}

    refused = client.post(
        "/v1/pictures", content=body if length == "told" else _pieces(body), headers=headers
    )

    assert (refused.status_code, refused.json()["code"]) == (413, "content_too_large")
    assert refused.headers["connection"] == "close"
    assert stored.counted(home) == stored.NOTHING


def test_a_file_over_the_limit_is_refused_though_its_form_is_under_its_own(
    serve: Callable[..., TestClient],
) -> None:
    client = serve(max_upload_bytes=100)

    refused = client.post("/v1/pictures", files={"file": factories.png(64, 64)})

    assert (refused.status_code, refused.json()["code"]) == (413, "content_too_large")


@pytest.mark.parametrize("encoding", ["gzip", "br", "identity, gzip"])
def test_a_compressed_body_is_not_unpacked(client: TestClient, encoding: str) -> None:
    refused = client.post(
        "/v1/pictures",
        content=factories.png(),
        headers={"Content-Type": "image/png", "Content-Encoding": encoding},
    )

    assert refused.status_code == 415
    assert refused.json()["code"] == "content_encoding_not_supported"


def test_a_form_that_comes_byte_by_byte_is_read_all_the_same(client: TestClient) -> None:
    body = form(part(factories.png(), filename="slow.png"))

    made = client.post("/v1/pictures", content=_pieces(body, size=1), headers=FORM)

    assert (made.status_code, made.json()["name"]) == (201, "slow.png")


def test_a_full_disk_is_told_and_keeps_nothing(
    client: TestClient, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class FullStore:
        def write(self, _path: str, _data: bytes) -> None:
            raise StorageFull(28, "no room")

    monkeypatch.setattr(blobs, "store", FullStore)

    refused = client.post("/v1/pictures", files={"file": factories.png()})

    assert (refused.status_code, refused.json()["code"]) == (507, "storage_full")
    assert stored.counted(home) == stored.NOTHING


def test_a_head_is_answered_like_a_get_without_the_bytes(client: TestClient) -> None:
    made = client.post("/v1/pictures", files={"file": factories.png()}).json()
    url = f"/v1/pictures/{made['id']}/content"

    whole, head = client.get(url), client.head(url)

    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-length"] == str(len(whole.content))
    assert head.headers["etag"] == whole.headers["etag"]
    assert client.head(url, headers={"If-None-Match": whole.headers["etag"]}).status_code == 304


def test_bytes_that_are_lost_are_gone(client: TestClient, home: Path) -> None:
    made = client.post("/v1/pictures", files={"file": factories.png()}).json()
    for path in (home / "blobs").rglob("*"):
        if path.is_file():
            path.unlink()

    gone = client.get(f"/v1/pictures/{made['id']}/content")

    assert (gone.status_code, gone.json()["code"]) == (410, "content_gone")


@pytest.mark.parametrize(
    "picture_id", [NOWHERE, "1", "%00", "..%2f..", "x" * 5000, NOWHERE.upper()]
)
@pytest.mark.parametrize("suffix", ["", "/content"])
def test_an_id_that_names_nothing_is_not_found(
    client: TestClient, picture_id: str, suffix: str
) -> None:
    missing = client.get(f"/v1/pictures/{picture_id}{suffix}")

    assert missing.status_code == 404
    assert missing.json()["code"] in ("picture_not_found", "not_found")


def test_another_tenants_picture_is_not_found(client: TestClient, other_shop: TestClient) -> None:
    made = client.post("/v1/pictures", files={"file": factories.png()}).json()

    missing = other_shop.get(f"/v1/pictures/{made['id']}")

    assert (missing.status_code, missing.json()["code"]) == (404, "picture_not_found")


def _pieces(body: bytes, *, size: int = 1_000) -> Iterator[bytes]:
    """A body whose length is not told beforehand."""
    for start in range(0, len(body), size):
        yield body[start : start + size]

"""What files of other programs say of their making is read, and nothing of it breaks a read."""

import io
import json
import struct

import numpy as np
import pytest
from PIL import Image, PngImagePlugin

from models import aigc, containers, images, labels, marks
from tests.golden import pictures

KINDS = ["png", "jpeg", "webp", "avif"]
IPTC = "http://cv.iptc.org/newscodes/digitalsourcetype/"
MARK = {"Label": "1", "ContentProducer": "A model's house", "ProduceID": "p-7"}
JUMBF = (
    b"\0\0\0\x40jumb\0\0\0\x1ejumdc2pa" + f"digitalSourceType{IPTC}trainedAlgorithmicMedia".encode()
)


def _xmp(body: str) -> bytes:
    return f'<x:xmpmeta xmlns:x="adobe:ns:meta/">{body}</x:xmpmeta>'.encode()


def _file(kind: str, **options: object) -> bytes:
    picture = Image.fromarray(pictures.upright())
    xmp = options.pop("xmp", None)
    if kind == "png" and isinstance(xmp, bytes):
        info = PngImagePlugin.PngInfo()
        info.add_itxt("XML:com.adobe.xmp", xmp.decode())
        options["pnginfo"] = info
    elif xmp is not None:
        options["xmp"] = xmp
    return pictures.saved(picture, kind.upper(), **options)


def _with_manifest(kind: str) -> bytes:
    """A file with an unsigned store, where C2PA 2.1 puts it."""
    data = _file(kind)
    match kind:
        case "png":
            return data[:33] + containers.png_chunk(b"caBX", JUMBF) + data[33:]
        case "jpeg":
            body = b"JP\0\1\0\0\0\1" + JUMBF
            return data[:2] + b"\xff\xeb" + struct.pack(">H", len(body) + 2) + body + data[2:]
        case "webp":
            padded = JUMBF + b"\0" * (len(JUMBF) % 2)
            chunk = b"C2PA" + struct.pack("<I", len(JUMBF)) + padded
            size = struct.unpack_from("<I", data, 4)[0] + len(chunk)
            return data[:4] + struct.pack("<I", size) + data[8:] + chunk
        case _:
            body = bytes.fromhex("d8fec3d61b0e483c92975828877ec481") + JUMBF
            return data + struct.pack(">I", len(body) + 8) + b"uuid" + body


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("name", "source_kind"),
    [
        ("trainedAlgorithmicMedia", "generated"),
        ("compositeWithTrainedAlgorithmicMedia", "composite"),
        ("algorithmicallyEnhanced", "enhanced"),
    ],
)
def test_iptcs_source_type_is_read_in_every_format(kind, name, source_kind):
    data = _file(kind, xmp=_xmp(f'<d Iptc4xmpExt:DigitalSourceType="{IPTC}{name}"/>'))

    found = marks.read(data)

    assert found.source_kind == source_kind
    assert found.label == labels.Label(source_kind, None)


@pytest.mark.parametrize("kind", KINDS)
def test_chinas_mark_in_xmp_makes_a_picture_generated(kind):
    escaped = json.dumps(MARK).replace('"', "&quot;").replace("'", "&#39;")
    data = _file(kind, xmp=_xmp(f'<d TC260:AIGC="{escaped}"/>'))

    found = marks.read(data)

    assert (found.aigc, found.source_kind, found.label) == (MARK, "generated", None)


def test_chinas_mark_in_a_pngs_text_is_read():
    info = PngImagePlugin.PngInfo()
    info.add_text("AIGC", json.dumps(MARK))

    assert aigc.read(_file("png", pnginfo=info)) == MARK


def test_what_a_png_says_behind_its_pixels_is_read():
    data, body = _file("png"), b"AIGC\0" + json.dumps(MARK).encode()
    packet = b"XML:com.adobe.xmp\0\0\0\0\0" + _xmp(f'<d a="{IPTC}algorithmicallyEnhanced"/>')
    late = containers.png_chunk(b"tEXt", body) + containers.png_chunk(b"iTXt", packet)

    found = marks.read(data[:-12] + late + data[-12:])

    assert found.aigc == MARK
    assert found.label == labels.Label("enhanced", None)


@pytest.mark.parametrize("kind", KINDS)
def test_chinas_mark_in_exifs_comment_is_read(kind):
    exif = Image.Exif()
    exif.get_ifd(0x8769)[0x9286] = b"ASCII\0\0\0" + json.dumps({"AIGC": MARK}).encode()

    assert aigc.read(_file(kind, exif=exif.tobytes())) == MARK


@pytest.mark.parametrize("kind", KINDS)
def test_a_c2pa_manifest_is_seen_with_the_source_type_that_it_names(kind):
    found = marks.read(_with_manifest(kind))

    assert (found.has_manifest, found.source_kind, found.label) == (True, "generated", None)
    assert not marks.read(_file(kind)).has_manifest


@pytest.mark.parametrize("kind", KINDS)
def test_a_file_without_marks_claims_nothing(kind):
    assert marks.read(_file(kind)) == marks.Marks(
        label=None, aigc=None, has_manifest=False, source_kind="original"
    )


@pytest.mark.parametrize(
    "text",
    [
        "{",
        '{"Label": ' + "[" * 100_000,
        '{"Producer": "x"}',
        "{" * 100_000,
        '{"Label": ' + "1" * 5_000 + "}",
    ],
    ids=["cut", "deep", "without a label", "many braces", "a long number"],
)
def test_a_mark_that_is_none_is_passed_over(text):
    info = PngImagePlugin.PngInfo()
    info.add_text("AIGC", text)

    assert aigc.read(_file("png", pnginfo=info)) is None


@pytest.mark.parametrize("kind", ["png", "jpeg", "webp", "avif"])
@pytest.mark.parametrize(
    "producer",
    ["a &amp;quot; b", "{x}", "\ud800\0\n", "字" * 300, "<&'\">"],
    ids=["escaped twice", "braces", "no text", "long", "markup"],
)
def test_whatever_a_source_s_mark_says_is_passed_on_and_read_back(kind, producer):
    info = PngImagePlugin.PngInfo()
    said = json.dumps({**MARK, "ContentProducer": producer})
    info.add_text("AIGC", said.replace("{x}", r"\u007bx\u007d"))
    source = aigc.read(_file("png", pnginfo=info))
    bare = images.encode(images.read(_file("png")).image, format=kind)

    labelled = labels.write(
        bare, format=kind, source_kind="enhanced", job_id="j1", source_mark=source
    )

    passed_on = aigc.read(labelled)
    assert source is not None
    assert passed_on == {**source, "ContentPropagator": "Packshot", "PropagateID": "j1"}


@pytest.mark.parametrize("kind", ["png", "jpeg", "webp", "avif"])
def test_what_a_machine_made_says_so_to_china_and_what_it_did_not_does_not(kind):
    bare = images.encode(images.read(_file("png")).image, format=kind)

    made, kept = (
        labels.write(bare, format=kind, source_kind=one, job_id="j1")
        for one in ("composite", "enhanced")
    )

    assert aigc.read(made) == {"Label": "1", "ContentProducer": "Packshot", "ProduceID": "j1"}
    assert aigc.read(kept) is None
    assert Image.open(io.BytesIO(made)).info.get("AIGC", "") == (
        json.dumps(aigc.read(made)) if kind == "png" else ""
    )


@pytest.mark.parametrize("kind", ["png", "jpeg", "webp", "avif"])
def test_a_new_label_takes_the_place_of_a_manifest_that_no_longer_fits(kind):
    source = _with_manifest(kind)

    labelled = labels.write(source, format=kind, source_kind="generated", job_id="j1")

    assert not marks.read(labelled).has_manifest
    assert np.array_equal(
        np.array(Image.open(io.BytesIO(labelled))), np.array(Image.open(io.BytesIO(source)))
    )


def test_what_follows_cut_bytes_is_not_waited_for():
    data = _with_manifest("jpeg")

    found = [len(marks.manifests.store_of(data[:length])) for length in range(2, 80)]

    assert max(found) <= len(JUMBF)

"""Where a picture comes from, written into the file last, and read back.

IPTC's DigitalSourceType (and China's AIGC mark, GB 45438-2025) as XMP, and a signed C2PA manifest
where one is asked for, put between the bytes of a finished file, so that no pixel changes;
whatever metadata the file had is left out.
"""

import html
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from models import aigc, containers, signed
from models.aigc import Mark
from models.signed import CannotSign, Seal

SourceKind = Literal["generated", "composite", "enhanced", "original"]

_VOCABULARY = "cv.iptc.org/newscodes/digitalsourcetype/"
_SOURCE_TYPES: dict[str, SourceKind] = {
    "trainedAlgorithmicMedia": "generated",
    "compositeWithTrainedAlgorithmicMedia": "composite",
    "algorithmicallyEnhanced": "enhanced",
}
_MARKED: tuple[SourceKind, ...] = ("generated", "composite")


class LabelError(RuntimeError):
    """A label that was written cannot be read back, so the file must not be delivered."""


@dataclass(frozen=True, slots=True)
class Label:
    """What a file says of itself.

    Attributes:
        source_kind: `original` where a label of ours names no source type.
        job_id: None in a file that others labelled.
    """

    source_kind: SourceKind
    job_id: str | None


def write(
    data: bytes,
    *,
    format: containers.Format,  # noqa: A002
    source_kind: SourceKind,
    job_id: str,
    source_mark: Mark | None = None,
    seal: Seal | None = None,
) -> bytes:
    """The file with a fresh label, checked by reading it back.

    `original` claims nothing; whoever crops or pads gives the kind that the source's label had,
    and China's mark of the source, which is passed on. The seal comes last: it signs all the rest.

    Raises:
        LabelError: something of it cannot be read back.
    """
    has_mark = source_mark is not None or source_kind in _MARKED
    mark = aigc.mark(job_id, source=source_mark) if has_mark else None
    said = None if mark is None else json.dumps(mark)
    packet = _packet(source_kind, job_id, said)
    labelled = containers.with_xmp(data, packet, format=format, aigc=said)
    if read(labelled) != Label(source_kind, job_id) or aigc.read(labelled) != mark:
        raise LabelError(f"the label of job {job_id} cannot be read back from the {format}")
    return labelled if seal is None else _sealed(labelled, seal, format)


def source_type(kind: SourceKind) -> str | None:
    """IPTC's address of what a file is; None for an original, of which nothing is claimed."""
    return next((f"http://{_VOCABULARY}{name}" for name in _names(kind)), None)


def read(data: bytes) -> Label | None:
    """The label of a file, ours or another's; None where there is none."""
    xmp = containers.xmp_of(data)
    job_id = re.search(r"<dc:identifier>([^<]*)</dc:identifier>", xmp)
    kind = next(kinds_in(xmp), None)
    if kind is None and job_id is None:
        return None
    return Label(kind or "original", html.unescape(job_id[1]) if job_id else None)


def kinds_in(text: str) -> Iterator[SourceKind]:
    """Each source type of IPTC's vocabulary that a text names and we know, in order."""
    for name in re.findall(r"https?://" + re.escape(_VOCABULARY) + r"(\w+)", text):
        if name in _SOURCE_TYPES:
            yield _SOURCE_TYPES[name]


def _sealed(labelled: bytes, seal: Seal, format: containers.Format) -> bytes:  # noqa: A002
    try:
        sealed = signed.sign(labelled, seal, format=format)
    except CannotSign as error:
        raise LabelError(str(error)) from error
    if (read(sealed), aigc.read(sealed)) != (read(labelled), aigc.read(labelled)):
        raise LabelError(f"the label cannot be read back from the signed {format}")
    return sealed


def _names(kind: SourceKind) -> list[str]:
    return [name for name, one in _SOURCE_TYPES.items() if one == kind]


def _packet(source_kind: SourceKind, job_id: str, mark: str | None) -> bytes:
    identifier = html.escape(job_id, quote=False)
    return f"""<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF
 xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about=""
 xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:xmp="http://ns.adobe.com/xap/1.0/"
 xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/"
 xmlns:TC260="http://www.tc260.org.cn/ns/AIGC/1.0/">
<xmp:CreatorTool>{aigc.PRODUCER}</xmp:CreatorTool>
<dc:identifier>{identifier}</dc:identifier>
{_claims(source_kind, mark)}</rdf:Description></rdf:RDF></x:xmpmeta>
<?xpacket end="r"?>""".encode()


def _claims(source_kind: SourceKind, mark: str | None) -> str:
    said = source_type(source_kind)
    claims = []
    if said is not None:
        claims.append(f"<Iptc4xmpExt:DigitalSourceType>{said}</Iptc4xmpExt:DigitalSourceType>\n")
    if mark is not None:
        claims.append(f"<TC260:AIGC>{html.escape(mark)}</TC260:AIGC>\n")
    return "".join(claims)

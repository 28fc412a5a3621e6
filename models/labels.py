"""Where a picture comes from, written into the file last, and read back.

IPTC's DigitalSourceType (and China's AIGC mark, GB 45438-2025) as XMP, put between the bytes of a
finished file, so that no pixel changes; whatever metadata the file had is left out.
"""

import html
import json
import re
from dataclasses import dataclass
from typing import Literal

from models import containers

SourceKind = Literal["generated", "composite", "enhanced", "original"]

_VOCABULARY = "http://cv.iptc.org/newscodes/digitalsourcetype/"
_SOURCE_TYPES: dict[str, SourceKind] = {
    "trainedAlgorithmicMedia": "generated",
    "compositeWithTrainedAlgorithmicMedia": "composite",
    "algorithmicallyEnhanced": "enhanced",
}
_PRODUCER = "Packshot"


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
) -> bytes:
    """The file with a fresh label, checked by reading it back.

    `original` claims nothing; whoever crops or pads gives the kind that the source's label had.
    """
    labelled = containers.with_xmp(data, _packet(source_kind, job_id), format=format)
    if read(labelled) != Label(source_kind, job_id):
        raise LabelError(f"the label of job {job_id} cannot be read back from the {format}")
    return labelled


def read(data: bytes) -> Label | None:
    """The label of a file, ours or another's; None where there is none."""
    xmp = containers.xmp_of(data)
    source_type = re.search(re.escape(_VOCABULARY) + r"(\w+)", xmp)
    job_id = re.search(r"<dc:identifier>([^<]*)</dc:identifier>", xmp)
    kind = _SOURCE_TYPES.get(source_type[1]) if source_type else None
    if kind is None and job_id is None:
        return None
    return Label(kind or "original", html.unescape(job_id[1]) if job_id else None)


def _packet(source_kind: SourceKind, job_id: str) -> bytes:
    identifier = html.escape(job_id, quote=False)
    return f"""<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF
 xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about=""
 xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:xmp="http://ns.adobe.com/xap/1.0/"
 xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/"
 xmlns:TC260="http://www.tc260.org.cn/ns/AIGC/1.0/">
<xmp:CreatorTool>{_PRODUCER}</xmp:CreatorTool>
<dc:identifier>{identifier}</dc:identifier>
{_claims(source_kind, job_id)}</rdf:Description></rdf:RDF></x:xmpmeta>
<?xpacket end="r"?>""".encode()


def _claims(source_kind: SourceKind, job_id: str) -> str:
    names = [name for name, kind in _SOURCE_TYPES.items() if kind == source_kind]
    claims = [
        f"<Iptc4xmpExt:DigitalSourceType>{_VOCABULARY}{name}</Iptc4xmpExt:DigitalSourceType>\n"
        for name in names
    ]
    if source_kind in {"generated", "composite"}:
        mark = {"Label": "1", "ContentProducer": _PRODUCER, "ProduceID": job_id}
        claims.append(f"<TC260:AIGC>{html.escape(json.dumps(mark))}</TC260:AIGC>\n")
    return "".join(claims)

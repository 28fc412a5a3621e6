"""Where a file comes from: what its bytes say, and what the archive knows of exactly these bytes.

Anybody can write a label; only bytes that are a result's prove that we delivered them.
"""

import re
from typing import Any, Final

from db import ids, jobs, results
from db.engine import reading
from db.tables.results import Result
from models import images, marks, signed
from models.labels import Label
from models.signed import Checked, Trust
from models.watermarking import find
from workers import sealing, stamping
from workers.sources import File

_LONGEST: Final = 255
_MOST_RESULTS: Final = 8
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]")


def findings(tenant: str, file: File) -> dict[str, Any]:
    """The report of a `verify`; what was not found is None."""
    said = marks.read(file.data)
    state, manifest = _manifest(file.data) if said.has_manifest else ("absent", None)
    return {
        "source_kind": said.source_kind,
        "label": None if said.label is None else _label(tenant, said.label),
        "aigc": said.aigc,
        "c2pa": state,
        "manifest": manifest,
        "watermark": _watermark(tenant, file.data),
        "result": _result(tenant, file.key),
    }


def _manifest(data: bytes) -> tuple[str, dict[str, Any] | None]:
    """What the signature is worth, in one word, and what it says."""
    if not signed.is_installed():
        return "unchecked", None
    found = _checked(data, sealing.others())
    if found.state == "broken":
        return "broken", _told(found)
    if any(_checked(data, one).state == "trusted" for one in sealing.ourselves()):
        return "ours", _told(found)
    return ("trusted" if found.state == "trusted" else "untrusted"), _told(found)


def _checked(data: bytes, trust: Trust) -> Checked:
    return signed.check(data, trust=trust, format=sealing.format_of(data)) or Checked("broken")


def _told(found: Checked) -> dict[str, Any]:
    organisation, name = found.signer
    return {"organisation": organisation, "name": name, "job": found.job, "why": list(found.why)}


def _label(tenant: str, label: Label) -> dict[str, Any]:
    job_id = None if label.job_id is None else _CONTROL.sub("", label.job_id)[:_LONGEST]
    return {
        "source_kind": label.source_kind,
        "job_id": job_id,
        "job_is_known": job_id is not None and _is_known(tenant, job_id),
    }


def _is_known(tenant: str, job_id: str) -> bool:
    if not ids.is_id(job_id):
        return False
    with reading() as session:
        return jobs.find(session, tenant, job_id) is not None


def _result(tenant: str, key: str) -> dict[str, Any] | None:
    with reading() as session:
        row = results.of_bytes(session, tenant, key)
        return None if row is None else _named(row)


def _watermark(tenant: str, data: bytes) -> dict[str, Any] | None:
    """What an invisible mark says, and whose it is; None where there is no key to look with."""
    if not stamping.secrets():
        return None
    folded = find.folds(images.read(data).image)
    found = next((one for key in stamping.secrets() if (one := find.read(folded, key=key))), None)
    if found is None:
        return {"found": False}
    prefix = stamping.prefix(found.told)
    with reading() as session:
        rows = results.beginning_with(session, tenant, prefix, most=_MOST_RESULTS)
        named = [_named(row) for row in rows]
    return {"found": True, "payload": prefix, "scale": found.scale, "results": named}


def _named(row: Result) -> dict[str, Any]:
    named = {"id": row.id, "job_id": row.job_id, "op": row.op, "visibility": row.visibility}
    return {**named, "created_at": row.created_at.isoformat()}

"""C2PA manifests, signed and checked: the one file that speaks to c2pa-python (the extra `c2pa`).

Nothing here uses a network: no manifest, no revocation and no time-stamp is fetched.
"""

import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any, Final, Literal

import numpy as np

from models import manifests, png
from models.containers import Format
from models.story import JOB, Ingredient, Story, definition, named

State = Literal["valid", "trusted", "broken"]

_UNTRUSTED: Final = "signingCredential.untrusted"
_LONGEST, _MOST_CODES = 255, 16


class CannotSign(RuntimeError):
    """There is no signature, or what was signed cannot be read back."""


@dataclass(frozen=True, slots=True)
class Signer:
    """Who signs: certificates as PEM, the signer's first, and its ES256 key."""

    certificates: str
    key: str


@dataclass(frozen=True, slots=True)
class Seal:
    """A manifest before it is made: who signs what."""

    signer: Signer
    story: Story


@dataclass(frozen=True, slots=True)
class Trust:
    """Whom a check believes.

    Attributes:
        roots: certificates of authorities as PEM; empty, nobody.
        serial: of the one certificate of theirs that is meant; None, any.
    """

    roots: str = ""
    serial: str | None = None


@dataclass(frozen=True, slots=True)
class Checked:
    """What a signature is worth.

    Attributes:
        state: `broken`: the file is not as it was signed, or its certificate is not valid.
        signer: organisation and name in the certificate, as they stand.
        job: our own assertion, where there is one.
        why: C2PA's codes of what is wrong.
    """

    state: State
    signer: tuple[str | None, str | None] = (None, None)
    job: dict[str, str] | None = None
    why: tuple[str, ...] = ()


def is_installed() -> bool:
    return find_spec("c2pa") is not None


def sign(data: bytes, seal: Seal, *, format: Format) -> bytes:  # noqa: A002
    """The same pixels with a manifest, read back.

    Raises:
        CannotSign: the key does not fit, an ingredient cannot be read, or the signature does not
            say what was told.
    """
    c2pa, story, signer = _c2pa(), seal.story, seal.signer
    made = io.BytesIO()
    try:
        with c2pa.Builder(definition(story), _context(Trust())) as builder:
            for number, one in enumerate(story.ingredients):
                _add(builder, number, one)
            told = (b"es256", signer.certificates.encode(), signer.key.encode(), None)
            with c2pa.Signer.from_info(c2pa.C2paSignerInfo(*told)) as hand:
                builder.sign(hand, _mime(format), io.BytesIO(data), made)
    except c2pa.C2paError as error:
        raise CannotSign(f"no manifest was made for the {format}") from error
    signed = made.getvalue()
    found = check(signed, trust=Trust(), format=format)
    expected = {name: value for name, value in story.job.items() if value is not None}
    if found is None or found.state == "broken" or found.job != expected:
        why = () if found is None else found.why
        raise CannotSign(f"the manifest of the {format} cannot be read back: {', '.join(why)}")
    return signed


def check(data: bytes, *, trust: Trust, format: str) -> Checked | None:  # noqa: A002
    """What the last manifest of a stranger's file is worth; None where there is none.

    Args:
        data: a JPEG, PNG, WebP or AVIF that decodes.
        trust: whose signature makes it `trusted`.
        format: of the file.
    """
    if not manifests.store_of(data):
        return None
    c2pa = _c2pa()
    try:
        with c2pa.Reader(_mime(format), io.BytesIO(data), None, _context(trust)) as reader:
            told, state = json.loads(reader.json()), str(reader.get_validation_state())
    except (c2pa.C2paError, ValueError, RecursionError):
        return Checked("broken", why=("manifest.unreadable",))
    manifest = told.get("manifests", {}).get(told.get("active_manifest"), {})
    signature = manifest.get("signature_info") or {}
    found = _STATES.get(state, "broken")
    if found == "trusted" and trust.serial not in {None, signature.get("cert_serial_number")}:
        found = "valid"
    return Checked(
        found,
        (_text(signature.get("issuer")), _text(signature.get("common_name"))),
        _job(manifest),
        tuple(_codes(told)),
    )


_STATES: Final[dict[str, State]] = {"Valid": "valid", "Trusted": "trusted"}


def _c2pa() -> Any:
    """Raises CannotSign where it is not installed."""
    try:
        import c2pa  # an extra
    except ImportError as error:
        raise CannotSign("c2pa-python is not installed: install packshot[c2pa]") from error
    return c2pa


def _context(trust: Trust) -> Any:
    c2pa = _c2pa()
    rules = {
        "trust": {"user_anchors": trust.roots} if trust.roots else {},
        "verify": {
            "verify_after_sign": False,  # we read back ourselves
            "verify_trust": True,
            "remote_manifest_fetch": False,
            "ocsp_fetch": False,
        },
        "builder": {"thumbnail": {"enabled": False}},
    }
    return c2pa.Context(c2pa.Settings.from_dict(rules))


def _add(builder: Any, number: int, one: Ingredient) -> None:
    """The picture with its manifests, or where they cannot be read the word that there is one."""
    told = named(number, one)
    try:
        builder.add_ingredient(told, _mime(one.format), io.BytesIO(one.data))
    except _c2pa().C2paError:
        told["title"] = "source with an unreadable manifest"
        nothing = png.write(np.zeros((1, 1, 1), np.uint8))
        builder.add_ingredient(told, _mime("png"), io.BytesIO(nothing))


def _mime(format: str) -> str:  # noqa: A002
    return f"image/{format}"


def _job(manifest: dict[str, Any]) -> dict[str, str] | None:
    for one in manifest.get("assertions", ()):
        if one.get("label") == JOB and isinstance(data := one.get("data"), dict):
            return {str(name)[:_LONGEST]: _text(value) or "" for name, value in data.items()}
    return None


def _codes(told: dict[str, Any]) -> Iterator[str]:
    found = told.get("validation_status") or ()
    codes = {str(one.get("code"))[:_LONGEST] for one in found} - {_UNTRUSTED}
    yield from sorted(codes)[:_MOST_CODES]


def _text(value: object) -> str | None:
    """What can be kept anywhere of what a stranger wrote."""
    if value is None:
        return None
    return "".join(c for c in str(value) if c.isprintable())[:_LONGEST]

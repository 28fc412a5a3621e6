"""For whom files are signed, by whom, and what the manifest of a job's file tells."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from importlib import metadata
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import serialization

from db import authority
from models.signed import Signer, Trust
from models.story import Ingredient, Story
from workers import settings
from workers.sources import File

_EVERYBODY = "all"
_BEGINNING = {b"\xff\xd8": "jpeg", b"\x89P": "png", b"RI": "webp"}


class NoSigner(RuntimeError):
    """Certificates and key are not there, or do not fit; the message says what would help."""


@dataclass(frozen=True, slots=True)
class Sealer:
    """What of a job's manifest is known before its scores are."""

    signer: Signer
    op: str
    version: str | None
    ingredients: tuple[Ingredient, ...]

    def story(
        self, source_type: str | None, *, job_id: str, scores: Mapping[str, float | None]
    ) -> Story:
        """The whole, for a file of these scores."""
        job = {
            "job_id": job_id,
            "op": self.op,
            "version": self.version,
            "scores_sha256": digest(scores),
        }
        return Story("Packshot", _version(), source_type, job, self.ingredients)


def sealer(
    files: Mapping[str, File], *, tenant: str, channel: str | None, op: str, version: str | None
) -> Sealer | None:
    """None: for these nothing is signed.

    Raises:
        NoSigner: what a worker would have refused to start with.
    """
    if not signs_for(tenant, channel):
        return None
    sources = [(role, file) for role, file in files.items() if not role.endswith("mask")]
    parent = next((role for role, _ in sources if role.endswith("picture")), None)
    ingredients = (
        Ingredient(file.data, format_of(file.data), is_parent=role == parent)
        for role, file in sources
        if not role.startswith("order.")
    )
    return Sealer(signer(), op, version, tuple(ingredients))


def signs_for(tenant: str, channel: str | None) -> bool:
    """Whether WORKER_C2PA names this tenant, or this channel of it, or everybody."""
    named = {one.strip() for one in settings.get().c2pa.split(",")} - {""}
    return not named.isdisjoint({_EVERYBODY, tenant, f"{tenant}/{channel}"})


@cache
def signer() -> Signer:
    """Read and checked once.

    Raises:
        NoSigner: as it says.
    """
    certificates, key = (_read(path) for path in _paths())
    try:
        first = x509.load_pem_x509_certificates(certificates.encode())[0]
        private = serialization.load_pem_private_key(key.encode(), None)
    except (ValueError, TypeError) as error:
        raise NoSigner(f"{_where()} hold no PEM certificates and key: {error}") from error
    if private.public_key() != first.public_key():
        raise NoSigner(f"{_where()}: the key is not that of the first certificate")
    if first.not_valid_after_utc < datetime.now(UTC):
        raise NoSigner(f"{_where()}: the certificate is over since {first.not_valid_after_utc}")
    return Signer(certificates, key)


def ourselves() -> tuple[Trust, ...]:
    """The authority that `packshot init` made, and the one certificate that signs here."""
    own = authority.folder() / authority.ROOT
    made = (Trust(own.read_text("ascii")),) if own.exists() else ()
    try:
        certificates = x509.load_pem_x509_certificates(signer().certificates.encode())
    except NoSigner:
        return made
    # Who issued it may have signed for anybody else too, but no number twice.
    issuer = certificates[-1].public_bytes(serialization.Encoding.PEM).decode("ascii")
    return (*made, Trust(issuer, serial=str(certificates[0].serial_number)))


def others() -> Trust:
    """Whom `verify` trusts beside ourselves.

    Raises:
        NoSigner: the file that is named cannot be read.
    """
    given = settings.get().c2pa_trust
    return Trust(_read(Path(given)) if given else "")


def digest(scores: Mapping[str, float | None]) -> str:
    """SHA-256 over the numbers as JSON: names in order, no spaces, without what has none."""
    numbers = {name: value for name, value in scores.items() if value is not None}
    said = json.dumps(numbers, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(said.encode()).hexdigest()


def format_of(data: bytes) -> str:
    """Of a picture that was taken in, so it is one of four."""
    return _BEGINNING.get(data[:2], "avif")


def _paths() -> tuple[Path, Path]:
    given, own = settings.get(), authority.folder()
    return (
        Path(given.c2pa_certificates or own / authority.CERTIFICATES),
        Path(given.c2pa_key or own / authority.KEY),
    )


def _where() -> str:
    return " and ".join(str(path) for path in _paths())


def _read(path: Path) -> str:
    try:
        return path.read_text("ascii")
    except (OSError, ValueError) as error:
        raise NoSigner(
            f"{path} cannot be read: `packshot init` makes an authority of our own in DB_HOME, or "
            "WORKER_C2PA_CERTIFICATES, WORKER_C2PA_KEY and WORKER_C2PA_TRUST name other files"
        ) from error


@cache
def _version() -> str:
    return metadata.version("packshot")

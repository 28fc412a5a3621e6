"""A certificate authority of our own, made once into DB_HOME/c2pa: it signs for the files we sign.

Nobody else knows it, so nobody else trusts it until its root is given to them; that is what a
certificate of a public authority is for (WORKER_C2PA_CERTIFICATES).
"""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from db import settings

Key = ec.EllipticCurvePrivateKey

CERTIFICATES, KEY = "certificates.pem", "signing.key"
"""The signer's certificate with its root behind it, and the signer's key."""
ROOT, _ROOT_KEY = "root.pem", "root.key"
# Without a time-stamp, which needs a network, a signature is good as long as its certificate.
_ROOT_DAYS, _SIGNER_DAYS = 7_300, 3_650
_CLOCKS_DIFFER: Final = timedelta(hours=1)
_USES: Final = (
    "digital_signature", "content_commitment", "key_encipherment", "data_encipherment",
    "key_agreement", "key_cert_sign", "crl_sign", "encipher_only", "decipher_only",
)  # fmt: skip


def folder() -> Path:
    return settings.get().home / "c2pa"


def ensure() -> bool:
    """Make the four files, readable by their owner only; whether there were none.

    Of two that begin together one stays: the folder appears whole, or not at all.
    """
    if folder().exists():
        return False
    folder().parent.mkdir(parents=True, exist_ok=True)
    made = folder().with_name(f"c2pa.{os.getpid()}")
    made.mkdir(mode=0o700)
    for name, content in _files().items():
        _write(made / name, content)
    try:
        made.rename(folder())
    except OSError:  # there is one by now, and it is not empty
        for path in made.iterdir():
            path.unlink()
        made.rmdir()
        return False
    return True


def _files() -> dict[str, bytes]:
    root_key, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    root = _certificate("Packshot root", root_key, root_key, days=_ROOT_DAYS)
    signer = _certificate("Packshot signing", key, root_key, days=_SIGNER_DAYS)
    return {
        ROOT: root,
        _ROOT_KEY: _private(root_key),
        CERTIFICATES: signer + root,
        KEY: _private(key),
    }


def _certificate(name: str, key: Key, root_key: Key, *, days: int) -> bytes:
    """As C2PA 2.1 wants it (14.5.1): version 3, ES256, one use, and no root that signs files."""
    is_root, now = key is root_key, datetime.now(UTC)
    public = key.public_key()
    allowed = {"key_cert_sign", "crl_sign"} if is_root else {"digital_signature"}
    builder = (
        x509.CertificateBuilder()
        .subject_name(_name(name))
        .issuer_name(_name("Packshot root"))
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _CLOCKS_DIFFER)
        .not_valid_after(now + timedelta(days=days))
        .add_extension(x509.BasicConstraints(is_root, 0 if is_root else None), critical=True)
        .add_extension(x509.KeyUsage(**{use: use in allowed for use in _USES}), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
        .add_extension(_issued_by(root_key), critical=False)
    )
    if not is_root:
        # Of the uses that C2PA takes the one that every checker knows.
        uses = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION])
        builder = builder.add_extension(uses, critical=False)
    made = builder.sign(root_key, hashes.SHA256())
    return made.public_bytes(serialization.Encoding.PEM)


def _issued_by(root_key: Key) -> x509.AuthorityKeyIdentifier:
    return x509.AuthorityKeyIdentifier.from_issuer_public_key(root_key.public_key())


def _name(common: str) -> x509.Name:
    organisation = x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Packshot")
    return x509.Name([organisation, x509.NameAttribute(NameOID.COMMON_NAME, common)])


def _private(key: Key) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


def _write(path: Path, content: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)

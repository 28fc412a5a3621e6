"""What a worker refuses to start with: each with a sentence, before anything else is begun."""

from collections.abc import Sequence
from ipaddress import ip_address
from typing import Final
from urllib.parse import SplitResult, unquote, urlsplit

from db import migrate
from db import settings as db_settings
from db.settings import DbSettings
from workers import settings
from workers.queues import QUEUES
from workers.settings import WorkerSettings

# What pages and examples write where a secret belongs; whoever guesses tries these first.
_NO_SECRETS: Final = frozenset(
    {"admin", "changeme", "default", "example", "guest", "packshot", "password", "postgres"}
    | {"redis", "root", "secret", "test", "topsecret", "valkey"}
)


class Refused(RuntimeError):
    """The worker cannot work here as things are; the message says what would help."""


def check(queues: Sequence[str]) -> None:
    """Look at everything that can be looked at before a device is touched.

    Raises:
        Refused: these queues or these settings.
        UnsafeSqlite: the only SQLite at hand can corrupt a database.
        WrongRevision: the tables are of another build.
    """
    _check_queues(queues)
    _check_broker(settings.get())
    _check_secrets()
    migrate.check()


def _check_queues(queues: Sequence[str]) -> None:
    unknown = [queue for queue in queues if queue not in QUEUES]
    if unknown:
        raise Refused(f"-Q {','.join(queues)}: there are {', '.join(QUEUES)}; name one with -Q")
    if "hooks" in queues and len(queues) > 1:
        raise Refused(
            "the queue hooks wants a worker of its own: webhooks need no device, and wait for "
            "others while jobs should run; start one with -Q hooks and another for the rest"
        )


def _check_broker(given: WorkerSettings) -> None:
    broker = urlsplit(given.broker_url)
    if given.allow_plain_broker or not _is_public(broker):
        return
    if broker.scheme != "rediss" or not broker.password:
        raise Refused(
            f"WORKER_BROKER_URL: {broker.hostname} can be reached from other machines, and without "
            "TLS and a password so can everything on it: rediss://user:password@host:6379/0, or "
            "WORKER_ALLOW_PLAIN_BROKER=true where the network is private"
        )


def _is_public(broker: SplitResult) -> bool:
    """Whether others than this machine may reach it; a socket or memory is nobody else's."""
    if not broker.scheme.startswith("redis") or "socket" in broker.scheme:
        return False
    host = (broker.hostname or "localhost").rstrip(".")
    try:
        return not ip_address(host).is_loopback
    except ValueError:
        return host != "localhost"


def _check_secrets() -> None:
    given = db_settings.get()
    found = [
        ("WORKER_BROKER_URL", unquote(urlsplit(settings.get().broker_url).password or "")),
        ("DB_URL", unquote(urlsplit(given.url).password or "")),
        *(("DB_SECRET_KEY", key.strip()) for key in _secret_keys(given)),
    ]
    for name, secret in found:
        if is_default(secret):
            raise Refused(f"{name}: this secret stands in every example; set one of your own")


def _secret_keys(given: DbSettings) -> list[str]:
    return given.secret_key.get_secret_value().split(",")


def is_default(secret: str) -> bool:
    """Whether everybody knows this secret; having none at all is another matter."""
    plain = "".join(character for character in secret.lower() if character.isalpha())
    return bool(secret) and (plain in _NO_SECRETS or len(set(secret)) == 1)

"""What a worker refuses to start with: each with a sentence, before anything else is begun."""

from collections.abc import Sequence
from importlib.util import find_spec

from db import default_secrets, migrate
from workers import settings
from workers.queues import QUEUES


class Refused(RuntimeError):
    """The worker cannot work here as things are; the message says what would help."""


def check(queues: Sequence[str]) -> None:
    """Look at everything that can be looked at before a device is touched.

    Raises:
        Refused: these queues, or a package that the settings need is missing.
        NoSigner: files are to be signed, and there is nothing to sign with.
        UnsafeBroker: others reach it and read along.
        DefaultSecret: everybody knows it.
        UnsafeSqlite: the only SQLite at hand can corrupt a database.
        WrongRevision: the tables are of another build.
    """
    _check_queues(queues)
    _check_board(queues)
    if "hooks" not in queues:  # who writes no files signs none, and has no numpy either
        _check_signing()
    settings.check_broker()
    default_secrets.check()
    migrate.check()


def _check_board(queues: Sequence[str]) -> None:
    folder = settings.get().tensorboard_folder
    if "train" in queues and folder and find_spec("tensorboard") is None:
        raise Refused(
            f"WORKER_TENSORBOARD_FOLDER={folder!r} wants the package tensorboard: install "
            "packshot[tensorboard], or unset it"
        )


def _check_signing() -> None:
    from models import signed
    from workers import sealing

    given = settings.get()
    for name, value in (("WORKER_C2PA", given.c2pa), ("WORKER_C2PA_TRUST", given.c2pa_trust)):
        if value and not signed.is_installed():
            raise Refused(
                f"{name}={value!r} wants the package c2pa-python: install packshot[c2pa], or unset "
                "it"
            )
    if given.c2pa:
        sealing.signer()
    sealing.others()


def _check_queues(queues: Sequence[str]) -> None:
    unknown = [queue for queue in queues if queue not in QUEUES]
    if unknown:
        raise Refused(f"-Q {','.join(queues)}: there are {', '.join(QUEUES)}; name one with -Q")
    if "hooks" in queues and len(queues) > 1:
        raise Refused(
            "the queue hooks wants a worker of its own: webhooks need no device, and wait for "
            "others while jobs should run; start one with -Q hooks and another for the rest"
        )

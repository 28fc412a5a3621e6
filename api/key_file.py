"""The operator's own key, in a file that only its owner reads: DB_HOME/api.key."""

import os
from pathlib import Path

from api import settings
from api.settings import is_this_machine
from db import keys, tenants
from db import settings as db_settings
from db.engine import transaction

_OWNER_ONLY = 0o600


def path() -> Path:
    return db_settings.get().home / "api.key"


def read() -> str | None:
    """The file's key, if there is one."""
    try:
        return path().read_text(encoding="ascii").strip() or None
    except (OSError, UnicodeDecodeError):
        return None


def key_for(url: str) -> str | None:
    """What the command line asks with: API_KEY, else the file's key, which stays at home."""
    if given := settings.get().key:
        return given.get_secret_value()
    host = url.partition("://")[2].partition("/")[0].rpartition("@")[2]
    name = host if host.endswith("]") else host.rpartition(":")[0] or host
    return read() if is_this_machine(name) or name.strip("[]") == settings.get().host else None


def ensure(tenant: str) -> bool:
    """Whether a first key had to be written: the file held none that opens everything.

    The tenant is made with it. Whoever may write in DB_HOME is the operator: there is no
    other way in when every key is lost.
    """
    with transaction() as session:
        tenants.ensure(session, tenant)
        held = keys.verify(session, read() or "")
        if held is not None and held.tenant == tenant and keys.ADMIN in held.scopes:
            return False
        _write(keys.issue(session, tenant, name="first", scopes=keys.SCOPES).text)
    return True


def _write(text: str) -> None:
    """Whole or not at all, and never readable by others in between."""
    new = path().with_suffix(".new")
    new.unlink(missing_ok=True)
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _OWNER_ONLY)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(text + "\n")
    new.replace(path())

"""What an archive of a backup says of itself: its files with their hashes, written last."""

import re
from datetime import datetime
from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

INVENTORY: Final = "inventory.json"
"""The last file of the archive: one without it was not finished."""
DATABASES: Final = {"sqlite": "packshot.db", "postgresql": "packshot.dump"}
BLOBS: Final = "blobs"
BLOB: Final = re.compile(
    rf"{BLOBS}/[A-Za-z0-9_][A-Za-z0-9_-]{{0,63}}/([0-9a-f]{{2}})/(\1[0-9a-f]{{62}})"
)
SECRET: Final = re.compile(r"secret\.key|c2pa/[a-z]+\.(?:pem|key)")
LONGEST_BYTES: Final = 1 << 30
"""Of an inventory: a million files take a tenth of it."""

# Nothing else is ever unpacked, so no name leads out of the folder.
_NAMES: Final = re.compile(rf"packshot\.db|packshot\.dump|(?:{BLOB.pattern})|(?:{SECRET.pattern})")
_Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class BackupError(RuntimeError):
    """A backup cannot be made, read or brought back; the message says what would help."""


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class File(_Frozen):
    """One file of the archive."""

    name: Annotated[str, Field(max_length=200)]
    size_bytes: Annotated[int, Field(ge=0)]
    sha256: _Sha256

    @field_validator("name")
    @classmethod
    def _known(cls, name: str) -> str:
        if not _NAMES.fullmatch(name):
            raise ValueError(f"no file of a backup is called {name!r}")
        return name


class Inventory(_Frozen):
    """What is in the archive, and of which build.

    Attributes:
        revision: of the tables, as migrations name it.
        bytes_in: the archive, or the address where the pictures' bytes stay, S3 say.
        left_out: files of the store that are no longer what their name says, which no job can use.
    """

    format: Literal[1] = 1
    made_at: datetime
    database: Literal["sqlite", "postgresql"]
    revision: str
    bytes_in: str
    has_secrets: bool
    left_out: tuple[str, ...] = ()
    files: tuple[File, ...] = ()

    def blobs(self) -> tuple[File, ...]:
        return tuple(one for one in self.files if one.name.startswith(f"{BLOBS}/"))

    def size_bytes(self) -> int:
        """Of all files, without the archive's own 512 for each."""
        return sum(one.size_bytes for one in self.files)

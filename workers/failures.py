"""What is permanent, what is worth another try, and what somebody asked for."""

import errno
from dataclasses import dataclass

from pydantic import ValidationError
from sqlalchemy.exc import SQLAlchemyError

from db.blobs import NotStored, StorageFull, StoreUnavailable
from db.datasets import DatasetNotFound, DatasetTooSmall, DatasetUnfit
from db.operations.presets import PresetNotFound
from db.versions import VersionNotFound
from models.failures import CannotDo
from models.labels import LabelError
from models.training.watch import TrainingError
from models.weights import WeightsError
from workers.patience import TRANSIENT

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_NO_ROOM = "there is no room on the worker's disk; the next try goes on from what is there"
_REFUSED_BY_DATABASE = "the database refused what was to be written"


class Cancelled(Exception):
    """Somebody asked for the job to be cancelled."""


class Draining(Exception):
    """This process stops; the job goes back in line as if it had not been tried."""


class LeaseLost(Exception):
    """The job is another worker's now."""


class Permanent(ValueError):
    """No further attempt would mend this."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code


@dataclass(frozen=True, slots=True)
class Judgement:
    """What is written of an error, and whether the job is tried again.

    Attributes:
        is_ours: no attempt of the job's is spent on it.
    """

    code: str
    detail: str
    permanent: bool
    is_ours: bool = False


def judge(error: BaseException) -> Judgement:
    """Bad input fails the job; anything else is tried again until its attempts are spent.

    What a caller reads has no statement and no path of this machine; the log has the whole error.
    """
    match error:
        case DatasetNotFound():
            return Judgement("dataset_not_found", str(error), permanent=True)
        case DatasetTooSmall():
            return Judgement("dataset_too_small", str(error), permanent=True)
        case DatasetUnfit():
            return Judgement("dataset_unfit", str(error), permanent=True)
        case Permanent() | CannotDo() | TrainingError():
            return Judgement(error.code, str(error), permanent=True)
        case ValidationError():
            return Judgement(
                "request_invalid", "this build does not know the request", permanent=True
            )
        case PresetNotFound():
            return Judgement("preset_not_found", str(error), permanent=True)
        case VersionNotFound():
            return Judgement("version_not_found", str(error), permanent=True)
        case LabelError():
            return Judgement("label_unreadable", str(error), permanent=True)
        case WeightsError():
            return Judgement("model_file_invalid", str(error), permanent=True)
        case NotStored():
            return Judgement("source_missing", str(error), permanent=True)
        case _ if isinstance(error, TRANSIENT):
            detail = "the database did not answer"
            return Judgement("database_unavailable", detail, permanent=False, is_ours=True)
        case MemoryError():
            return Judgement("out_of_memory", str(error) or "not enough memory", permanent=False)
        case SQLAlchemyError():
            return Judgement("unexpected", _REFUSED_BY_DATABASE, permanent=False)
        case OSError(errno=code) if code in _FULL and not isinstance(error, StorageFull):
            return Judgement("disk_full", _NO_ROOM, permanent=False)
        case OSError():
            return Judgement("storage", _storage(error), permanent=False)
        case _:
            return Judgement("unexpected", f"{type(error).__name__}: {error}", permanent=False)


def _storage(error: OSError) -> str:
    match error:
        case StorageFull():
            return "there is no room for what was made"
        case StoreUnavailable():
            return "the store does not answer"
        case _:
            return f"a file could not be read or written ({type(error).__name__})"

"""What is permanent, what is worth another try, and what somebody asked for."""

from dataclasses import dataclass

from pydantic import ValidationError

from db.blobs import NotStored
from db.datasets import DatasetNotFound, DatasetTooSmall
from db.versions import VersionNotFound
from models.failures import CannotDo
from models.training.watch import TrainingError
from models.weights import WeightsError
from workers.patience import TRANSIENT


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
    """Bad input fails the job; anything else is tried again until its attempts are spent."""
    match error:
        case DatasetNotFound():
            return Judgement("dataset_not_found", str(error), permanent=True)
        case DatasetTooSmall():
            return Judgement("dataset_too_small", str(error), permanent=True)
        case Permanent() | CannotDo() | TrainingError():
            return Judgement(error.code, str(error), permanent=True)
        case ValidationError():
            return Judgement(
                "request_invalid", "this build does not know the request", permanent=True
            )
        case VersionNotFound():
            return Judgement("version_not_found", str(error), permanent=True)
        case WeightsError():
            return Judgement("model_file_invalid", str(error), permanent=True)
        case NotStored():
            return Judgement("source_missing", str(error), permanent=True)
        case _ if isinstance(error, TRANSIENT):
            detail = "the database did not answer"
            return Judgement("database_unavailable", detail, permanent=False, is_ours=True)
        case MemoryError():
            return Judgement("out_of_memory", str(error) or "not enough memory", permanent=False)
        case OSError():
            return Judgement("storage", str(error), permanent=False)
        case _:
            return Judgement("unexpected", f"{type(error).__name__}: {error}", permanent=False)

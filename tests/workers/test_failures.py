"""What is permanent, and what is worth another try."""

import pytest
import torch
from pydantic import BaseModel, ValidationError
from sqlalchemy.exc import IntegrityError, OperationalError, ProgrammingError

from db.blobs import NotStored, StorageFull, StoreUnavailable
from db.operations.presets import PresetNotFound
from db.versions import VersionNotFound
from models.failures import CannotDo
from models.metrics.ssim import TooSmall
from models.weights import WeightsError
from workers.failures import Permanent, judge


def _invalid() -> ValidationError:
    class One(BaseModel):
        n: int

    with pytest.raises(ValidationError) as raised:
        One.model_validate({"n": "secret of a stranger"})
    return raised.value


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (Permanent("not_finite", "NaN came out"), "not_finite"),
        (CannotDo("no_product_found", "nothing stands out"), "no_product_found"),
        (_invalid(), "request_invalid"),
        (VersionNotFound("there is no version"), "version_not_found"),
        (PresetNotFound("there is no preset"), "preset_not_found"),
        (WeightsError("the sha256 differs"), "model_file_invalid"),
        (NotStored("shop/00/00"), "source_missing"),
    ],
    ids=lambda given: getattr(given, "__class__", type(given)).__name__,
)
def test_what_no_attempt_would_mend_is_permanent(error: Exception, code: str):
    judgement = judge(error)

    assert (judgement.permanent, judgement.code) == (True, code)
    assert judgement.detail


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (StorageFull(28, "no room for 7 bytes"), "storage"),
        (PermissionError(13, "no"), "storage"),
        (ConnectionResetError("gone"), "storage"),
        (MemoryError(), "out_of_memory"),
        (MemoryError("the device has not enough"), "out_of_memory"),
        (RuntimeError("the device thread has stopped"), "unexpected"),
        (OperationalError("SELECT", {}, Exception("locked")), "database_unavailable"),
        (ZeroDivisionError("division by zero"), "unexpected"),
        (TooSmall("below 11 px"), "unexpected"),
    ],
    ids=lambda given: getattr(given, "__class__", type(given)).__name__,
)
def test_anything_else_is_tried_again(error: Exception, code: str):
    judgement = judge(error)

    assert (judgement.permanent, judgement.code) == (False, code)
    assert judgement.detail


def test_the_devices_own_lack_of_memory_is_tried_again_too():
    assert not judge(torch.OutOfMemoryError("CUDA out of memory")).permanent


def test_a_request_of_another_build_repeats_nothing_of_what_a_stranger_sent():
    assert "secret" not in judge(_invalid()).detail


@pytest.mark.parametrize(
    "error",
    [
        IntegrityError("INSERT INTO result", {"sha256": "a secret"}, Exception("a secret")),
        ProgrammingError("SELECT secret", {}, Exception("secret")),
        FileNotFoundError(2, "No such file or directory", "/srv/secret/blobs/00"),
        StoreUnavailable("https://secret.internal:9000/ timed out"),
        StorageFull(28, "secret"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_who_reads_of_a_failed_attempt_sees_no_statement_and_no_place_of_the_servers(
    error: Exception,
):
    judgement = judge(error)

    assert judgement.detail
    assert not any(word in judgement.detail for word in ("secret", "SELECT", "INSERT", "/"))
    assert not judgement.permanent


def test_an_unexpected_error_says_what_it_was():
    assert judge(KeyError("z_dim")).detail == "KeyError: 'z_dim'"

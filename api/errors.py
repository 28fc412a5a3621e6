"""Every problem that a caller can meet, and its status."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from pydantic_core import ErrorDetails

from api import pointers

MOST_ERRORS = 50
LONGEST_DETAIL = 500


@dataclass(frozen=True, slots=True)
class Kind:
    """A problem's status and its title, the same for each time it happens."""

    status: int
    title: str


PROBLEMS: Final[Mapping[str, Kind]] = {
    "malformed_json": Kind(400, "The body is no JSON that we would read"),
    "malformed_multipart": Kind(400, "The form is broken"),
    "too_many_parts": Kind(400, "The form has too many parts"),
    "invalid_cursor": Kind(400, "The cursor is not one of ours"),
    "invalid_idempotency_key": Kind(400, "The idempotency key is too long or not plain ASCII"),
    "client_disconnected": Kind(400, "The connection ended before the body did"),
    "bad_request": Kind(400, "The request cannot be read"),
    "host_not_allowed": Kind(403, "This name is not ours"),
    "cross_site_request": Kind(403, "Another site's page may not ask for this"),
    "not_found": Kind(404, "There is nothing here"),
    "problem_not_found": Kind(404, "There is no such problem"),
    "picture_not_found": Kind(404, "There is no such picture"),
    "job_not_found": Kind(404, "There is no such job"),
    "result_not_found": Kind(404, "There is no such result"),
    "operation_not_found": Kind(404, "There is no such operation"),
    "version_not_found": Kind(404, "There is no such version"),
    "dataset_not_found": Kind(404, "There is no such dataset"),
    "method_not_allowed": Kind(405, "This is not done here"),
    "body_too_slow": Kind(408, "The body takes too long to arrive"),
    "job_finished": Kind(409, "The job is over"),
    "job_not_retryable": Kind(409, "The job is not one to retry"),
    "dataset_exists": Kind(409, "The name belongs to other pictures"),
    "content_gone": Kind(410, "The bytes are no longer there"),
    "content_too_large": Kind(413, "The body is too large"),
    "unsupported_media_type": Kind(415, "This content type is not read here"),
    "content_encoding_not_supported": Kind(415, "Send the body as it is, not compressed"),
    "image_format_not_allowed": Kind(415, "This kind of picture is not taken"),
    "validation_error": Kind(422, "The request says something we cannot do"),
    "image_empty": Kind(422, "The file is empty"),
    "image_unrecognised": Kind(422, "The file is no picture"),
    "image_truncated": Kind(422, "The picture is cut off"),
    "image_corrupt": Kind(422, "The picture is damaged"),
    "image_dimensions": Kind(422, "The picture has no pixels"),
    "image_too_many_pixels": Kind(422, "The picture has too many pixels"),
    "image_too_large": Kind(422, "The picture is too long"),
    "image_too_small": Kind(422, "The picture is too small"),
    "image_aspect": Kind(422, "The picture is too narrow"),
    "image_animated": Kind(422, "The picture moves"),
    "image_metadata_bomb": Kind(422, "The picture's metadata is too much"),
    "image_too_complex": Kind(422, "The picture takes too long to decode"),
    "image_unsupported_variant": Kind(422, "The picture is of a variant that is not read"),
    "mask_size_mismatch": Kind(422, "The mask is of another size than its picture"),
    "box_outside_picture": Kind(422, "The box reaches out of the picture"),
    "output_too_large": Kind(422, "The result would be too large"),
    "output_format": Kind(422, "This format cannot hold the result"),
    "dataset_too_small": Kind(422, "The dataset has too few pictures"),
    "idempotency_key_reused": Kind(422, "The key was used for another request"),
    "internal_error": Kind(500, "We did something wrong"),
    "database_unavailable": Kind(503, "The database does not answer"),
    "not_ready": Kind(503, "Not everything that is needed answers"),
    "storage_full": Kind(507, "There is no room left"),
}


class Problem(Exception):
    """A request that we do not serve, as its caller is told."""

    def __init__(
        self,
        code: str,
        detail: str,
        *,
        errors: Sequence[Mapping[str, str]] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.code, self.detail, self.headers = code, detail, dict(headers or {})
        self.errors = [dict(error) for error in errors]


def at(pointer: str, code: str, detail: str) -> Problem:
    """A problem with one field of the body."""
    error = {"pointer": pointer, "code": code, "detail": detail[:LONGEST_DETAIL]}
    return Problem(code, detail, errors=[error])


def wrong(pointer: str, code: str, detail: str) -> Problem:
    """A field that is not as it must be, for a reason that has no problem of its own."""
    problem = at(pointer, "validation_error", detail)
    problem.errors[0]["code"] = code
    return problem


def invalid(errors: Sequence[ErrorDetails], body: Any) -> Problem:
    """What pydantic found wrong in a body, each by its place there."""
    if any(error["type"] == "json_invalid" for error in errors):
        return Problem("malformed_json", errors[0]["msg"])
    found = [
        {
            "pointer": pointers.of(error, body),
            "code": error["type"],
            "detail": error["msg"][:LONGEST_DETAIL],
        }
        for error in errors[:MOST_ERRORS]
    ]
    first = found[0]
    more = f", and {len(errors) - 1} more" if len(errors) > 1 else ""
    return Problem("validation_error", f"{first['pointer']}: {first['detail']}{more}", errors=found)

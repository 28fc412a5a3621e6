"""Every problem that a caller can meet, and its status."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from pydantic_core import ErrorDetails

from api import pointers
from db import key_text, refusals
from db.refusals import LONGEST_DETAIL, Refused

MOST_ERRORS = 50


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
    "unauthenticated": Kind(401, "No key that opens anything"),
    "insufficient_scope": Kind(403, "The key does not open this"),
    "invalid_signature": Kind(403, "The link opens nothing"),
    "forged_form": Kind(403, "The form is not from this page"),
    "not_found": Kind(404, "There is nothing here"),
    "problem_not_found": Kind(404, "There is no such problem"),
    "picture_not_found": Kind(404, "There is no such picture"),
    "job_not_found": Kind(404, "There is no such job"),
    "batch_not_found": Kind(404, "There is no such batch"),
    "result_not_found": Kind(404, "There is no such result"),
    "operation_not_found": Kind(404, "There is no such operation"),
    "version_not_found": Kind(404, "There is no such version"),
    "training_not_found": Kind(404, "There is no such training"),
    "proposal_not_found": Kind(404, "There is no such proposal"),
    "grid_not_found": Kind(404, "There is no such grid"),
    "stage_not_found": Kind(404, "There is no such stage"),
    "preset_not_found": Kind(404, "There is no such preset"),
    "entry_not_found": Kind(404, "There is no such entry"),
    "rule_not_found": Kind(404, "There is no such rule"),
    "campaign_not_found": Kind(404, "There is no such campaign"),
    "arm_not_found": Kind(404, "The campaign has no such arm"),
    "dataset_not_found": Kind(404, "There is no such dataset"),
    "tenant_not_found": Kind(404, "There is no such tenant"),
    "webhook_not_found": Kind(404, "There is no such webhook"),
    "delivery_not_found": Kind(404, "There is no such delivery"),
    "key_not_found": Kind(404, "There is no such key"),
    "queue_not_found": Kind(404, "There is no such queue"),
    "worker_not_found": Kind(404, "There is no such worker"),
    "method_not_allowed": Kind(405, "This is not done here"),
    "body_too_slow": Kind(408, "The body takes too long to arrive"),
    "job_finished": Kind(409, "The job is over"),
    "batch_finished": Kind(409, "The batch is over"),
    "job_not_retryable": Kind(409, "The job is not one to retry"),
    "job_open": Kind(409, "The job is not over"),
    "result_not_held": Kind(409, "The result waits for nobody"),
    "picture_in_dataset": Kind(409, "A dataset holds the picture"),
    "rule_exists": Kind(409, "There is such a rule"),
    "preset_name_taken": Kind(409, "A preset that ships is called so"),
    "campaign_name_taken": Kind(409, "Another campaign is called so"),
    "campaign_closed": Kind(409, "The campaign is closed"),
    "no_arm_left": Kind(409, "The campaign has nothing left to show"),
    "too_many_arms": Kind(409, "The campaign has arms enough"),
    "result_not_published": Kind(409, "The result is not one to show"),
    "training_running": Kind(409, "The version is being trained"),
    "version_serving": Kind(409, "The version serves already"),
    "not_evaluated": Kind(409, "The version was not measured beside what serves"),
    "not_better": Kind(409, "The version is not better"),
    "not_embedded": Kind(409, "The version has not seen the picture"),
    "nothing_to_roll_back": Kind(409, "Nothing was promoted that could be taken back"),
    "tenant_exists": Kind(409, "The name belongs to another tenant"),
    "key_not_live": Kind(409, "The key opens nothing more"),
    "webhook_disabled": Kind(409, "The webhook hears of nothing"),
    "blocklist_full": Kind(409, "The block list has entries enough"),
    "too_many_webhooks": Kind(409, "There are webhooks enough"),
    "erased": Kind(410, "It was erased"),
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
    "region_outside_picture": Kind(422, "The region reaches out of the picture"),
    "output_too_large": Kind(422, "The result would be too large"),
    "output_format": Kind(422, "This format cannot hold the result"),
    "dataset_empty": Kind(422, "No picture is left to learn from"),
    "nothing_rated": Kind(422, "No rating changes the dataset"),
    "dataset_too_small": Kind(422, "The dataset has too few pictures"),
    "start_unfit": Kind(422, "The training cannot begin with this version"),
    "dataset_unfit": Kind(422, "The dataset cannot train this network"),
    "event_too_old": Kind(422, "The event is older than what is remembered"),
    "event_not_yet": Kind(422, "The event is still to come"),
    "idempotency_key_reused": Kind(422, "The key was used for another request"),
    "wish_not_understood": Kind(422, "Nothing in the wish says what to do"),
    "wish_ambiguous": Kind(422, "The wish says several things where one is possible"),
    "wish_impossible": Kind(422, "No order does what the wish says"),
    "batch_empty": Kind(422, "The batch has no lines"),
    "batch_too_long": Kind(422, "The batch has too many lines"),
    "rate_limited": Kind(429, "The key asks more often than it may"),
    "too_many_sign_ins": Kind(429, "Too many sign-ins failed"),
    "queue_quota": Kind(429, "As many jobs are queued as may be"),
    "upload_quota": Kind(429, "As many bytes were sent as may be in a day"),
    "url_scheme": Kind(422, "The URL is of a scheme that is not called"),
    "url_invalid": Kind(422, "The URL names no place that we would call"),
    "url_forbidden_address": Kind(422, "The URL leads to where we do not call"),
    "quarantined": Kind(451, "Its bytes are kept from everybody"),
    "internal_error": Kind(500, "We did something wrong"),
    "secret_key_missing": Kind(503, "Secrets of webhooks cannot be kept here"),
    "database_unavailable": Kind(503, "The database does not answer"),
    "storage_unavailable": Kind(503, "The store does not answer"),
    "too_many_listeners": Kind(503, "As many listen as may"),
    "results_unseen": Kind(503, "Not all results have been looked at"),
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


def told(refused: Refused) -> Problem:
    """What the archive would not take, as its caller is told."""
    return Problem(refused.code, refused.detail, errors=refused.errors)


def at(pointer: str, code: str, detail: str) -> Problem:
    """A problem with one field of the body."""
    return told(refusals.at(pointer, code, detail))


def wrong(pointer: str, code: str, detail: str) -> Problem:
    """A field that is not as it must be, for a reason that has no problem of its own."""
    return told(refusals.wrong(pointer, code, detail))


def document(problem: Problem) -> dict[str, Any]:
    """The problem as RFC 9457 writes it."""
    kind = PROBLEMS[problem.code]
    return {
        "type": f"/v1/problems/{problem.code}",
        "title": kind.title,
        "status": kind.status,
        "detail": key_text.hidden(problem.detail[:LONGEST_DETAIL]),
        "code": problem.code,
        "errors": [
            {name: key_text.hidden(said) for name, said in error.items()}
            for error in problem.errors
        ],
    }


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
    # A field that is wrong in a way with a name of its own is told by that name.
    code = first["code"] if len(errors) == 1 and first["code"] in PROBLEMS else "validation_error"
    return Problem(code, f"{first['pointer']}: {first['detail']}{more}", errors=found)

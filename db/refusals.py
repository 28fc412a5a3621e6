"""Why an order cannot become a job: a code, a sentence, and the field that is wrong."""

from collections.abc import Mapping, Sequence

LONGEST_DETAIL = 500


class Refused(ValueError):
    """An order that we understand and do not take; its caller's transaction must not commit."""

    def __init__(self, code: str, detail: str, *, errors: Sequence[Mapping[str, str]] = ()) -> None:
        super().__init__(detail)
        self.code, self.detail = code, detail
        self.errors = [dict(error) for error in errors]


def at(pointer: str, code: str, detail: str) -> Refused:
    """Something is wrong with one field."""
    error = {"pointer": pointer, "code": code, "detail": detail[:LONGEST_DETAIL]}
    return Refused(code, detail, errors=[error])


def wrong(pointer: str, code: str, detail: str) -> Refused:
    """A field that is not as it must be, for a reason that has no problem of its own."""
    refused = at(pointer, "validation_error", detail)
    refused.errors[0]["code"] = code
    return refused

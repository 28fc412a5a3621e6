"""With which exit codes the `packshot` command ends; docs/command-line.md shows the same."""

from enum import IntEnum
from typing import Final


class Exit(IntEnum):
    """What a shell is told."""

    DONE = 0
    FAILED = 1
    REFUSED = 2
    CHECK_FAILED = 3
    INTERRUPTED = 130


MEANINGS: Final = {
    Exit.DONE: "It is done.",
    Exit.FAILED: "It was tried, and did not succeed: a job that was waited for failed, `doctor` "
    "found what must be mended, a backup is damaged, or `up` cannot start here.",
    Exit.REFUSED: "Nothing was tried: a word or a setting is wrong, the API refused it, or nobody "
    "answers there.",
    Exit.CHECK_FAILED: "All jobs succeeded, and a picture is not as its channel wants it.",
    Exit.INTERRUPTED: "Ctrl-C. Jobs that were submitted go on: `packshot cancel` stops them.",
}

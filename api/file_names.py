"""File names that strangers give: kept to be shown, never used as a path."""

import unicodedata

LONGEST = 255


def sanitised(given: str | None) -> str | None:
    """The last part of a name, of characters that can be seen; None when nothing is left."""
    if given is None:
        return None
    last = given.replace("\\", "/").rpartition("/")[2]
    # Categories C*: control, format (such as a right-to-left override), private, unassigned.
    visible = "".join(c for c in last if not unicodedata.category(c).startswith("C"))
    return unicodedata.normalize("NFC", visible).strip(" .")[:LONGEST] or None

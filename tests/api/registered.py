"""Pictures that are rows alone: as large as a test needs, without their bytes."""

from db import clock
from db.engine import transaction
from db.ids import new_id
from db.tables.pictures import Picture


def picture(width: int, height: int, *, mode: str = "RGB") -> str:
    """The id of a registered picture of this size."""
    row = Picture(
        id=(key := new_id()),
        tenant="shop",
        sha256=f"{width}x{height}{mode}".rjust(64, "0"),
        format="png",
        bytes=1,
        width=width,
        height=height,
        mode=mode,
        created_at=clock.now(),
    )
    with transaction() as session:
        session.add(row)
    return key

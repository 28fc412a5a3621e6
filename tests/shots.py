"""Pictures of rendered products as a shop sends them, and what a check answered of them."""

import io
from typing import Any

from PIL import Image
from sqlalchemy import select

from db import blobs, pictures
from db.engine import reading, transaction
from db.intake import Checked
from db.tables.results import Result
from models.data import samples
from tests import factories, rows
from tests.factories import LOOK
from tests.rows import TENANT
from workers.perform import Bench, perform

SIDE = 1_000


def keep(data: bytes, *, name: str | None = None) -> str:
    """The id of a picture that passed the door."""
    key = blobs.put(TENANT, data)
    with Image.open(io.BytesIO(data)) as opened:
        kind = (opened.format or "").lower()
        checked = Checked(key, kind, len(data), *opened.size, opened.mode, LOOK)
    with transaction() as session:
        return pictures.register(session, TENANT, checked, name=name).picture.id


def product(name: str = "wooden box") -> Image.Image:
    """A rendered product of the samples that ship, cut out: RGBA, cropped to itself."""
    (sample,) = [one for one in samples.products() if one.name == name]
    picture = Image.fromarray(sample.pixels)
    return picture.crop(picture.getchannel("A").getbbox())


def shot(
    *,
    name: str = "wooden box",
    fill: float = 0.9,
    side: int = SIDE,
    rgb: tuple[int, int, int] = (255, 255, 255),
    at: tuple[int, int] | None = None,
) -> Image.Image:
    """A product on one colour, as large as asked for."""
    cut = product(name)
    scale = fill * side / max(cut.size)
    cut = cut.resize((round(cut.width * scale), round(cut.height * scale)))
    canvas = Image.new("RGB", (side, side), rgb)
    where = at or ((side - cut.width) // 2, (side - cut.height) // 2)
    canvas.paste(cut, where, cut)
    return canvas


def jpeg(picture: Image.Image, **options: Any) -> bytes:
    return factories.encoded(picture, "JPEG", **{"quality": 95, "subsampling": 0, **options})


def checked(bench: Bench, operation: dict[str, Any]) -> Result:
    """The one result of a `check` as a job."""
    job_id = rows.queued("check", envelope={"operation": operation})
    (job,) = rows.claim(queue="cpu")
    perform(job, bench)
    row = rows.read(job_id)
    assert row.state == "succeeded", (row.error_code, row.error_detail)
    with reading() as session:
        return session.scalars(select(Result).where(Result.job_id == job_id)).one()


def answers(result: Result, of: str = "check") -> dict[str, dict[str, Any]]:
    return {one["rule"]: one for one in result.scores["details"][of]["rules"]}

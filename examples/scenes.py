"""The demo's second half: what a shop does with its pictures, scene by scene, over HTTP alone."""

import io
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from random import Random
from typing import Any, Final

from PIL import Image

from api.client import Client, Json
from examples.gallery_pictures import picture
from examples.pictures import png

CLASSIFIER: Final = "classifier-catalogue@1"
SHOPPERS, TOLD_AT_ONCE = 120, 20
_CLICKS: Final = (0.1, 0.4)
_OPINIONS: Final = 3
_WITHIN_S: Final = 120.0
_LIST_READ_S: Final = 2.0
"""A worker reads the block list anew once a second."""
_TURNED: Final = tuple(f"biplane, turned {angle}" for angle in range(0, 360, 15))


@dataclass(frozen=True, slots=True)
class Scene:
    """What somebody did, what came of it in a sentence with its numbers, and what one sees."""

    name: str
    said: str
    pictures: tuple[Image.Image, ...]


@dataclass(frozen=True, slots=True)
class Shop:
    """Somebody who asks Packshot for things, one after the other."""

    client: Client

    def sent(self, image: Image.Image) -> str:
        return str(self.client.upload(png(image))["id"])

    def done(self, op: str, parameters: Json, **envelope: Any) -> Json:
        """A job at its end, whatever that is."""
        order = {"operation": {"op": op, **parameters}, **envelope}
        job_id = str(self.client.submit(order)["id"])
        return self.client.wait([job_id], timeout_s=_WITHIN_S)[0]

    def made(self, job: Json) -> tuple[Image.Image, ...]:
        """The pictures that it delivered."""
        return tuple(self.seen(str(one["id"])) for one in results(job))

    def seen(self, result_id: str) -> Image.Image:
        with Image.open(io.BytesIO(self.client.download(result_id))) as opened:
            opened.load()
            return opened.copy()


class WentWrong(Exception):
    """A job did not come to the end that the scene is about."""


def played(client: Client) -> Iterator[Scene]:
    """Each scene as it ends.

    Raises:
        WentWrong: one did not go as it should.
    """
    shop = Shop(client)
    scenes: tuple[Callable[[Shop], Scene], ...] = (
        _classified, _found_again, _wished, _advertised, _personal, _tried_on, _turned, _kept_out,
    )  # fmt: skip
    for scene in scenes:
        yield scene(shop)


def results(job: Json) -> list[Json]:
    """What a job that succeeded made.

    Raises:
        WentWrong: it ended otherwise.
    """
    if job["state"] != "succeeded":
        raise WentWrong(f"{job['op']} {job['state']}: {job.get('error')}")
    return list(job["results"])


def _classified(shop: Shop) -> Scene:
    names = ("booties", "desk lamp", "bed")
    told = []
    for name in names:
        operation = {"picture": shop.sent(picture(f"{name}, cut out")), "version": CLASSIFIER}
        job = shop.done("classify", operation)
        results(job)
        said = job["report"]
        told.append(f"{name}: {said['category']} {said['probability']:.2f}")
    return Scene("classify", "; ".join(told), tuple(picture(name) for name in names))


def _found_again(shop: Shop) -> Scene:
    """Of six products one comes back as a small JPEG of a part of it."""
    names = ("booties", "biplane", "bed", "headphones", "wooden box", "desk lamp")
    known = {shop.sent(picture(name)): name for name in names}
    copy = picture("headphones").crop((30, 30, 610, 610)).resize((290, 290))
    asked = shop.sent(copy)
    for one in (*known, asked):
        results(shop.done("embed", {"picture": one, "version": CLASSIFIER}))
    first = next(
        one
        for one in shop.client.alike({"picture": asked, "version": CLASSIFIER, "k": 10})["found"]
        if one["id"] in known
    )
    found = known[first["id"]]
    alike = f"{found}, similarity {first['similarity']:.2f}"
    said = f"most like a smaller picture of part of the headphones: {alike}"
    return Scene("search", said, (copy, picture(found)))


def _wished(shop: Shop) -> Scene:
    asked = "in red on white, square"
    answer = shop.client.assist(shop.sent(picture("booties, cut out")), asked)
    if answer["outcome"] == "existing":
        return Scene("assist", f"{asked}: was there already", (shop.seen(answer["result"]["id"]),))
    job = shop.client.wait([answer["job"]["id"]], timeout_s=_WITHIN_S)[0]
    heard = ", ".join(f"{one['kind']} {one['name']}" for one in answer["understood"])
    said = f"“{asked}” is {heard}"
    return Scene("assist", said, (picture("booties, cut out"), *shop.made(job)))


def _advertised(shop: Shop) -> Scene:
    """Two creatives, and shoppers who like the second better; nobody tells the campaign which."""
    words = {"headline": "Boots for every kind of winter", "price": "€89.00", "sizes": ["square"]}
    job = shop.done("ad", {"picture": shop.sent(picture("booties")), "variants": 2, **words})
    ids = [str(one["id"]) for one in results(job)]
    campaign = str(shop.client.add_campaign(f"Demo {job['id']}", ids)["id"])
    _shown_to_shoppers(shop, campaign, dict(zip(ids, _CLICKS, strict=True)))
    arms = {one["result_id"]: one for one in shop.client.campaign(campaign)["arms"]}
    better = arms[ids[1]]
    said = (
        f"of {SHOPPERS} shoppers {better['choice_share']:.0%} were shown the better one; "
        f"it is the best with probability {better['best']:.2f}"
    )
    return Scene("ad", said, shop.made(job))


def _shown_to_shoppers(shop: Shop, campaign: str, rates: dict[str, float]) -> None:
    """Each is shown what the campaign chooses, and clicks as often as `rates` says."""
    chance, clicks = Random(4), []  # noqa: S311 — of shoppers, not of secrets
    for shopper in range(SHOPPERS):
        shown = str(shop.client.choose(campaign, impression="counted")["result_id"])
        if chance.random() < rates[shown]:
            told = {"id": f"{campaign}-{shopper}", "kind": "click", "result_id": shown}
            clicks.append({**told, "campaign_id": campaign})
        if clicks and shopper % TOLD_AT_ONCE == TOLD_AT_ONCE - 1:
            shop.client.tell_events(clicks)
            clicks = []


def _personal(shop: Shop) -> Scene:
    """Summer likes warm grounds and winter cold ones: what to show whom of the same lamp."""
    lamp, sku = shop.sent(picture("desk lamp, cut out")), "DEMO-LAMP"
    grounds = {"summer": [246, 214, 180], "winter": [188, 212, 240]}
    made = {}
    for segment, rgb in grounds.items():
        job = shop.done("background", {"picture": lamp, "rgb": rgb}, sku=sku, channel=segment)
        made[segment] = str(results(job)[0]["id"])
        results(shop.done("embed", {"picture": made[segment], "version": CLASSIFIER}))
    for segment in grounds:
        for other, result in made.items():
            for shopper in range(_OPINIONS):
                liked = 1 if other == segment else -1
                shop.client.like(result, liked, segment=segment, shopper=f"{segment}-{shopper}")
    first = {segment: _first(shop, sku, segment) for segment in grounds}
    if first != made:
        raise WentWrong("a segment is shown first what the other one likes")
    said = (
        f"summer is shown the warm one first, winter the cold one, after {_OPINIONS} shoppers each"
    )
    return Scene("ranking", said, tuple(shop.seen(one) for one in made.values()))


def _first(shop: Shop, sku: str, segment: str) -> str:
    asked = {"sku": sku, "segment": segment, "version": CLASSIFIER}
    return str(shop.client.ranking(asked)["items"][0]["id"])


def _tried_on(shop: Shop) -> Scene:
    person, shirt = picture("drawn person"), picture("drawn shirt")
    job = shop.done("try_on", {"picture": shop.sent(person), "garment": shop.sent(shirt)})
    (worn,) = results(job)
    moved = worn["product_delta_e_mean"]
    said = f"mean delta E of the shirt's colours to those it had: {moved:.2f}"
    return Scene("try_on", said, (person, shirt, *shop.made(job)))


def _turned(shop: Shop) -> Scene:
    views = [shop.sent(picture(name)) for name in _TURNED]
    job = shop.done("spin", {"views": views, "frame_width": 240, "frame_height": 180})
    (sheet,) = results(job)
    report = job["report"]
    said = (
        f"{len(views)} views; the worst has {sheet['product_psnr_db']:.1f} dB, "
        f"the ground line moves by {report['ground_std_px']:.2f} px"
    )
    return Scene("spin", said, shop.made(job))


def _kept_out(shop: Shop) -> Scene:
    """Listed, a picture goes no further; taken off the list, it does again."""
    image = picture("fan")
    listed = shop.sent(image)
    entry = shop.client.block({"picture": listed, "note": "the demo's"})
    refused = shop.done("upscale", {"picture": listed})
    shop.client.unblock(str(entry["id"]))
    time.sleep(_LIST_READ_S)
    cleared = shop.done("moderate", {"picture": listed})
    results(cleared)
    code = (refused.get("error") or {}).get("code")
    verdict = cleared["report"]["verdict"]
    if (code, verdict) != ("blocked_by_policy", "allow"):
        raise WentWrong(f"listed: {refused['state']}, {code}; off the list: {verdict}")
    said = f"listed: {code}; off the list: {verdict}"
    return Scene("moderate", said, (image,))

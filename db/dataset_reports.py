"""What a dataset is good for: how much of what, held out and not, and whom it can teach."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from db import datasets, trainable
from db.left_out import REASONS
from db.splits import TRAIN
from db.tables.versions import Dataset


@dataclass(frozen=True, slots=True)
class Double:
    """A picture that was left out, and the one that it is like."""

    picture: str
    like: str | None


@dataclass(frozen=True, slots=True)
class Reason:
    """Why pictures were left out, how many, and the first hundred of them."""

    reason: str
    detail: str
    count: int
    pictures: list[Double]


@dataclass(frozen=True, slots=True)
class Category:
    name: str
    products: int
    train: int
    validation: int


@dataclass(frozen=True, slots=True)
class Lesson:
    """Whether a network can be trained on it."""

    network: str
    trains: bool
    why_not: str | None


@dataclass(frozen=True, slots=True)
class Report:
    """Of a shop's own dataset; of one that ships with us, only what it trains is told.

    Attributes:
        asked: how many pictures were named for it.
        persons: how many pictures of persons it holds, each by that person's consent.
        empty_categories: those that were named, and nothing is left of.
    """

    asked: int
    taken: int
    persons: int
    left_out: list[Reason]
    products: int
    categories: list[Category]
    empty_categories: list[str]
    trains: list[Lesson]


def of(dataset: Dataset) -> Report:
    told = dataset.left_out or {"reasons": [], "empty_categories": []}
    entries = trainable.with_splits(dataset.manifest)
    left_out = [_reason(one) for one in told["reasons"]]
    taken = dataset.pictures + (dataset.erased or 0)
    return Report(
        asked=taken + sum(one.count for one in left_out),
        taken=taken,
        persons=sum(bool(one.get("person")) for one in entries),
        left_out=left_out,
        products=len({_product(one) for one in entries}),
        categories=_categories(entries),
        empty_categories=told["empty_categories"],
        trains=[_lesson(dataset, need) for need in trainable.NEEDS.values()],
    )


def _reason(told: Mapping[str, Any]) -> Reason:
    pictures = [Double(**one) for one in told["pictures"]]
    return Reason(told["reason"], REASONS[told["reason"]], told["count"], pictures)


def _categories(entries: Iterable[Mapping[str, Any]]) -> list[Category]:
    members: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for one in entries:
        members[one["category"]].append(one)
    return [_category(name, members[name]) for name in sorted(members)]


def _category(name: str, members: list[Mapping[str, Any]]) -> Category:
    train = sum(one["split"] == TRAIN for one in members)
    products = len({_product(one) for one in members})
    return Category(name, products, train=train, validation=len(members) - train)


def _lesson(dataset: Dataset, need: trainable.Need) -> Lesson:
    lacking = datasets.lacking(dataset, need)
    detail = None if lacking is None else f"it {lacking.detail}"
    return Lesson(need.network, trains=lacking is None, why_not=detail)


def _product(entry: Mapping[str, Any]) -> str:
    """Before products were told, each picture was one."""
    product: str = entry.get("product", entry["picture"])
    return product

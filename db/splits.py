"""Which products of a dataset are held out: decided once, by product, and never by picture."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from hashlib import sha256
from typing import Final, Literal

Split = Literal["train", "validation"]
TRAIN: Final = "train"
VALIDATION: Final = "validation"
VALIDATION_SHARE: Final = 10
"""About one product in so many is held out."""


class Groups:
    """Products that share a split, as they share a look; some had theirs before."""

    def __init__(self, known: Mapping[str, Split]) -> None:
        self._known = known
        self._first_of: dict[str, str] = {}
        self._splits: dict[str, Split] = {}

    def of(self, product: str) -> str:
        """The product that stands for its group."""
        while (first := self._first_of.get(product, product)) != product:
            product = first
        return product

    def split(self, product: str) -> Split | None:
        """What was decided for its group before; None for a group of new products."""
        first = self.of(product)
        return self._splits.get(first, self._known.get(first))

    def join(self, one: str, other: str) -> bool:
        """Let two groups share their split; False if they had different ones before."""
        a, b = sorted((self.of(one), self.of(other)))
        splits = {split for split in (self.split(a), self.split(b)) if split is not None}
        if len(splits) > 1:
            return False
        if a != b:
            self._first_of[b] = a
            self._splits.update(dict.fromkeys((a, b), *splits) if splits else {})
        return True


def divide(pairs: Iterable[tuple[str, str]], groups: Groups) -> dict[str, Split]:
    """The split of each product, from its categories: pairs of category and product.

    A product that had a split keeps it. For a new one the SHA-256 of its name decides, but no
    category is left with nothing to learn from, and of two new products or more one is held out.
    """
    by_category: dict[str, set[str]] = defaultdict(set)
    by_group: dict[str, set[str]] = defaultdict(set)
    products: set[str] = set()
    for category, product in pairs:
        by_category[category].add(groups.of(product))
        by_group[groups.of(product)].add(category)
        products.add(product)
    splits = {group: groups.split(group) or _drawn(group) for group in by_group}
    free = {group for group in by_group if groups.split(group) is None}
    for category in sorted(by_category):
        members = by_category[category]
        if not any(splits[group] == TRAIN for group in members):
            splits.update(_lowest(members & free, TRAIN))
    learning = Counter(c for group in by_group if splits[group] == TRAIN for c in by_group[group])
    for category in sorted(by_category):
        members = by_category[category]
        if not any(splits[group] == VALIDATION for group in members):
            spare = {g for g in members & free if all(learning[c] > 1 for c in by_group[g])}
            moved = _lowest(spare, VALIDATION)
            splits.update(moved)
            learning.subtract(c for group in moved for c in by_group[group])
    return {product: splits[groups.of(product)] for product in sorted(products)}


def _drawn(group: str) -> Split:
    return VALIDATION if _number(group) % VALIDATION_SHARE == 0 else TRAIN


def _lowest(groups: set[str], split: Split) -> dict[str, Split]:
    """This split for the group of the lowest number, if there is any group."""
    return {min(groups, key=_number): split} if groups else {}


def _number(group: str) -> int:
    return int.from_bytes(sha256(group.encode()).digest()[:8])

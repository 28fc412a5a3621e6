"""A category by its name, as a version numbers it."""

from workers.failures import Permanent
from workers.served import Served


def label_of(served: Served, category: str | None) -> int | None:
    """The number of a category by its name, whatever its case.

    Raises:
        Permanent: the version knows no such category.
    """
    if category is None:
        return None
    names = [name.lower() for name in served.card.categories]
    if category.lower() not in names:
        known = ", ".join(served.card.categories)
        raise Permanent("category_unknown", f"{served.label} knows {known}; not {category!r}")
    return names.index(category.lower())

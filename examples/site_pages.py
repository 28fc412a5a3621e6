"""For mkdocs: pages of which there are many are in the navigation without being listed there."""

from pathlib import Path
from typing import Any, Final

OPERATIONS: Final = "Each of them"
DECISIONS: Final = "Decisions"


def on_config(config: Any, **_: Any) -> Any:
    """Every operation's page, and every decision after their overview; called by mkdocs once."""
    docs = Path(config["docs_dir"])
    for section in config["nav"]:
        for title, pages in section.items():
            if title == "Operations":
                of_each = next(one for one in pages if isinstance(one, dict) and OPERATIONS in one)
                of_each[OPERATIONS] = _pages(docs, "operations")
            elif title == DECISIONS:
                pages += _pages(docs, "decisions")
    return config


def _pages(docs: Path, folder: str) -> list[str]:
    found = sorted(path.name for path in (docs / folder).glob("*.md"))
    return [f"{folder}/{name}" for name in found if name != "README.md"]

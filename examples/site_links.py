"""For mkdocs: a link that leads out of docs/ into the repository is shown as the file's path."""

import posixpath
import re
from typing import Any, Final

_LINK: Final = re.compile(r"(?<!!)\[([^\]]+)\]\((?!\w+:)([^)#\s]+)(#[^)\s]*)?\)")


def on_page_markdown(markdown: str, *, page: Any, **_: Any) -> str:
    """The page with such links replaced; called by mkdocs for each."""
    folder = posixpath.dirname(page.file.src_uri)

    def shown(link: re.Match[str]) -> str:
        text, path = link[1], posixpath.normpath(posixpath.join(folder, link[2]))
        if not path.startswith("../"):
            return link[0]
        name = path.removeprefix("../")
        return f"`{name}`" if text.strip("`") == name else f"{text} (`{name}`)"

    return _LINK.sub(shown, markdown)

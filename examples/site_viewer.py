"""For mkdocs: the viewer of a spin lies in the site too, so that a page can show it at work."""

from pathlib import Path
from typing import Any, Final

from mkdocs.structure.files import File

FOLDER: Final = Path(__file__).parent / "spin-viewer"


def on_files(files: Any, *, config: Any, **_: Any) -> Any:
    """All of `examples/spin-viewer`, as `spin-viewer/` of the site; called by mkdocs once."""
    for path in sorted(FOLDER.iterdir()):
        files.append(File.generated(config, f"spin-viewer/{path.name}", content=path.read_bytes()))
    return files

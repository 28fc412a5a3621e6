"""Furniture libraries of our own making: boxes of two colours, in a few classes."""

import zipfile
from pathlib import Path

from models.data.catalogue import LIBRARIES

CORNERS = """v -1 -1 -1
v 1 -1 -1
v 1 1 -1
v -1 1 -1
v -1 -1 1
v 1 -1 1
v 1 1 1
v -1 1 1
"""
BOX = f"""mtllib box.mtl
{CORNERS}usemtl sides
f 4 3 2 1
f 5 6 7 8
f 2 3 7 6
f 1 5 8 4
usemtl lid
f 1 2 6 5
f 3 4 8 7
"""
MATERIALS = """newmtl sides
Kd {red} 0.2 0.2
newmtl lid
Kd 0.2 0.2 {red}
"""
LICENCES = {
    "BlendSwap-CC-0": "http://creativecommons.org/choose/zero/",
    "BlendSwap-CC-BY": "http://creativecommons.org/licenses/by/3.0/us",
    "Scopia": "http://creativecommons.org/licenses/by/3.0/",
}
NAMES = ("Chair", "Lamp")


def libraries(folder: Path, *, models: int = 4) -> Path:
    """The three libraries, so many models in each: chairs and lamps by turns."""
    folder.mkdir()
    for library in LIBRARIES:
        with zipfile.ZipFile(folder / f"{library}.sh3f", "w") as file:
            file.writestr("LICENSE.TXT", LICENCES[library])
            rows = [_row(library, number) for number in range(1, models + 1)]
            file.writestr("PluginFurnitureCatalog.properties", "\n".join(rows))
            for number in range(1, models + 1):
                file.writestr(f"m{number}/box.obj", BOX + f"# {number}\n")
                file.writestr(f"m{number}/box.mtl", MATERIALS.format(red=0.5 + 0.1 * number))
    return folder


def _row(library: str, number: int) -> str:
    fields = {
        "id": f"{library}#m{number}",
        "name": NAMES[number % 2],
        "model": f"/m{number}/box.obj",
        "icon": "/icon.png",
        "width": 1,
        "depth": 1,
        "height": 1,
        "creator": "An author",
    }
    return "\n".join(f"{key}#{number}={value}" for key, value in fields.items())

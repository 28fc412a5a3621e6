"""A hand-made furniture library with one red cube on it."""

import io
import zipfile

import pytest
from PIL import Image

from tests.furniture import CORNERS

CUBE = f"""mtllib cube.mtl
{CORNERS}usemtl red
f 4 3 2 1
f 5 6 7 8
f 1 2 6 5
f 3 4 8 7
f 2 3 7 6
f 1 5 8 4
"""
PROPERTIES = """id=Test
id#1=Test#box
name#1=Box
tags#1=Test, Clothes
category#1=Office
icon#1=/test/box.png
model#1=/test/box/cube.obj
width#1=40
depth#1=30
height#1=2
modelRotation#1=1 0 0 0 0 1 0 -1 0
creator#1=An author
id#2=Test#car
name#2=Caf\\u00e9 car
category#2=Vehicles
icon#2=/test/box.png
model#2=/test/box/cube.obj
width#2=1
depth#2=1
height#2=1
"""
LICENCE = "Free as in\nhttp://creativecommons.org/choose/zero/\n"


def png(size, colour):
    buffer = io.BytesIO()
    Image.new("RGBA", size, colour).save(buffer, "PNG")
    return buffer.getvalue()


@pytest.fixture
def sh3f(tmp_path):
    path = tmp_path / "Test.sh3f"
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("LICENSE.TXT", LICENCE)
        file.writestr("PluginFurnitureCatalog.properties", PROPERTIES)
        file.writestr("test/box.png", png((128, 128), "white"))
        file.writestr("test/box/cube.obj", CUBE)
        file.writestr(
            "test/box/cube.mtl", "newmtl red\nKd 0.8 0.1 0.1\nKs 0 0 0\nmap_Kd D:\\x\\Skin.PNG\n"
        )
        file.writestr("test/box/skin.png", png((4, 4), (200, 20, 20, 255)))
    return path

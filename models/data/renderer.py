"""A product photographer without a camera: one 3D model to one RGBA picture with exact alpha.

OpenGL through EGL needs no display; Mesa's llvmpipe needs no graphics card. Pixels differ between
drivers, so compare renders with tolerances and never hash them.
"""

from typing import Any

import moderngl
import numpy as np

from models.data.camera import View
from models.data.catalogue import RGBA, Model
from models.data.scene import Detail
from models.data.shaders import (
    FRAGMENT,
    GROUND_FRAGMENT,
    GROUND_VERTEX,
    SHADOW_FRAGMENT,
    SHADOW_VERTEX,
    VERTEX,
)
from models.data.stage import GROUND_REACH, Programs, Stage
from models.data.studio_light import Light

LIBGL, LIBEGL = "libGL.so.1", "libEGL.so.1"


class NoGraphicsError(RuntimeError):
    """OpenGL or EGL is missing on this machine."""


class Studio:
    """An open GL context with its programs; use it in a `with` block, in one thread."""

    def __init__(self) -> None:
        """Opens a context; NoGraphicsError where there is none to be had."""
        self._gl: Any = _context()
        self._gl.gc_mode = "auto"
        self._programs = _programs(self._gl)

    def __enter__(self) -> "Studio":
        """The studio itself."""
        return self

    def __exit__(self, *error: object) -> None:
        """Gives the context back, with all that was made in it."""
        # What is collected later would delete, by the same numbers, what the next studio has made.
        self._gl.gc_mode = None
        self._gl.release()

    def stage(self, model: Model) -> Stage:
        """The model set up, for several shots of it."""
        return Stage(self._gl, self._programs, model)

    def render(
        self, model: Model, *, size: int, view: View | None = None, detail: Detail | None = None
    ) -> RGBA:
        """The model photographed: uint8 [size, size, 4], straight alpha, nothing behind it."""
        stage = self.stage(model)
        view = view or View()
        stage.light(Light(azimuth_deg=view.azimuth_deg), detail or Detail())
        stage.aim(view)
        return stage.expose(size)[0]


def _context() -> Any:
    """The numbered libraries: the plain names come with development packages only."""
    create: Any = moderngl.create_context
    try:
        return create(standalone=True, backend="egl", libgl=LIBGL, libegl=LIBEGL)
    except Exception as error:  # moderngl raises no narrower one
        raise NoGraphicsError(f"no picture can be rendered here: {error}") from error


def _programs(gl: Any) -> Programs:
    reach = GROUND_REACH
    corners = np.array([(-reach, -reach), (-reach, reach), (reach, -reach), (reach, reach)], "f4")
    return Programs(
        shade=gl.program(VERTEX, fragment_shader=FRAGMENT),
        shadow=gl.program(SHADOW_VERTEX, fragment_shader=SHADOW_FRAGMENT),
        ground=gl.program(GROUND_VERTEX, fragment_shader=GROUND_FRAGMENT),
        blank=gl.texture((1, 1), 4, b"\xff" * 4),
        square=gl.buffer(corners.tobytes()),
    )

"""A product photographer without a camera: one 3D model to one RGBA picture with exact alpha.

OpenGL through EGL needs no display; Mesa's llvmpipe needs no graphics card. Pixels differ between
drivers, so compare renders with tolerances and never hash them.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import moderngl
import numpy as np
from numpy.typing import NDArray

from models.data.camera import Camera, View, frame, orthographic, towards
from models.data.catalogue import RGBA, Model
from models.data.scene import downsampled, placed, premultiplied, sorted_from
from models.data.shaders import FRAGMENT, SHADOW_FRAGMENT, SHADOW_VERTEX, VERTEX
from models.data.studio_light import Lamps, lamps
from models.data.wavefront import Part

SHADOW_TILE_PX = 512
MOST_LAMPS = 64
PICTURE_UNIT, SHADOW_UNIT = 0, 1


@dataclass(frozen=True, slots=True)
class Detail:
    """How much work a picture gets: samples per pixel side, and lamps for the soft shadows."""

    supersample: int = 3
    lamps: int = 40


@dataclass(frozen=True, slots=True)
class _Surface:
    """A part on the graphics device; cut-out textures are both solid and see-through."""

    part: Part
    texture: Any
    holes: bool

    @property
    def solid(self) -> bool:
        return self.part.material.opacity >= 0.99

    @property
    def see_through(self) -> bool:
        return self.holes or not self.solid


class Studio:
    """An open GL context with its programs; use it in a `with` block, in one thread."""

    def __init__(self) -> None:
        """Opens a context; moderngl raises a plain Exception where EGL is missing."""
        self._gl: Any = _context()
        self._gl.gc_mode = "auto"
        self._shade: Any = self._gl.program(VERTEX, fragment_shader=FRAGMENT)
        self._shadow: Any = self._gl.program(SHADOW_VERTEX, fragment_shader=SHADOW_FRAGMENT)
        self._blank = self._gl.texture((1, 1), 4, b"\xff" * 4)

    def __enter__(self) -> "Studio":
        """The studio itself."""
        return self

    def __exit__(self, *error: object) -> None:
        """Gives the context back."""
        self._gl.release()

    def render(
        self, model: Model, *, size: int, view: View | None = None, detail: Detail | None = None
    ) -> RGBA:
        """The model photographed: uint8 [size, size, 4], straight alpha, nothing behind it."""
        detail = detail or Detail()
        parts = placed(model)
        points = np.concatenate([part.corners[:, :3] for part in parts]).astype(np.float64)
        camera = frame(points, view or View())
        lit = lamps(camera.level, count=min(detail.lamps, MOST_LAMPS))
        radius = float(np.linalg.norm(points, axis=1).max()) * 1.02
        clips = np.stack([orthographic(towards(to), radius) for to in lit.directions])
        surfaces = self._surfaces(parts, model.textures)
        shadows = self._shadows(surfaces, clips)
        self._set_scene(camera, lit, clips, bias=3.0 * radius / SHADOW_TILE_PX)
        large = self._expose(surfaces, camera, shadows, side=size * detail.supersample)
        return downsampled(large, detail.supersample)

    def _surfaces(self, parts: Iterable[Part], pictures: dict[str, RGBA]) -> list[_Surface]:
        textures = {name: self._texture(pixels) for name, pixels in pictures.items()}
        holes = {name: bool(pixels[:, :, 3].min() < 250) for name, pixels in pictures.items()}
        return [
            _Surface(part, textures.get(name), holes.get(name, False))
            for part in parts
            for name in [part.material.texture or ""]
        ]

    def _texture(self, pixels: RGBA) -> Any:
        rows = np.ascontiguousarray(premultiplied(pixels)[::-1])
        texture = self._gl.texture(pixels.shape[1::-1], 4, rows.tobytes())
        # Mipmaps, never anisotropic: on llvmpipe one model took 18 s instead of 0.05 s.
        texture.build_mipmaps()
        texture.filter = (moderngl.LINEAR_MIPMAP_LINEAR, moderngl.LINEAR)
        return texture

    def _shadows(self, surfaces: list[_Surface], clips: NDArray[np.float64]) -> Any:
        """What each lamp sees, as depth: one square of tiles, so that one sampler reads all."""
        tiles = _tiles(len(clips))
        depth = self._gl.depth_texture((tiles * SHADOW_TILE_PX,) * 2)
        depth.compare_func = "<="
        target = self._gl.framebuffer(depth_attachment=depth)
        target.use()
        target.clear()
        self._gl.enable_only(moderngl.DEPTH_TEST)
        solid = [one for one in surfaces if one.solid]
        casting = [(one, self._array(self._shadow, one.part.corners)) for one in solid]
        for i, clip in enumerate(clips):
            corner = (i % tiles * SHADOW_TILE_PX, i // tiles * SHADOW_TILE_PX)
            target.viewport = (*corner, SHADOW_TILE_PX, SHADOW_TILE_PX)
            self._shadow["clip"].write(_floats(clip.T))
            for surface, array in casting:
                self._bind(self._shadow, surface)
                array.render()
        return depth

    def _set_scene(
        self, camera: Camera, lit: Lamps, clips: NDArray[np.float64], *, bias: float
    ) -> None:
        shade = self._shade
        shade["clip"].write(_floats(camera.clip.T))
        shade["studio"].write(_floats(camera.level.T))
        shade["eye"].value = tuple(camera.position)
        shade["lamps"].value = len(clips)
        shade["tiles"].value = _tiles(len(clips))
        shade["bias"].value = bias
        shade["lamp"].write(_padded(lit.directions))
        shade["weight"].write(_padded(lit.weights))
        shade["lamp_clip"].write(_padded(clips.transpose(0, 2, 1)))

    def _expose(self, surfaces: list[_Surface], camera: Camera, shadows: Any, *, side: int) -> RGBA:
        """The premultiplied picture at `side` pixels: what is solid first, then glass over it."""
        area = (side, side)
        target = self._gl.framebuffer(self._gl.texture(area, 4), self._gl.depth_renderbuffer(area))
        target.use()
        target.clear(0.0, 0.0, 0.0, 0.0)
        shadows.use(SHADOW_UNIT)
        self._shade["shadows"].value = SHADOW_UNIT
        self._gl.enable_only(moderngl.DEPTH_TEST)
        self._shade["blended"].value = 0
        for surface in surfaces:
            if surface.solid:
                self._draw(surface, surface.part.corners)
        self._blend(surfaces, camera, target)
        pixels = np.frombuffer(target.read(components=4), np.uint8)
        return pixels.reshape(side, side, 4)[::-1]

    def _blend(self, surfaces: list[_Surface], camera: Camera, target: Any) -> None:
        self._gl.enable(moderngl.BLEND)
        self._gl.blend_func = moderngl.ONE, moderngl.ONE_MINUS_SRC_ALPHA
        target.depth_mask = False
        self._shade["blended"].value = 1
        glass = [one for one in surfaces if one.see_through]
        glass.sort(key=lambda one: -float(_distance(one.part, camera.position)))
        for surface in glass:
            self._draw(surface, sorted_from(surface.part.corners, camera.position))

    def _draw(self, surface: _Surface, corners: NDArray[np.float32]) -> None:
        material = surface.part.material
        self._bind(self._shade, surface)
        self._shade["diffuse"].value = material.diffuse
        self._shade["specular"].value = material.specular
        self._shade["roughness"].value = float(np.sqrt(2 / (material.shininess + 2)))
        self._shade["opacity"].value = material.opacity
        self._array(self._shade, corners).render()

    def _bind(self, program: Any, surface: _Surface) -> None:
        program["textured"].value = surface.texture is not None
        program["picture"].value = PICTURE_UNIT
        (surface.texture or self._blank).use(PICTURE_UNIT)

    def _array(self, program: Any, corners: NDArray[np.float32]) -> Any:
        buffer = self._gl.buffer(np.ascontiguousarray(corners).tobytes())
        has_normal = "normal" in program
        layout = "3f 3f 2f" if has_normal else "3f 3x4 2f"
        names = ("position", "normal", "texcoord") if has_normal else ("position", "texcoord")
        return self._gl.vertex_array(program, [(buffer, layout, *names)])


def _context() -> Any:
    """The numbered libraries: the plain names come with development packages only."""
    create: Any = moderngl.create_context
    return create(standalone=True, backend="egl", libgl="libGL.so.1", libegl="libEGL.so.1")


def _tiles(count: int) -> int:
    return int(np.ceil(np.sqrt(count)))


def _distance(part: Part, eye: NDArray[np.float64]) -> float:
    return float(np.linalg.norm(part.corners[:, :3].mean(0) - eye))


def _floats(values: NDArray[np.float64]) -> bytes:
    return np.ascontiguousarray(values, np.float32).tobytes()


def _padded(values: NDArray[np.float64]) -> bytes:
    """One row per lamp, and zeros up to the length the shader declares."""
    room = np.zeros((MOST_LAMPS, *values.shape[1:]), np.float32)
    room[: len(values)] = values
    return room.tobytes()

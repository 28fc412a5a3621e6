"""One 3D model set up in the studio: uploaded once, lit a few times, exposed many times."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import moderngl
import numpy as np
from numpy.typing import NDArray

from models.data.camera import View, frame, look, orthographic, towards
from models.data.catalogue import RGBA, Model
from models.data.scene import Detail, downsampled, linear, placed, premultiplied, sorted_from
from models.data.studio_light import Lamps, Light, lamps
from models.data.wavefront import Part

MOST_LAMPS = 64
PICTURE_UNIT, SHADOW_UNIT = 0, 1
LUMA = (0.2126, 0.7152, 0.0722)
GROUND_REACH = 20.0
"""Half the side of the paper sweep; the product's longest side is 1."""

Grey = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Programs:
    """The shaders on the graphics device, a white pixel, and a square to stand on."""

    shade: Any
    shadow: Any
    ground: Any
    blank: Any
    square: Any


@dataclass(frozen=True, slots=True)
class Dye:
    """Another colour for one part: its number, and sRGB in [0, 1]; the part keeps its pattern."""

    part: int
    colour: tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class _Surface:
    """A part on the graphics device; cut-out textures are both solid and see-through."""

    part: Part
    texture: Any
    holes: bool
    luma: float

    @property
    def solid(self) -> bool:
        return self.part.material.opacity >= 0.99

    @property
    def see_through(self) -> bool:
        return self.holes or not self.solid


class Stage:
    """A model on the graphics device; `light` it and `aim` before it is exposed."""

    def __init__(self, gl: Any, programs: Programs, model: Model) -> None:
        """Uploads triangles and textures."""
        self._gl, self._programs = gl, programs
        self.parts = placed(model)
        self._points = np.concatenate([part.corners[:, :3] for part in self.parts]).astype(float)
        self._radius = float(np.linalg.norm(self._points, axis=1).max()) * 1.02
        textures = {name: self._texture(pixels) for name, pixels in model.textures.items()}
        self._surfaces = [_surface(part, model.textures, textures) for part in self.parts]
        self._lit: list[tuple[int, Any]] = self._arrays(programs.shade)
        self._casting = self._arrays(programs.shadow)

    def light(self, light: Light, detail: Detail) -> None:
        """Puts the lamps where they belong, and finds what they do not reach."""
        self._supersample = detail.supersample
        level = look(light.azimuth_deg, 0.0)
        lit = lamps(level, count=min(detail.lamps, MOST_LAMPS), key=light.key)
        clips = np.stack([orthographic(towards(to), self._radius) for to in lit.directions])
        self._shadows = self._cast(clips, side=detail.shadow_px)
        for program in (self._programs.shade, self._programs.ground):
            _set_lamps(program, lit, clips)
        self._programs.shade["studio"].write(_floats(level.T))
        self._programs.shade["bias"].value = 3.0 * self._radius / detail.shadow_px

    def aim(self, view: View) -> None:
        """Puts the camera where it belongs."""
        camera = frame(self._points, view)
        self._eye = camera.position
        for program in (self._programs.shade, self._programs.ground):
            program["clip"].write(_floats(camera.clip.T))
        self._programs.shade["eye"].value = tuple(camera.position)

    def expose(self, size: int, *, dye: Dye | None = None) -> tuple[RGBA, RGBA]:
        """The picture and its twin, in which one part is dyed: uint8 [size, size, 4], straight."""
        side = size * self._supersample
        pictures = [self._gl.texture((side, side), 4) for _ in range(2)]
        target = self._gl.framebuffer(pictures, self._gl.depth_renderbuffer((side, side)))
        target.use()
        target.clear(0.0, 0.0, 0.0, 0.0)
        self._shadows.use(SHADOW_UNIT)
        self._gl.enable_only(moderngl.DEPTH_TEST)
        self._programs.shade["blended"].value = 0
        for number, array in self._lit:
            self._draw(number, array, dye)
        self._blend(target, dye)
        return self._developed(target, 0), self._developed(target, 1)

    def shade_ground(self, size: int) -> Grey:
        """How black the paper under the product is, product taken away: uint8 [size, size]."""
        target = self._gl.framebuffer(self._gl.texture((size, size), 1))
        target.use()
        target.clear(0.0, 0.0, 0.0, 0.0)
        self._shadows.use(SHADOW_UNIT)
        self._gl.enable_only(moderngl.NOTHING)
        self._programs.ground["level"].value = float(self._points[:, 1].min())
        layout = [(self._programs.square, "2f", "corner")]
        self._gl.vertex_array(self._programs.ground, layout).render(moderngl.TRIANGLE_STRIP)
        pixels = np.frombuffer(target.read(components=1, alignment=1), np.uint8)
        return pixels.reshape(size, size)[::-1]

    def _developed(self, target: Any, picture: int) -> RGBA:
        pixels = np.frombuffer(target.read(components=4, attachment=picture), np.uint8)
        rows = pixels.reshape(target.height, target.width, 4)[::-1]
        return downsampled(rows, self._supersample)

    def _texture(self, pixels: RGBA) -> Any:
        rows = np.ascontiguousarray(premultiplied(pixels)[::-1])
        texture = self._gl.texture(pixels.shape[1::-1], 4, rows.tobytes())
        # Mipmaps, never anisotropic: on llvmpipe one model took 18 s instead of 0.05 s.
        texture.build_mipmaps()
        texture.filter = (moderngl.LINEAR_MIPMAP_LINEAR, moderngl.LINEAR)
        return texture

    def _arrays(self, program: Any) -> list[tuple[int, Any]]:
        return [
            (number, self._array(program, surface.part.corners))
            for number, surface in enumerate(self._surfaces)
            if surface.solid
        ]

    def _cast(self, clips: NDArray[np.float64], *, side: int) -> Any:
        """What each lamp sees, as depth: one square of tiles, so that one sampler reads all."""
        tiles = _tiles(len(clips))
        depth = self._gl.depth_texture((tiles * side,) * 2)
        depth.compare_func = "<="
        target = self._gl.framebuffer(depth_attachment=depth)
        target.use()
        target.clear()
        self._gl.enable_only(moderngl.DEPTH_TEST)
        for i, clip in enumerate(clips):
            target.viewport = (i % tiles * side, i // tiles * side, side, side)
            self._programs.shadow["clip"].write(_floats(clip.T))
            for number, array in self._casting:
                self._bind(self._programs.shadow, self._surfaces[number])
                array.render()
        return depth

    def _blend(self, target: Any, dye: Dye | None) -> None:
        eye = self._eye
        self._gl.enable(moderngl.BLEND)
        self._gl.blend_func = moderngl.ONE, moderngl.ONE_MINUS_SRC_ALPHA
        target.depth_mask = False
        self._programs.shade["blended"].value = 1
        glass = [(n, one.part) for n, one in enumerate(self._surfaces) if one.see_through]
        glass.sort(key=lambda pair: -_distance(pair[1], eye))
        for number, part in glass:
            corners = sorted_from(part.corners, eye)
            self._draw(number, self._array(self._programs.shade, corners), dye)

    def _draw(self, number: int, array: Any, dye: Dye | None) -> None:
        shade, surface = self._programs.shade, self._surfaces[number]
        material = surface.part.material
        self._bind(shade, surface)
        shade["diffuse"].value = material.diffuse
        shade["specular"].value = material.specular
        shade["roughness"].value = float(np.sqrt(2 / (material.shininess + 2)))
        shade["opacity"].value = material.opacity
        is_dyed = dye is not None and dye.part == number
        shade["dyed"].value = surface.luma if is_dyed else -1.0
        if dye is not None:
            shade["dye"].value = tuple(linear(np.array(dye.colour)))
        array.render()

    def _bind(self, program: Any, surface: _Surface) -> None:
        program["textured"].value = surface.texture is not None
        program["picture"].value = PICTURE_UNIT
        (surface.texture or self._programs.blank).use(PICTURE_UNIT)

    def _array(self, program: Any, corners: NDArray[np.float32]) -> Any:
        buffer = self._gl.buffer(np.ascontiguousarray(corners).tobytes())
        has_normal = "normal" in program
        layout = "3f 3f 2f" if has_normal else "3f 3x4 2f"
        names = ("position", "normal", "texcoord") if has_normal else ("position", "texcoord")
        return self._gl.vertex_array(program, [(buffer, layout, *names)])


def mean_colour(part: Part, textures: dict[str, RGBA]) -> NDArray[np.float64]:
    """Linear RGB [3] of what a part is made of, where its texture is not cut out."""
    pixels = textures.get(part.material.texture or "")
    if pixels is None:
        return linear(np.array(part.material.diffuse))
    opaque = pixels[:, :, 3] > 127
    if not opaque.any():
        return np.zeros(3)
    mean: NDArray[np.float64] = linear(pixels[opaque][:, :3] / 255).mean(0)
    return mean


def _surface(part: Part, pictures: dict[str, RGBA], textures: dict[str, Any]) -> _Surface:
    name = part.material.texture or ""
    pixels = pictures.get(name)
    holes = pixels is not None and bool(pixels[:, :, 3].min() < 250)
    luma = float(mean_colour(part, pictures) @ np.array(LUMA))
    return _Surface(part, textures.get(name), holes, luma)


def _set_lamps(program: Any, lit: Lamps, clips: NDArray[np.float64]) -> None:
    program["shadows"].value = SHADOW_UNIT
    program["lamps"].value = len(clips)
    program["tiles"].value = _tiles(len(clips))
    program["lamp"].write(_padded(lit.directions))
    program["weight"].write(_padded(lit.weights))
    program["lamp_clip"].write(_padded(clips.transpose(0, 2, 1)))


def _tiles(count: int) -> int:
    return int(np.ceil(np.sqrt(count)))


def _distance(part: Part, eye: NDArray[np.float64]) -> float:
    return float(np.linalg.norm(part.corners[:, :3].mean(0) - eye))


def _floats(values: Sequence[float] | NDArray[np.float64]) -> bytes:
    return np.ascontiguousarray(values, np.float32).tobytes()


def _padded(values: NDArray[np.float64]) -> bytes:
    """One row per lamp, and zeros up to the length the shader declares."""
    room = np.zeros((MOST_LAMPS, *values.shape[1:]), np.float32)
    room[: len(values)] = values
    return room.tobytes()

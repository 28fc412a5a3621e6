"""Wavefront OBJ and MTL text into triangles with normals and materials."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from models.data.polygons import triangles

Floats = NDArray[np.float32]
Corner = tuple[int, int, int]

CREASE_COSINE = 0.7
"""Faces meeting at less than about 45 degrees are shaded as one surface."""


@dataclass(frozen=True, slots=True)
class Material:
    """How a surface looks; colours in [0, 1], `texture` is a bare file name."""

    name: str
    diffuse: tuple[float, float, float] = (0.8, 0.8, 0.8)
    specular: float = 0.0
    shininess: float = 10.0
    opacity: float = 1.0
    texture: str | None = None


@dataclass(frozen=True, slots=True)
class Part:
    """Triangles of one material: float32 [3·T, 8], position, normal, texture coordinates."""

    material: Material
    corners: Floats


def parse_mtl(text: str) -> dict[str, Material]:
    """The materials by name; what we do not draw (bumps, illumination models) is passed over."""
    found: dict[str, Material] = {}
    name = ""
    for line in text.splitlines():
        key, _, value = line.strip().partition(" ")
        value = value.strip()
        if key == "newmtl":
            name = value
            found[name] = Material(name)
        elif name and value:
            found[name] = _with(found[name], key, value)
    return found


def parse_obj(text: str, materials: dict[str, Material]) -> tuple[Part, ...]:
    """One part per material; polygons become triangles."""
    positions: list[list[float]] = []
    normals: list[list[float]] = []
    texcoords: list[list[float]] = []
    faces: dict[str, list[Corner]] = {}
    current = faces.setdefault("", [])
    for line in text.replace("\\\n", " ").splitlines():
        words = line.split()
        match words[:1]:
            case ["v"]:
                positions.append([float(x) for x in words[1:4]])
            case ["vn"]:
                normals.append([float(x) for x in words[1:4]])
            case ["vt"]:
                texcoords.append([float(x) for x in words[1:3]])
            case ["f"]:
                counts = (len(positions), len(texcoords), len(normals))
                corners = [_corner(word, counts) for word in words[1:]]
                current.extend(_triangulated(corners, positions))
            case ["usemtl"]:
                current = faces.setdefault(line.split(None, 1)[1].strip(), [])
    arrays = (_array(positions, 3), _array(texcoords, 2), _array(normals, 3))
    return tuple(
        Part(materials.get(name, Material(name)), _corners(corners, *arrays))
        for name, corners in faces.items()
        if corners
    )


def texture_name(value: str) -> str:
    """The bare file name of a `map_Kd` line: options and folders of another disk fall away."""
    plain = re.sub(r"^(-\w+(\s+(-?[\d.]+|on|off))*\s+)+", "", value)
    return re.split(r"[\\/]", plain.strip())[-1]


def _with(material: Material, key: str, value: str) -> Material:
    match key:
        case "Kd":
            red, green, blue = (float(x) for x in value.split()[:3])
            return replace(material, diffuse=(red, green, blue))
        case "Ks":
            return replace(material, specular=max(float(x) for x in value.split()[:3]))
        case "Ns":
            return replace(material, shininess=float(value))
        case "d":
            return replace(material, opacity=float(value.split()[-1]))
        case "map_Kd":
            return replace(material, texture=texture_name(value))
    return material


def _array(rows: list[list[float]], width: int) -> Floats:
    return np.array(rows or np.zeros((0, width)), np.float32).reshape(-1, width)


def _corner(word: str, counts: Corner) -> Corner:
    """Indices of position, texture coordinate and normal from 0; -1 where there is none."""
    fields = [*word.split("/"), "", ""][:3]
    position, texcoord, normal = (
        _index(field, count) for field, count in zip(fields, counts, strict=True)
    )
    return position, texcoord, normal


def _index(field: str, count: int) -> int:
    if not field:
        return -1
    index = int(field)
    return index - 1 if index > 0 else count + index


def _triangulated(corners: list[Corner], positions: list[list[float]]) -> Iterable[Corner]:
    if len(corners) == 3:
        return corners
    points = [positions[corner[0]] for corner in corners]
    return (corners[i] for triangle in triangles(points) for i in triangle)


def _corners(
    corners: list[Corner], positions: Floats, texcoords: Floats, normals: Floats
) -> Floats:
    index = np.array(corners)
    out = np.zeros((len(index), 8), np.float32)
    out[:, :3] = positions[index[:, 0]]
    out[:, 3:6] = _smooth_normals(index[:, 0], out[:, :3])
    out[:, 3:6] = _given(normals, index[:, 2], out[:, 3:6])
    out[:, 6:8] = _given(texcoords, index[:, 1], out[:, 6:8])
    return out


def _given(values: Floats, index: NDArray[np.int64], otherwise: Floats) -> Floats:
    has = (index >= 0) & (index < len(values))
    chosen = otherwise.copy()
    chosen[has] = values[index[has]]
    return chosen


def _smooth_normals(index: NDArray[np.int64], points: Floats) -> Floats:
    """Area-weighted vertex normals, the face's own where the surface has an edge."""
    first, second, third = points.reshape(-1, 3, 3).transpose(1, 0, 2)
    faces = np.cross(second - first, third - first)
    summed = np.zeros((int(index.max()) + 1, 3))
    corner_faces = np.repeat(faces, 3, axis=0)
    np.add.at(summed, index, corner_faces)
    smooth, flat = _unit(summed[index]), _unit(corner_faces)
    crease = (smooth * flat).sum(1, keepdims=True) < CREASE_COSINE
    return np.where(crease, flat, smooth).astype(np.float32)


def _unit(vectors: NDArray[np.floating]) -> NDArray[np.floating]:
    return vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)

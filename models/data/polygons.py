"""Polygons into triangles: fans where they are convex, ears cut off where they are not."""

from collections.abc import Sequence

Point = Sequence[float]
Flat = list[tuple[float, float]]
Triangle = tuple[int, int, int]


def triangles(points: Sequence[Point]) -> list[Triangle]:
    """Indices of the P - 2 triangles of one flat polygon of P points (x, y, z) without holes."""
    if len(points) == 3:
        return [(0, 1, 2)]
    flat = _flattened(points)
    if _is_convex(flat):
        return [(0, i, i + 1) for i in range(1, len(points) - 1)]
    return _ears(flat)


def _flattened(points: Sequence[Point]) -> Flat:
    """The polygon in the coordinate plane it faces most, counter-clockwise; Newell's normal."""
    normal = [0.0, 0.0, 0.0]
    for (ax, ay, az), (bx, by, bz) in zip(points, [*points[1:], points[0]], strict=True):
        normal[0] += (ay - by) * (az + bz)
        normal[1] += (az - bz) * (ax + bx)
        normal[2] += (ax - bx) * (ay + by)
    drop = max(range(3), key=lambda axis: abs(normal[axis]))
    across, up = (drop + 1) % 3, (drop + 2) % 3
    side = 1.0 if normal[drop] >= 0 else -1.0
    return [(side * point[across], point[up]) for point in points]


def _is_convex(flat: Flat) -> bool:
    corners = zip([flat[-1], *flat[:-1]], flat, [*flat[1:], flat[0]], strict=True)
    turns = [_turn(a, b, c) for a, b, c in corners]
    return min(turns) >= -1e-9 * max(map(abs, turns))


def _ears(flat: Flat) -> list[Triangle]:
    left = list(range(len(flat)))
    found: list[Triangle] = []
    while len(left) > 3:
        ear = next((i for i in range(len(left)) if _is_ear(flat, left, i)), 0)
        found.append((left[ear - 1], left[ear], left[(ear + 1) % len(left)]))
        del left[ear]
    return [*found, (left[0], left[1], left[2])]


def _is_ear(flat: Flat, left: list[int], i: int) -> bool:
    a, b, c = flat[left[i - 1]], flat[left[i]], flat[left[(i + 1) % len(left)]]
    if _turn(a, b, c) <= 0:
        return False
    # A doubled corner (a polygon that bridges to its own hole) may lie on the ear's corners.
    others = (flat[index] for index in left if flat[index] not in (a, b, c))
    return not any(
        _turn(a, b, p) >= 0 and _turn(b, c, p) >= 0 and _turn(c, a, p) >= 0 for p in others
    )


def _turn(a: tuple[float, float], b: tuple[float, float], c: tuple[float, float]) -> float:
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])

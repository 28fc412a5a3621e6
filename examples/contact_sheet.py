"""Before and after of everything the demo made, on one sheet that one wants to look at."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from PIL import Image, ImageOps

from examples.paper import GOOD, INNER_PX, MARGIN_PX, SOFT, WIDTH_PX, Sheet
from examples.wishes import Wish

_COLUMNS = 3
_GUTTER_PX = 44
_SEAM_PX = 8
_FRAME_PX = ((INNER_PX - 2 * _GUTTER_PX) // _COLUMNS - _SEAM_PX) // 2
_TILES = 20
_TILE_GAP_PX = 6
_TILE_PX = (INNER_PX + _TILE_GAP_PX) // _TILES - _TILE_GAP_PX


@dataclass(frozen=True, slots=True)
class Shown:
    """A wish, the job that it became, and the pictures that came of it."""

    wish: Wish
    job: dict[str, Any]
    outputs: tuple[Image.Image, ...]

    @property
    def result(self) -> dict[str, Any]:
        """The first result with its scores, or nothing."""
        results = self.job.get("results") or [{}]
        return dict(results[0])


def draw(shown: Sequence[Shown], *, subtitle: str, learned: str) -> Image.Image:
    """The sheet of one demo."""
    sheet = Sheet()
    sheet.text(MARGIN_PX - 4, sheet.y, "Packshot", size=92)
    sheet.y += 116
    sheet.text(MARGIN_PX, sheet.y, subtitle, size=26, colour=SOFT)
    sheet.y += 40

    def of(place: str) -> list[Shown]:
        return [one for one in shown if one.wish.place == place and one.outputs]

    _edited(sheet, of("edited"))
    _sampled(sheet, of("sampled"))
    _reconstructed(sheet, of("reconstructed"))
    _varied(sheet, of("varied"))
    _trained(sheet, of("trained"), learned)
    return sheet.done()


def _edited(sheet: Sheet, shown: Sequence[Shown]) -> None:
    sheet.heading(
        "Edited",
        "before | after, in colour and at the picture's own size; of restored ones a detail",
    )
    for number, one in enumerate(shown):
        column = number % _COLUMNS
        x = MARGIN_PX + column * (2 * _FRAME_PX + _SEAM_PX + _GUTTER_PX)
        _card(sheet, one, x)
        if column == _COLUMNS - 1 or number == len(shown) - 1:
            sheet.y += _FRAME_PX + 118


def _card(sheet: Sheet, one: Shown, x: int) -> None:
    before, after = one.wish.before or one.outputs[0], one.outputs[0]
    if one.wish.op in ("denoise", "upscale"):
        before, after = _detail(before), _detail(after)
    after_x = x + _FRAME_PX + _SEAM_PX
    sheet.picture(before, x, sheet.y, width=_FRAME_PX, height=_FRAME_PX)
    sheet.picture(after, after_x, sheet.y, width=_FRAME_PX, height=_FRAME_PX)
    below = sheet.y + _FRAME_PX + 14
    end = sheet.text(x, below, one.wish.op, size=27)
    sheet.text(end + 12, below + 4, one.wish.name, size=22, colour=SOFT)
    said, colour = _scores(one)
    sheet.text(x, below + 38, said, size=20, colour=colour)


def _detail(picture: Image.Image) -> Image.Image:
    """The middle, so large that one sees its pixels."""
    side = min(picture.size) // 2
    left, top = (picture.width - side) // 2, (picture.height - side) // 2
    cut = picture.crop((left, top, left + side, top + side))
    return cut.resize((_FRAME_PX, _FRAME_PX), Image.Resampling.NEAREST) if side < 250 else cut


def _scores(one: Shown) -> tuple[str, tuple[int, int, int]]:
    result = one.result
    if result.get("product_identical"):
        return "product: every pixel as it was", GOOD
    parts = []
    if result.get("psnr_db") is not None:
        parts.append(f"{result['psnr_db']:.1f} dB")
    if result.get("ssim") is not None:
        parts.append(f"SSIM {result['ssim']:.3f}")
    if result.get("product_psnr_db") is not None:
        against = " against the original" if one.wish.op == "pipeline" else ""
        parts.append(f"product{against} {result['product_psnr_db']:.1f} dB")
    if result.get("protected_identical"):
        return " · ".join([*parts, "all else: every pixel as it was"]), GOOD
    return " · ".join(parts), SOFT


def _sampled(sheet: Sheet, shown: Sequence[Shown]) -> None:
    aside = "ten categories from the GAN, three from the VAE; dark on white, as they were taken"
    sheet.heading("Generated", aside)
    drawn = [one for one in shown if one.wish.parameters["network"] == "gan"]
    others = [one for one in shown if one.wish.parameters["network"] == "vae"]
    for one, x in zip(drawn, _across(len(drawn)), strict=True):
        for row in range(0, len(one.outputs), 2):
            _tiles(sheet, one.outputs[row : row + 2], x, sheet.y + row // 2 * _step())
        label_y = sheet.y + (len(one.outputs) + 1) // 2 * _step() + 6
        sheet.text(x, label_y, one.wish.parameters["category"], size=21, colour=SOFT)
    sheet.y += 3 * _step() + 56
    x = MARGIN_PX
    for one in others:
        _tiles(sheet, one.outputs, x, sheet.y)
        sheet.text(x, sheet.y + _step() + 6, one.wish.parameters["category"], size=21, colour=SOFT)
        x += len(one.outputs) * _step() + 2 * _step()
    sheet.y += _step() + 48


def _reconstructed(sheet: Sheet, shown: Sequence[Shown]) -> None:
    sheet.heading("Reconstructed", "a photograph, and what the VAE understood of it")
    places = _across(max(len(shown), 6))
    for one, x in zip(shown, places, strict=False):
        _tiles(sheet, (*filter(None, [one.wish.before]), one.outputs[0]), x, sheet.y)
        result = one.result
        sheet.text(x, sheet.y + _step() + 6, one.wish.name, size=21)
        if result.get("psnr_db") is not None:
            words = f"{result['psnr_db']:.1f} dB · {result['ssim']:.2f}"
            sheet.text(x, sheet.y + _step() + 34, words, size=19, colour=SOFT)
    sheet.y += _step() + 76


def _varied(sheet: Sheet, shown: Sequence[Shown]) -> None:
    sheet.heading(
        "Varied and interpolated",
        "the photograph first, then its neighbours; and the way from one to another",
    )
    _pairs(sheet, shown, lambda one: f"{one.wish.op}: {one.wish.name}")


def _pairs(sheet: Sheet, shown: Sequence[Shown], named: Callable[[Shown], str]) -> None:
    """Strips, two in a row."""
    for number, one in enumerate(shown):
        x = MARGIN_PX if number % 2 == 0 else WIDTH_PX // 2 + 2 * _TILE_GAP_PX
        given = list(one.wish.pictures.values())
        strip = [given[0], *one.outputs[:7]] if one.wish.op == "vary" else list(one.outputs[:8])
        _tiles(sheet, strip, x, sheet.y)
        sheet.text(x, sheet.y + _step() + 6, named(one), size=21, colour=SOFT)
        if number % 2 == 1 or number == len(shown) - 1:
            sheet.y += _step() + 58


def _trained(sheet: Sheet, shown: Sequence[Shown], learned: str) -> None:
    if not shown:
        return
    sheet.heading("Trained here", learned)
    for one in shown:
        _tiles(sheet, one.outputs[:_TILES], MARGIN_PX, sheet.y)
        sheet.y += _step() + 12


def _tiles(sheet: Sheet, garments: Iterable[Image.Image], x: int, y: int) -> None:
    """Garments side by side; the data set is light on black, a shop shows dark on white."""
    for number, garment in enumerate(garments):
        shop = ImageOps.invert(garment.convert("L")).convert("RGB")
        large = shop.resize((_TILE_PX, _TILE_PX), Image.Resampling.BICUBIC)
        sheet.picture(large, x + number * _step(), y, width=_TILE_PX, height=_TILE_PX)


def _step() -> int:
    return _TILE_PX + _TILE_GAP_PX


def _across(count: int) -> list[int]:
    """Where `count` equal columns begin."""
    return [MARGIN_PX + number * (INNER_PX + _TILE_GAP_PX) // count for number in range(count)]

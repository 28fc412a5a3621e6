"""A sheet of paper to set pictures and type on, from the top downwards."""

from dataclasses import dataclass, field
from typing import Final

from PIL import Image, ImageDraw, ImageFont, ImageOps

Colour = tuple[int, int, int]

PAPER: Final[Colour] = (250, 249, 246)
INK: Final[Colour] = (28, 27, 25)
SOFT: Final[Colour] = (128, 125, 118)
LINE: Final[Colour] = (222, 219, 212)
GOOD: Final[Colour] = (28, 122, 82)

WIDTH_PX = 2000
MARGIN_PX = 80
INNER_PX = WIDTH_PX - 2 * MARGIN_PX


@dataclass
class Sheet:
    """Grows downwards; `y` is where the next thing goes."""

    image: Image.Image = field(default_factory=lambda: Image.new("RGB", (WIDTH_PX, 8000), PAPER))
    y: int = MARGIN_PX

    def text(
        self, x: int, y: int, words: str, *, size: int, colour: Colour = INK, right: int = 0
    ) -> int:
        """Set one line with its top at y, from x or up to `right`; where it ends."""
        font = face(size)
        start = right - round(font.getlength(words)) if right else x
        ImageDraw.Draw(self.image).text((start, y), words, fill=colour, font=font)
        return start + round(font.getlength(words))

    def rule(self) -> None:
        end = (WIDTH_PX - MARGIN_PX, self.y)
        ImageDraw.Draw(self.image).line([(MARGIN_PX, self.y), end], fill=LINE, width=2)

    def heading(self, words: str, aside: str = "") -> None:
        """Begin a part: a rule, what it shows, and softly how to read it."""
        self.y += 34
        self.rule()
        self.y += 26
        end = self.text(MARGIN_PX, self.y, words, size=34)
        self.text(end + 22, self.y + 11, aside, size=22, colour=SOFT)
        self.y += 68

    def picture(self, picture: Image.Image, x: int, y: int, *, width: int, height: int) -> None:
        """Fill a frame with a picture, cut to the frame's shape from its middle."""
        fitted = ImageOps.fit(
            on_squares(picture), (width, height), Image.Resampling.LANCZOS, centering=(0.5, 0.5)
        )
        self.image.paste(rounded(fitted), (x, y), mask=_corners(width, height))

    def done(self) -> Image.Image:
        return self.image.crop((0, 0, WIDTH_PX, self.y + MARGIN_PX))


def face(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    """The face that comes with Pillow."""
    return ImageFont.load_default(size)


def on_squares(picture: Image.Image) -> Image.Image:
    """What is transparent shows the usual grey squares."""
    if picture.mode != "RGBA":
        return picture.convert("RGB")
    side = max(picture.width // 24, 4)
    tile = Image.new("RGB", (2 * side, 2 * side), (255, 255, 255))
    for corner in ((0, 0), (side, side)):
        tile.paste((232, 231, 228), (*corner, corner[0] + side, corner[1] + side))
    ground = Image.new("RGB", picture.size)
    for x in range(0, picture.width, tile.width):
        for y in range(0, picture.height, tile.height):
            ground.paste(tile, (x, y))
    ground.paste(picture.convert("RGB"), mask=picture.getchannel("A"))
    return ground


def rounded(picture: Image.Image) -> Image.Image:
    """A hairline around it, so that white pictures end somewhere on white paper."""
    framed = picture.copy()
    edge = (0, 0, picture.width - 1, picture.height - 1)
    ImageDraw.Draw(framed).rounded_rectangle(edge, radius=10, outline=LINE, width=2)
    return framed


def _corners(width: int, height: int) -> Image.Image:
    large = Image.new("L", (width * 2, height * 2))
    ImageDraw.Draw(large).rounded_rectangle(
        (0, 0, width * 2 - 1, height * 2 - 1), radius=20, fill=255
    )
    return large.resize((width, height), Image.Resampling.LANCZOS)

"""What a preset makes of the products that ship: `python -m benchmarks.channels [PRESET]`.

Each product is put on grey, 60 % of the picture, as a JPEG; checked, made for the channel, checked
as delivered, and once more with the product sought anew, as a channel would.
"""

import io
import sys
import time
from dataclasses import dataclass
from typing import NoReturn

from PIL import Image
from torch import Tensor

from db.operations import presets
from db.operations.checking import Check
from db.operations.order import Output
from db.operations.presets import Preset
from models import images
from models.data import samples
from workers.channel import answered, fitted
from workers.checking import check, look
from workers.compliance import Facts, judge
from workers.edit import Given
from workers.mending import mend
from workers.sources import File

NOWHERE = "00000000-0000-7000-8000-000000000000"
SIDE_PX, SHARE, GREY = 1_500, 0.6, (215, 214, 210)


@dataclass(frozen=True, slots=True)
class Row:
    before: str
    after: str
    sought: str
    white: float
    pure_444: float
    pure_420: float
    bytes: int
    check_s: float
    make_s: float


def main(name: str = "amazon_main") -> None:
    preset = presets.get(name)
    print(f"{'':22} before after sought  white  4:4:4   4:2:0   bytes  check_s make_s")
    for sample in samples.products():
        row = _row(preset, _given(sample))
        print(
            f"{sample.name:22} {row.before:6} {row.after:5} {row.sought:6}  {row.white:.4f} "
            f"{row.pure_444:.4f}  {row.pure_420:.4f}  {row.bytes:7} {row.check_s:6.2f} "
            f"{row.make_s:6.2f}"
        )


def _given(sample: samples.Sample) -> Given:
    cut = Image.fromarray(sample.pixels)
    cut = cut.crop(cut.getchannel("A").getbbox())
    scale = SHARE * SIDE_PX / max(cut.size)
    cut = cut.resize((round(cut.width * scale), round(cut.height * scale)))
    picture = Image.new("RGB", (SIDE_PX, SIDE_PX), GREY)
    picture.paste(cut, ((SIDE_PX - cut.width) // 2, (SIDE_PX - cut.height) // 2), cut)
    data = _jpeg(picture, subsampling=0)
    files = {"picture": File("", data)}
    return Given({"picture": images.read(data)}, {}, _no_network, 0, files=files)


def _no_network(name: str) -> NoReturn:
    raise LookupError(f"nothing here needs {name}")


def _row(preset: Preset, given: Given) -> Row:
    operation = Check(picture=NOWHERE, preset=preset.name, fix=True)
    begun = time.process_time()
    before = check(operation, given)
    checked = time.process_time()
    made = mend(operation, given)
    data = _file(preset, made.images[-1])
    ended = time.process_time()
    coverage = made.stages["coverage"]
    answer = answered(preset, data, images.read(data), coverage)
    return Row(
        before=str(before.report["status"]),
        after=str(answer.report["status"]),
        sought=judge(preset, _facts(data, None)).status,
        white=answer.scores["background_white_share"],
        pure_444=_pure(data, coverage),
        pure_420=_pure(_halved(made.images[-1], preset.make.quality), coverage),
        bytes=len(data),
        check_s=checked - begun,
        make_s=ended - checked,
    )


def _file(preset: Preset, image: Tensor) -> bytes:
    make = preset.make
    output = Output(format=make.format, quality=make.quality)
    return fitted(
        image,
        preset,
        output,
        lambda quality: images.encode(image, format=make.format, quality=quality),
    ).data


def _halved(image: Tensor, quality: int) -> bytes:
    """The same picture as most programs write a JPEG."""
    with Image.open(io.BytesIO(images.encode(image, format="png"))) as picture:
        return _jpeg(picture, quality=quality, subsampling=2)


def _jpeg(picture: Image.Image, *, quality: int = 95, subsampling: int = 0) -> bytes:
    file = io.BytesIO()
    picture.save(file, "JPEG", quality=quality, subsampling=subsampling)
    return file.getvalue()


def _facts(data: bytes, coverage: Tensor | None) -> Facts:
    return look(File("", data), images.read(data), coverage=coverage).facts


def _pure(data: bytes, coverage: Tensor) -> float:
    """Share of the ground that is 255 in every channel."""
    ground = _facts(data, coverage).whiteness
    return 0.0 if ground is None else ground.pure_share


if __name__ == "__main__":
    main(*sys.argv[1:])

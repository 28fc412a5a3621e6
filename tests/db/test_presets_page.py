"""The page about presets says what their files say."""

from pathlib import Path

from db.operations import presets
from db.operations.presets import FillRule, PixelRule, Preset

PAGE = Path(__file__).parents[2] / "docs" / "presets.md"


def _row(preset: Preset) -> str:
    file = preset.file
    extension = ", named as it is" if file.extension == "required" else ""
    cells = (
        f"`{preset.name}`",
        preset.confidence,
        str(preset.checked_on),
        {"required": "white", "advised": "white advised", "none": "any"}[preset.background.white],
        _pixels(preset.pixels),
        _fill(preset.fill),
        f"{'/'.join(file.formats)} ≤ {file.most_bytes / 1e6:g} MB{extension}",
        ", ".join(preset.denied) or "–",
    )
    return f"| {' | '.join(cells)} |"


def _pixels(rule: PixelRule) -> str:
    told = {
        "long side ≥ {}": rule.least_long_side_px,
        "short side ≥ {}": rule.least_side_px,
        "best ≥ {}": rule.best_long_side_px,
        "≤ {}": rule.most_long_side_px,
        "≤ {:g} MP": rule.most_megapixels,
    }
    return ", ".join(words.format(value) for words, value in told.items() if value is not None)


def _fill(rule: FillRule) -> str:
    share = f"{rule.least or 0:.2f}–{rule.most or 1:.2f}"
    told = {"required": [share], "advised": [f"{share} advised"], "none": []}[rule.long_side]
    told += ["whole"] if rule.whole == "required" else []
    return ", ".join(told + (["centred advised"] if rule.centred == "advised" else [])) or "–"


def test_the_table_has_a_row_of_each_preset_as_its_file_says() -> None:
    names = tuple(f"| `{name}` |" for name in presets.PRESET_NAMES)
    lines = PAGE.read_text(encoding="utf-8").splitlines()
    table = [line for line in lines if line.startswith(names)]

    assert table == [_row(preset) for preset in presets.shipped()]

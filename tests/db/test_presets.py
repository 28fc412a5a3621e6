"""What sales channels want of a picture: read from files, whole, and of one mind with itself."""

from datetime import date
from pathlib import Path

import pytest
from pydantic import ValidationError

from db.operations import presets
from db.operations.presets import PRESET_NAMES, Preset

FOLDER = Path(presets.__file__).with_suffix("")


def test_every_file_is_a_preset_and_every_preset_a_file() -> None:
    assert {path.stem for path in FOLDER.glob("*.toml")} == set(PRESET_NAMES)
    assert [one.name for one in presets.shipped()] == list(PRESET_NAMES)


@pytest.mark.parametrize("name", PRESET_NAMES)
def test_a_preset_says_who_told_it_and_when(name: presets.PresetName) -> None:
    preset = presets.get(name)

    assert len(preset.source) > 10
    assert date(2025, 1, 1) < preset.checked_on <= date.today()  # noqa: DTZ011 — a day, no moment
    assert preset.label == f"{name}@{preset.version}"


@pytest.mark.parametrize("name", PRESET_NAMES)
def test_what_is_made_for_a_channel_is_what_the_channel_wants(name: presets.PresetName) -> None:
    preset = presets.get(name)
    pixels, fill, make = preset.pixels, preset.fill, preset.make

    assert make.format in preset.file.formats
    least = (pixels.least_side_px, pixels.least_long_side_px, pixels.best_long_side_px)
    assert all(make.side_px >= side for side in least if side is not None)
    assert pixels.most_long_side_px is None or make.side_px <= pixels.most_long_side_px
    assert make.side_px**2 <= (pixels.most_megapixels or 64) * 1e6
    assert (fill.least or 0) < make.fill_long_side < (fill.most or 1)
    assert make.least_quality <= make.quality


def test_a_preset_cannot_be_changed() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        presets.get("ebay").version = 2


def test_a_rule_that_nobody_reads_is_refused() -> None:
    told = presets.get("ebay").model_dump() | {"loudness": 3}

    with pytest.raises(ValidationError, match="loudness"):
        Preset.model_validate(told)

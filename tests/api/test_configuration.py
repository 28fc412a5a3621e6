"""The page of settings is what the settings are."""

from pathlib import Path

from api import configuration

PAGE = Path(__file__).parents[2] / "docs" / "configuration.md"


def test_the_page_of_settings_is_current() -> None:
    assert PAGE.read_text(encoding="utf-8") == configuration.page(), (
        "run `python -m api.configuration > docs/configuration.md`"
    )


def test_every_setting_says_what_it_is_for() -> None:
    rows = [line for line in configuration.page().splitlines() if line.startswith("| `")]

    assert len(rows) > 20
    assert not [row for row in rows if row.endswith("|  |")]

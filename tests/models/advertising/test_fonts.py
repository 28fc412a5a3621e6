"""A text gets a font that has all its characters, or is refused; nothing is drawn as boxes."""

from pathlib import Path

import pytest

from models.advertising import fonts
from models.advertising.characters import characters
from models.advertising.fonts import SHIPPED, face_for
from models.failures import CannotDo


def test_the_font_that_ships_is_found_and_says_what_it_has():
    face = face_for("Größe €149 Привет Ω", [SHIPPED])

    assert (face.family, face.style) == ("Roboto", "Bold")
    assert ord("€") in face.characters
    assert ord("新") not in face.characters


def test_a_code_point_counts_only_with_a_glyph():
    known = characters(SHIPPED / "Roboto-Bold.ttf")
    font = face_for("A", [SHIPPED]).at(40)
    nothing = font.getmask("\U0001f9ff")

    assert 0xFFFF not in known
    for code in (*range(0x41, 0x5B), 0x20AC, 0x416):
        assert bytes(font.getmask(chr(code))) != bytes(nothing)


@pytest.mark.parametrize(
    ("text", "script"), [("新品上市", "Chinese"), ("جديد", "Arabic"), ("नया", "Devanagari")]
)
def test_what_no_font_has_is_refused_and_the_script_named(text: str, script: str):
    with pytest.raises(CannotDo, match=script) as caught:
        face_for(text, [SHIPPED])

    assert caught.value.code == "font_missing"


def test_joined_letters_are_refused_without_what_joins_them(monkeypatch):
    monkeypatch.setattr(fonts, "can_shape", lambda: False)

    with pytest.raises(CannotDo, match="Arabic") as caught:
        face_for("جديد", [SHIPPED])

    assert caught.value.code == "shaping_missing"


def test_a_broken_file_among_the_operators_fonts_is_passed_over(tmp_path: Path):
    (tmp_path / "a.ttf").write_bytes(b"no font")
    (tmp_path / "b.ttf").write_bytes((SHIPPED / "Roboto-Bold.ttf").read_bytes()[:3000])

    assert face_for("New", [tmp_path, SHIPPED]).path.parent == SHIPPED

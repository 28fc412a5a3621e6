"""Names that strangers give their files."""

import pytest

from api.file_names import sanitised


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("shoe.png", "shoe.png"),
        ("Schuh grün.png", "Schuh grün.png"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\me\\shoe.png", "shoe.png"),
        ("shoe\x00.png", "shoe.png"),
        ("shoe\r\nX-Evil: 1.png", "shoeX-Evil: 1.png"),
        ("shoe\u202egnp.exe", "shoegnp.exe"),
        ("\u200b", None),
        ("..", None),
        ("/", None),
        ("", None),
        (None, None),
        ("é", "é"),
        ("x" * 4000, "x" * 255),
    ],
)
def test_a_name_is_kept_to_be_shown_and_never_as_a_path(
    given: str | None, kept: str | None
) -> None:
    assert sanitised(given) == kept

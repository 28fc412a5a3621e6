"""One `packshot up` in a folder, one program on a port."""

import socket
from pathlib import Path

import pytest

from api import alone
from api.alone import Refused


def test_a_second_one_in_the_same_folder_is_refused_with_who_holds_it(tmp_path: Path) -> None:
    with (
        alone.in_folder(tmp_path, "http://first"),
        pytest.raises(Refused, match=r"process .* http://first"),
        alone.in_folder(tmp_path, "http://second"),
    ):
        pytest.fail("two are up in one folder")


def test_a_folder_is_free_again_when_the_first_one_has_ended(tmp_path: Path) -> None:
    with alone.in_folder(tmp_path, "http://first"):
        pass
    with alone.in_folder(tmp_path, "http://second"):
        assert "http://second" in (tmp_path / "up.lock").read_text()


def test_a_port_in_use_is_refused_with_what_would_help() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(Refused, match="--port"):
            alone.port("127.0.0.1", taken.getsockname()[1])


def test_port_nought_takes_a_free_one() -> None:
    assert alone.port("127.0.0.1", 0) > 0

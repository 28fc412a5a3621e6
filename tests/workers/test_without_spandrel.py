"""Without the extra `community` an operator is told what to install, and nothing is written."""

import sys
from pathlib import Path

import pytest
import safetensors.torch
import torch

from db import versions
from db.engine import reading
from tests.rows import TENANT
from workers import community


def test_registering_names_the_extra(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "theirs.safetensors"
    file.write_bytes(safetensors.torch.save({"body.0.weight": torch.zeros(8, 3, 3, 3)}))
    monkeypatch.setitem(sys.modules, "spandrel", None)
    told = {"network": "upscaler", "name": "theirs", "licence": "MIT", "data": "unknown"}
    words = [word for name, value in told.items() for word in (f"--{name}", value)]

    code = community.main([str(file), *words, "--tenant", TENANT])

    said = capsys.readouterr()
    assert (code, said.out) == (community.REFUSED, "")
    assert said.err.startswith("community_not_installed: ")
    assert "packshot[community]" in said.err
    with reading() as session:
        assert list(versions.visible(session, TENANT)) == []

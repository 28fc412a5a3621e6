"""Editing operations are measured beside others: each has rows, and a page that quotes them."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from benchmarks.editing import papers, peers, pictures
from benchmarks.editing.__main__ import main
from benchmarks.editing.layered import Layered
from benchmarks.editing.page import page, read
from benchmarks.editing.trials import Case, System, Trial, baseline, held, ours
from models.failures import CannotDo
from tests.factories import shot

RESULTS = Path("benchmarks/results/editing-two-cores.json")
PAGE = Path("docs/quality.md")
EDITS = {
    "background", "cutout", "deblock", "deblur", "denoise", "inpaint", "match_color", "outpaint",
    "place", "recolor", "relight", "shadow", "stylize", "upscale",
}  # fmt: skip


def _case(name: str, level: float) -> Case:
    return Case(name, torch.full((1, 3, 16, 16), level), torch.zeros(1, 3, 16, 16))


def test_a_mean_is_over_what_a_system_could_do_and_what_has_a_number():
    def only_dark(case: Case) -> torch.Tensor:
        if case.given.mean() > 0.5:
            raise CannotDo("mask_empty", "Too light.")
        return case.given

    cases = [_case("dark", 0.2), _case("darker", 0.1), _case("light", 0.9)]
    told = {
        "level": lambda made, case: round(float(made.mean()), 3) if case.name != "darker" else None
    }
    trial = Trial("denoise", "greys", cases, [ours("it", only_dark)], told)

    outcome = held(trial)

    assert [(row.system, row.by, row.value) for row in outcome.rows] == [("ours", "it", 0.2)]
    assert [shown.case.name for shown in outcome.shown] == ["dark", "darker"]


def test_nobody_who_can_do_nothing_has_a_row():
    def cannot(case: Case) -> torch.Tensor:
        raise CannotDo("mask_empty", "Never.")

    systems: list[System] = [baseline("nobody", cannot)]

    assert not held(Trial("cutout", "none", [_case("dark", 0.2)], systems, {})).rows


def test_pictures_with_transparency_are_products_and_others_photographs(tmp_path: Path) -> None:
    cut = Image.new("RGBA", (40, 64), (200, 30, 30, 0))
    cut.paste((200, 30, 30, 255), (10, 10, 30, 50))
    cut.save(tmp_path / "shoe.png")
    shot(1, 50).save(tmp_path / "meadow.jpg")
    (tmp_path / "notes.txt").write_text("no picture")

    found = pictures.of_folder(tmp_path, side=32, most=9)

    assert [(one.name, tuple(one.alpha.shape)) for one in found.products] == [
        ("shoe", (1, 1, 32, 16))
    ]
    assert [(name, tuple(image.shape)) for name, image in found.photographs] == [
        ("meadow", (1, 3, 32, 32))
    ]


def test_a_picture_of_ones_own_goes_through_every_operation_without_a_product(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shot(3, 96).save(tmp_path / "mine.png")

    main(["--quick", "--json", "--pictures", str(tmp_path), "relight", "outpaint", "upscale"])

    told = capsys.readouterr()
    rows = json.loads(told.out)
    assert {row["operation"] for row in rows} == {"relight", "outpaint", "upscale"}
    assert {"ours", "baseline"} <= {row["system"] for row in rows}
    assert all(row["set"].startswith(f"1 of {tmp_path.name}") for row in rows)
    assert "esrgan-thick is missing" in told.err


@pytest.mark.slow
def test_every_operation_has_ours_and_a_baseline_and_a_sheet(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["--quick", "--json", "--sheets", str(tmp_path)])

    rows = json.loads(capsys.readouterr().out)
    systems = {op: {row["system"] for row in rows if row["operation"] == op} for op in EDITS}
    assert all({"ours", "baseline"} <= systems[op] for op in EDITS - {"stylize"})
    assert {file.stem for file in tmp_path.glob("*.webp")} >= EDITS - {"stylize"}


def test_the_results_that_are_kept_have_every_operation_and_stand_on_the_page():
    rows = read(RESULTS)

    assert {row.operation for row in rows} == EDITS
    assert page(PAGE.read_text(encoding="utf-8"), rows) == PAGE.read_text(encoding="utf-8")
    assert {row.by for row in papers.rows(["BSD68 σ 25"])} >= {"BM3D", "DRUNet, 32.6 M"}


def test_a_network_of_tensorflow_js_is_run_as_it_is_stored(tmp_path: Path) -> None:
    kernel = np.zeros((1, 1, 3, 12), np.float32)
    for place in range(4):
        for channel in range(3):
            kernel[0, 0, channel, 3 * place + channel] = 1
    (tmp_path / "shard.bin").write_bytes(kernel.tobytes() + np.zeros(12, np.float32).tobytes())
    layers = [
        {"class_name": "InputLayer", "name": "in", "config": {}, "inbound_nodes": []},
        {"class_name": "Conv2D", "name": "conv", "config": {"activation": "linear"},
         "inbound_nodes": [[["in", 0, 0, {}]]]},
        {"class_name": "PixelShuffle2x", "name": "out", "config": {"scale": 2},
         "inbound_nodes": [[["conv", 0, 0, {}]]]},
    ]  # fmt: skip
    weights = [
        {"name": "conv/kernel", "shape": [1, 1, 3, 12], "dtype": "float32"},
        {"name": "conv/bias", "shape": [12], "dtype": "float32"},
    ]
    told = {
        "modelTopology": {"model_config": {"config": {"layers": layers}}},
        "weightsManifest": [{"paths": ["shard.bin"], "weights": weights}],
    }
    (tmp_path / "model.json").write_text(json.dumps(told))
    image = torch.rand(1, 3, 4, 5)

    made = Layered(tmp_path / "model.json")(image)

    assert torch.equal(made, image.repeat_interleave(2, dim=2).repeat_interleave(2, dim=3))


def test_peers_that_are_not_here_are_named(tmp_path: Path) -> None:
    found, missing = peers.found(tmp_path)

    assert all(peer.name != "esrgan-thick" for peer in found)
    assert [sentence for sentence in missing if "×2" in sentence or "×4" in sentence]

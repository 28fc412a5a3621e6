"""What the benchmark compares is the same on both sides."""

import json

import pytest
import torch

from benchmarks import scores


@pytest.mark.parametrize("batch", [1, 2])
def test_both_sides_give_the_same_numbers(batch):
    measured = scores.measure(side_px=96, rounds=1, batch=batch, device=torch.device("cpu"))

    assert all(row.difference < 1e-5 for row in measured.rows)
    assert measured.total.ours_ms == pytest.approx(sum(row.ours_ms for row in measured.rows), abs=1)


def test_the_figures_are_written_for_machines(tmp_path, monkeypatch, capsys):
    file = tmp_path / "scores.json"
    threads = str(torch.get_num_threads())
    options = ["--side", "64", "--rounds", "1", "--threads", threads, "--json", str(file)]
    monkeypatch.setattr("sys.argv", ["scores", *options])

    scores.main()

    written = json.loads(file.read_text())
    assert written["total"]["scores"] == "all"
    assert "product_delta_e_mean" in capsys.readouterr().out

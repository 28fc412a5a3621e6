"""A run that begins with a version begins better, keeps what is frozen, and says what it was."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from models import weights
from models.data.image_set import ImageSet
from models.training.config import TrainConfig
from models.training.run import train
from models.training.starting import Start, begin, parts_of
from models.training.trainer import trainer_for
from models.training.validate import quality
from models.training.watch import Trained, TrainingError, Watch
from tests.runs import CPU, TINY, Killed, killed_at, lessons, pictures, small

FROZEN = {
    "vae": "encoder",
    "gan": "style",
    "denoiser": "encoder",
    "classifier": "features",
    "translator": "decoder",
    "matte": "coarse",
    "upscaler": "stack",
    "style": "encoder",
    "inpainter": "body",
    "warp": "encoder",
}


def run(
    folder: Path,
    config: TrainConfig = TINY,
    images: ImageSet | None = None,
    start: Start | None = None,
    watch: Watch | None = None,
) -> Trained:
    given = pictures() if images is None else images
    return train(config, given, folder=folder, device=CPU, watch=watch or Watch(), start=start)


def served(trained: Trained) -> nn.Module:
    data = (trained.folder / weights.MODEL_FILE).read_bytes()
    return weights.read(data, trained.card)


def version(trained: Trained, *freeze: str) -> Start:
    return Start("mine@1", trained.card, served(trained), freeze)


def tensors(network: nn.Module, part: str) -> dict[str, Tensor]:
    modules = tuple(f"{module}." for module in parts_of(network)[part])
    return {name: one for name, one in network.state_dict().items() if name.startswith(modules)}


def renamed(images: ImageSet, *categories: str) -> ImageSet:
    return replace(images, categories=categories)


def test_it_begins_where_the_version_was_and_above_a_run_from_scratch(tmp_path, monkeypatch):
    small(monkeypatch)
    first = run(tmp_path / "a", replace(TINY, epochs=12))

    again = run(tmp_path / "b", replace(TINY, epochs=1), start=version(first))

    scratch = quality(trainer_for(TINY, pictures(), CPU), *pictures().split(), CPU)
    recipe = again.card.recipe
    assert recipe["start_val_psnr_db"] == pytest.approx(first.card.scores["val_psnr_db"], abs=0.02)
    assert recipe["start_val_psnr_db"] > scratch.psnr_db + 0.5
    assert (recipe["start_from"], recipe["start_sha256"]) == ("mine@1", first.card.sha256)


@pytest.mark.parametrize("network", list(FROZEN))
def test_what_is_frozen_stays_bit_for_bit_and_all_else_learns(tmp_path, monkeypatch, network):
    small(monkeypatch)
    config = replace(TINY, network=network, epochs=2, dropout=0.0)
    images = lessons(network)
    start = version(run(tmp_path / "a", config, images), FROZEN[network])

    again = run(tmp_path / "b", config, images, start)

    before, after = start.network, served(again)
    for part in parts_of(before):
        then, now = tensors(before, part), tensors(after, part)
        kept = [torch.equal(then[name], now[name]) for name in then]
        assert all(kept) if part == FROZEN[network] else not all(kept), part
    assert again.card.recipe["freeze"] == [FROZEN[network]]


def test_every_tensor_that_learns_is_of_a_part(tmp_path, monkeypatch):
    small(monkeypatch)
    for network in FROZEN:
        kept = trainer_for(replace(TINY, network=network), lessons(network), CPU).ema.module
        named = {name for part in parts_of(kept) for name in tensors(kept, part)}
        assert named >= {name for name, _ in kept.named_parameters()}, network


def test_a_run_that_was_killed_and_resumed_is_the_run_that_was_not(tmp_path, monkeypatch):
    small(monkeypatch)
    start = version(run(tmp_path / "a"), "encoder")
    whole = run(tmp_path / "b", start=start)

    with pytest.raises(Killed):
        run(tmp_path / "c", start=start, watch=killed_at(5))
    resumed = run(tmp_path / "c", start=start)

    assert resumed.card.sha256 == whole.card.sha256
    assert resumed.card.recipe["start_val_psnr_db"] == whole.card.recipe["start_val_psnr_db"]


def test_a_folder_of_a_run_from_scratch_is_not_gone_on_with(tmp_path, monkeypatch):
    small(monkeypatch)
    start = version(run(tmp_path / "a"))
    with pytest.raises(Killed):
        run(tmp_path / "b", watch=killed_at(3))

    with pytest.raises(TrainingError, match="other_run"):
        run(tmp_path / "b", start=start)


def test_rows_of_categories_follow_their_names_and_new_ones_start_anew(tmp_path, monkeypatch):
    small(monkeypatch)
    config = replace(TINY, network="classifier")
    start = version(run(tmp_path / "a", config))
    others = renamed(pictures(), "b", "c")
    trainer = trainer_for(config, others, CPU)
    fresh = trainer.ema.module.state_dict()["out.weight"].clone()

    begin(trainer, start, others.categories)

    there, now = start.network.state_dict(), trainer.ema.module.state_dict()
    assert torch.equal(now["out.weight"][0], there["out.weight"][1])
    assert torch.equal(now["out.weight"][1], fresh[1])
    assert torch.equal(now["stem.conv.weight"], there["stem.conv.weight"])
    again = run(tmp_path / "b", replace(config, epochs=1), others, start)
    assert again.card.recipe["start_anew"] == ["c"]


def test_a_translator_s_rows_follow_their_names_on_each_way_up(tmp_path):
    config = replace(TINY, network="translator", epochs=1)
    start = version(run(tmp_path / "a", config))
    turned = renamed(pictures(), "b", "a")
    trainer = trainer_for(config, turned, CPU)

    begin(trainer, start, turned.categories)

    there, now = start.network.state_dict(), trainer.ema.module.state_dict()
    for number in range(3):
        name = f"ups.{number}.category.weight"
        assert torch.equal(now[name], there[name].flip(0))


def test_a_version_of_another_size_is_refused_with_both(tmp_path, monkeypatch):
    small(monkeypatch)
    start = version(run(tmp_path / "a"))

    with pytest.raises(TrainingError) as refused:
        run(
            tmp_path / "b",
            images=pictures(channels=3),
            config=replace(TINY, channels=3),
            start=start,
        )

    assert refused.value.code == "start_unfit"
    assert "channels 1 there, 3 here" in str(refused.value)
    assert "decoder.out.bias of the shape (1,) there, (3,) here" in str(refused.value)


def test_what_nobody_can_say_is_taken_from_the_version(tmp_path, monkeypatch):
    small(monkeypatch)
    start = version(run(tmp_path / "a", replace(TINY, z_dim=6)))

    again = run(tmp_path / "b", replace(TINY, epochs=1), start=start)

    assert again.card.config["z_dim"] == again.card.recipe["z_dim"] == 6


def test_a_part_that_is_not_there_is_refused_with_those_that_are(tmp_path, monkeypatch):
    small(monkeypatch)
    start = version(run(tmp_path / "a"), "stem")

    with pytest.raises(TrainingError, match=r"part_unknown.*'stem'; there is: encoder, decoder"):
        run(tmp_path / "b", start=start)


def test_what_would_learn_nothing_is_refused(tmp_path, monkeypatch):
    small(monkeypatch)
    start = version(run(tmp_path / "a"), "encoder", "decoder")

    with pytest.raises(TrainingError, match="nothing_learns"):
        run(tmp_path / "b", start=start)


def test_a_frozen_part_must_know_all_categories(tmp_path, monkeypatch):
    small(monkeypatch)
    start = version(run(tmp_path / "a"), "encoder")

    with pytest.raises(TrainingError, match=r"start_unfit.*knows nothing of c"):
        run(tmp_path / "b", images=renamed(pictures(), "a", "c"), start=start)


def test_an_older_version_s_output_is_gone_on_with(tmp_path, monkeypatch):
    small(monkeypatch)
    start = version(run(tmp_path / "a", replace(TINY, output="sigmoid")))

    again = run(tmp_path / "b", replace(TINY, epochs=1), start=start)

    assert again.card.config["output"] == "sigmoid"


def test_what_cannot_be_with_the_version_s_output_is_refused(tmp_path, monkeypatch):
    small(monkeypatch)
    start = version(run(tmp_path / "a"))

    with pytest.raises(TrainingError, match=r"start_unfit.*no linear output"):
        run(tmp_path / "b", replace(TINY, reconstruction="bce"), start=start)

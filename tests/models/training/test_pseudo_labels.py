"""Few labels, and those that a classifier gives itself: who is told what, what the card says."""

from dataclasses import replace

import pytest
import torch

from models import weights
from models.data.guessed import UNLABELLED
from models.data.image_set import ImageSet
from models.training import pseudo_labels
from models.training.config import TrainConfig
from models.training.rounds import parted
from models.training.watch import TrainingError, Watch
from models.weights import CARD_FILE, MODEL_FILE, Card
from tests.runs import Killed

CPU = torch.device("cpu")
FEW = TrainConfig(
    "classifier",
    epochs=4,
    batch_size=16,
    learning_rate=0.05,
    precision="float32",
    ema_images=100,
    labelled_share=0.25,
    pseudo_threshold=0.6,
)


def pictures(count: int = 64, held_out: int = 16) -> ImageSet:
    """Dark ones and bright ones, with noise: easy to tell apart."""
    labels = torch.arange(count) % 2
    noise = torch.randint(60, (count, 1, 28, 28), generator=torch.Generator().manual_seed(0))
    images = (noise + 160 * labels.view(-1, 1, 1, 1)).byte()
    validation = torch.arange(count - held_out, count)
    return ImageSet("two", images, labels, ("dark", "bright"), validation, "CC0", "made here")


def train(folder, config=FEW, images=None, watch=None):
    given = pictures() if images is None else images
    return pseudo_labels.train(config, given, folder=folder, device=CPU, watch=watch or Watch())


def test_the_same_share_of_each_category_is_told_and_nothing_held_out():
    images = pictures()

    told, rest = parted(images, FEW)

    assert images.labels[told].bincount().tolist() == [6, 6]
    assert sorted([*told.tolist(), *rest.tolist()]) == list(range(48))


def test_both_rounds_scores_are_in_the_card_and_in_its_file(tmp_path):
    seen = []

    trained = train(tmp_path, watch=Watch(on_epoch=seen.append))

    scores = trained.card.scores
    written = Card.from_json((trained.folder / CARD_FILE).read_text())
    assert scores["accuracy_labelled"] is not None
    assert scores["accuracy"] == scores["val_accuracy"] == 1.0
    assert 0 < scores["pseudo_labels"] <= 36
    assert scores["pseudo_right"] > 0.9
    assert (written.scores, written.sha256) == (scores, trained.card.sha256)
    assert weights.read((trained.folder / MODEL_FILE).read_bytes(), written)
    assert [epoch.number for epoch in seen] == [epoch.number for epoch in trained.epochs]
    assert [epoch.number for epoch in trained.epochs] == list(range(1, 9))


def test_what_was_killed_in_its_second_round_goes_on_there(tmp_path):
    whole = train(tmp_path / "a")

    def kill(done: int, total: int) -> None:
        if done > total / 2 + 2:
            raise Killed

    with pytest.raises(Killed):
        train(tmp_path / "b", watch=Watch(on_progress=kill))
    again = train(tmp_path / "b")

    assert again.card.sha256 == whole.card.sha256
    assert again.card.scores == whole.card.scores


def stopped_after(epochs: int) -> Watch:
    seen = []
    return Watch(on_epoch=seen.append, should_stop=lambda: len(seen) >= epochs)


@pytest.mark.parametrize(("epochs", "round_"), [(1, "labelled"), (4, "labelled"), (5, "both")])
def test_of_what_is_cancelled_the_best_of_its_round_is_kept(tmp_path, epochs, round_):
    stopped = train(tmp_path, watch=stopped_after(epochs))

    kept = pseudo_labels.closed(FEW, pictures(), folder=tmp_path, device=CPU)

    assert stopped.stopped
    assert kept.folder == tmp_path / round_
    assert kept.card.scores["val_accuracy"] > 0
    assert weights.read((kept.folder / MODEL_FILE).read_bytes(), kept.card)


def test_a_run_that_is_stopped_in_its_first_round_has_no_card_yet(tmp_path):
    trained = train(tmp_path, watch=Watch(should_stop=lambda: True))

    assert trained.stopped


def test_pictures_without_a_label_are_named_and_no_truth_is_invented(tmp_path):
    images = pictures()
    labels = images.labels.clone()
    labels[10:48] = UNLABELLED

    trained = train(tmp_path, replace(FEW, labelled_share=1.0), replace(images, labels=labels))

    assert trained.card.scores["pseudo_labels"] > 0
    assert trained.card.scores["pseudo_right"] is None


def test_without_a_threshold_a_classifier_learns_from_its_few_labels_alone(tmp_path):
    config = replace(FEW, pseudo_threshold=None)

    trained = train(tmp_path, config)

    assert trained.card.recipe["training_pictures"] == 12
    assert "pseudo_labels" not in trained.card.scores


def test_where_every_label_is_used_there_is_nothing_to_name(tmp_path):
    with pytest.raises(TrainingError) as refused:
        train(tmp_path, replace(FEW, labelled_share=1.0))

    assert refused.value.code == "nothing_unlabelled"


@pytest.mark.parametrize("wrong", [{"labelled_share": 0.5}, {"pseudo_threshold": 0.9}])
def test_only_a_classifier_learns_from_labels(wrong):
    with pytest.raises(ValueError, match="only a classifier"):
        TrainConfig("vae", **wrong)

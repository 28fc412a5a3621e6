"""What the second round of a classifier learns from: whole guesses, beside enough true labels."""

from dataclasses import replace

import pytest
import torch

from models.training import guessing
from models.training.batches import Batch, Moment, steps_of
from models.training.classifier import varied
from models.training.config import TrainConfig
from models.training.rounds import rounds_of
from models.training.watch import TrainingError
from tests.runs import pictures

FEW = TrainConfig("classifier", batch_size=16, labelled_share=0.25, pseudo_threshold=0.6)


def guesses_of(two, *, sure: float = 0.9):
    """Everything is taken for an `a`, whatever it is."""
    return two.guesses(torch.tensor([[sure, 1 - sure]]).expand(len(two.rest), 2))


def test_a_guess_is_learnt_whole_and_the_truth_stays_out_of_it():
    two = rounds_of(FEW, pictures(count=44))  # 40 to learn from, of which 10 are labelled

    guesses = guesses_of(two)
    learning, held_out = two.both(guesses).split()

    assert (len(guesses), guesses.right) == (30, 0.5)
    assert torch.equal(learning.labels[-30:], torch.tensor([[0.9, 0.1]]).expand(30, 2))
    assert learning.labels[:-30].sum(0).tolist() == [25.0, 25.0]
    assert held_out.labels.tolist() == [0, 1, 0, 1]


@pytest.mark.parametrize("share", [0.05, 0.25, 0.9])
def test_guesses_take_no_labels_place(share):
    two = rounds_of(replace(FEW, labelled_share=share), pictures(count=44))
    first, _ = two.labelled().split()

    second, _ = two.both(guesses_of(two)).split()

    labelled = (second.labels.max(1).values == 1).sum().item()
    assert labelled >= len(first) == 40
    assert len(second) == 80
    assert steps_of(two.second, len(second)) == steps_of(two.config, len(first))


def test_what_is_less_sure_than_the_threshold_makes_room_for_labels():
    two = rounds_of(FEW, pictures(count=44))

    guesses = guesses_of(two, sure=0.55)

    assert (len(guesses), guesses.right) == (0, None)
    assert len(two.both(guesses).split()[0]) == 80


def test_other_guesses_are_another_run():
    two = rounds_of(FEW, pictures(count=44))

    digests = {two.both(guesses_of(two, sure=sure)).digest() for sure in (0.9, 0.8, 0.8)}

    assert len(digests) == 2


def test_guesses_are_kept_to_the_bit_and_only_for_their_own_run(tmp_path):
    likely = torch.rand(7, 2)

    guessing.keep(tmp_path, likely, run="mine")

    assert torch.equal(guessing.kept(tmp_path, run="mine"), likely)
    with pytest.raises(TrainingError, match="other_run"):
        guessing.kept(tmp_path, run="another")


def test_what_is_guessed_is_seen_noisier_and_what_is_labelled_as_ever():
    images = torch.rand(40, 1, 28, 28)
    labels = torch.tensor([[1.0, 0.0], [0.9, 0.1]]).repeat(20, 1)
    moment = Moment(seed=0, step=3, total=10, batch_size=40)

    noisy = varied(Batch(images, labels), moment)
    usual = varied(Batch(images, labels.argmax(1)), moment)

    assert torch.equal(noisy[::2], usual[::2])
    assert not (noisy[1::2] == usual[1::2]).flatten(1).all(1).any()
    assert torch.equal(noisy, varied(Batch(images, labels), moment))
    assert (noisy.min() >= 0) & (noisy.max() <= 1)

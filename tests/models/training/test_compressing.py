"""A smaller network: whole channels less, or a narrow one that learnt another's answers."""

from dataclasses import asdict, replace
from pathlib import Path

import pytest
import torch
from torch import nn

from models import calling, weights
from models.losses.distillation import softened
from models.networks.classifier import ClassifierConfig, ProductClassifier
from models.networks.denoiser import Denoiser, DenoiserConfig
from models.networks.vae import ConditionalVae, VaeConfig
from models.training.batches import Moment, batch_of
from models.training.compressing import How, compress, prices, recipe
from models.training.distilling import Original, follow
from models.training.pruning import narrowed, pruned
from models.training.trainer import trainer_for
from models.training.watch import TrainingError, Watch
from models.weights import Card
from tests.runs import CPU, TINY, Killed, killed_at, pictures

NETWORKS = {
    "denoiser": Denoiser(DenoiserConfig(widths=(16, 24, 32))),
    "classifier": ProductClassifier(ClassifierConfig(2, 1, (16, 24, 32))),
}


def original(kind: str = "denoiser", network: nn.Module | None = None) -> Original:
    given = (NETWORKS[kind] if network is None else network).eval()
    card = Card("tiny", kind, asdict(given.config), "0" * 64, "CC0", "none", ("a", "b"))
    return Original("tiny@1", card, given)


def smaller(folder: Path, of: Original, how: How, watch: Watch | None = None) -> Card:
    config = replace(recipe(of), epochs=2, batch_size=8, precision="float32")
    card = compress(
        of, how, keep=0.5, config=config, images=pictures(), folder=folder, device=CPU,
        watch=watch or Watch(),
    )  # fmt: skip
    assert card is not None
    return card


@pytest.mark.parametrize("kind", list(NETWORKS))
@pytest.mark.parametrize("how", ["prune", "distill"])
def test_half_the_channels_are_a_quarter_of_the_weights_and_are_served(tmp_path, kind, how):
    given = original(kind)

    card = smaller(tmp_path, given, how)

    again = weights.read((tmp_path / weights.MODEL_FILE).read_bytes(), card)
    count = [sum(p.numel() for p in one.parameters()) for one in (given.network, again)]
    assert card.config["widths"] == (8, 12, 16)
    assert 0.2 < count[1] / count[0] < 0.35
    assert calling.doors(again).keys() == calling.doors(given.network).keys()


def test_channels_that_do_nothing_go_first_and_no_answer_changes():
    network = Denoiser(DenoiserConfig(widths=(16, 24, 32))).eval()
    with torch.no_grad():
        for tensor in network.state_dict().values():
            for dimension, size in enumerate(tensor.shape):
                if size in (16, 24, 32):  # an eighth of each scale's channels, here and there
                    idle = torch.arange(size // 8) * 5 + 2
                    tensor.index_fill_(dimension, idle, 0.0)
    image, sigma = torch.rand(1, 3, 16, 16), torch.tensor([30.0])

    small = pruned(network, keep=0.875)

    assert small.config.widths == (14, 21, 28)
    torch.testing.assert_close(small(image, sigma), network(image, sigma), atol=1e-5, rtol=1e-5)


def test_what_is_kept_whole_is_the_network_itself():
    network = NETWORKS["classifier"].eval()

    same = pruned(network, keep=1.0)

    state = network.state_dict()
    assert all(torch.equal(one, state[name]) for name, one in same.state_dict().items())


def test_a_scale_keeps_one_channel_at_least():
    assert narrowed((2, 3, 100), keep=0.05) == (1, 1, 5)


class Dark(Denoiser):
    """Answers half of what it sees, which nobody would call right."""

    def forward(self, x, sigma):
        return x / 2 + 0 * sigma[:, None, None, None]


def test_a_student_learns_what_its_teacher_answers_and_not_what_is_right():
    teacher = original(network=Dark(DenoiserConfig(widths=(16, 24, 32))))
    config = replace(recipe(teacher), widths=(8, 12, 16), precision="float32")
    trainer = trainer_for(config, pictures(channels=3, side=32), CPU)
    follow(trainer, teacher)
    batch = batch_of(pictures(channels=3, side=32).split()[0], torch.arange(16), CPU)

    told = [trainer.step(batch, Moment(0, step, 120, 16))["l1"].item() for step in range(120)]

    x = batch.images.mean().item()
    assert told[0] == pytest.approx(x / 2, abs=0.1)
    assert told[-1] < 0.5 * told[0]


def test_answers_alike_cost_least():
    wanted = torch.tensor([[2.0, 0.0, -1.0]])

    assert softened(wanted, wanted) < softened(torch.zeros(1, 3), wanted)
    assert softened(wanted, wanted) < softened(-wanted, wanted)


def test_one_that_was_killed_goes_on_and_ends_the_same(tmp_path):
    whole = smaller(tmp_path / "a", original(), "distill")

    with pytest.raises(Killed):
        smaller(tmp_path / "b", original(), "distill", killed_at(2))
    again = smaller(tmp_path / "b", original(), "distill")

    assert again.sha256 == whole.sha256


@pytest.mark.parametrize("how", ["prune", "distill"])
def test_a_network_without_widths_says_that_it_can_be_quantised(tmp_path, how):
    vae = original("vae", ConditionalVae(VaeConfig(2)))

    with pytest.raises(TrainingError, match=r"not_narrower.*it can be quantised"):
        compress(
            vae, how, keep=0.5, config=TINY, images=pictures(), folder=tmp_path, device=CPU,
            watch=Watch(),
        )  # fmt: skip


def test_a_price_counts_what_is_there():
    before, after = NETWORKS["denoiser"], pruned(NETWORKS["denoiser"], keep=0.5)

    dear, cheap = prices(before, after, (100, 30), CPU)

    assert (dear.bytes, cheap.bytes) == (100, 30)
    assert dear.parameters > 3 * cheap.parameters
    assert min(dear.ms, cheap.ms) > 0

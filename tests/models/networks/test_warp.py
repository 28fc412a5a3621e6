"""A warp network begins as frame to frame, and learns to tell ways that it can see."""

from dataclasses import asdict

import torch

from models import calling, weights
from models.data.worn import bent, lying
from models.losses.warping import losses
from models.networks.warp import WarpConfig, WarpNet
from models.warping.frames import SIDE, grid
from models.weights import Card

SMALL = WarpConfig(levels=(4, 8, 8, 8), width=8)


def _garments(count: int) -> torch.Tensor:
    draw = torch.Generator().manual_seed(3)
    garments = torch.rand(count, 4, SIDE, SIDE, generator=draw)
    garments[:, 3] = 0
    garments[:, 3, 10:80, 20:70] = 1
    garments[:, 3, 20:40, 5:90] = 1
    return garments


def test_it_begins_as_frame_to_frame() -> None:
    network = WarpNet(SMALL)
    network.out.weight.data.zero_()

    told = network.warp(_garments(2), torch.ones(2, 1, SIDE, SIDE))

    assert torch.equal(told, grid().expand(2, -1, -1))


def test_every_parameter_gets_a_gradient() -> None:
    torch.manual_seed(0)
    network, seen = WarpNet(SMALL), bent(lying(_garments(4)), torch.Generator().manual_seed(1))

    each = losses(network(seen.garments, seen.places), seen)
    torch.stack(tuple(each.values())).sum().backward()

    silent = [name for name, p in network.named_parameters() if p.grad is None or not p.grad.any()]
    assert silent == []


def test_one_batch_can_be_learnt_by_heart() -> None:
    torch.manual_seed(0)
    network, seen = WarpNet(SMALL), bent(lying(_garments(2)), torch.Generator().manual_seed(1))
    adam = torch.optim.Adam(network.parameters(), lr=3e-3)
    told = []

    for _ in range(25):
        each = losses(network(seen.garments, seen.places), seen)
        told.append(float(each["way"].detach()))
        adam.zero_grad()
        torch.stack(tuple(each.values())).sum().backward()
        adam.step()

    assert told[-1] < 0.4 * told[0]


def test_it_stays_as_small_as_promised() -> None:
    assert sum(p.numel() for p in WarpNet(WarpConfig()).parameters()) == 363_858


def test_what_was_written_tells_the_same_when_read(tmp_path) -> None:
    network = WarpNet(SMALL).half().float().eval()
    card = Card("tiny", "warp", asdict(SMALL), sha256="", licence="CC0", data="none")

    written = weights.write(network, tmp_path, card)
    again = weights.read((tmp_path / "model.safetensors").read_bytes(), written)

    (given,) = calling.examples(again).values()
    assert torch.equal(calling.doors(again)["warp"](*given), network.warp(*given))

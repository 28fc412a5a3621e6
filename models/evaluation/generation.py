"""A network that draws pictures, beside Gaussians over principal components and what serves now.

A random sample has no reference. What decides is how near samples of each category are to held-out
pictures of it, as a kernel distance in a judge's features; the whole panel is told beside it.
"""

import time

import torch
from torch import Generator as Chance
from torch import Tensor

from models.data.image_set import Part
from models.evaluation import gaussians
from models.evaluation.cas import cas
from models.evaluation.contender import Contender, Takes, unlike
from models.evaluation.exam import Exam
from models.evaluation.findings import Category, Findings
from models.evaluation.generated import Panel, panel
from models.evaluation.judge import Judge, Teach, each
from models.evaluation.lead import Lead
from models.evaluation.matched import taken
from models.evaluation.memory import PeakMemory
from models.evaluation.nearer import Nearness, nearer, nearness, together
from models.evaluation.scores import scores
from models.failures import CannotDo
from models.metrics.memorisation import LIMIT
from models.metrics.quantised import quantised
from models.networks.gan import Generator

Gan = Contender[Generator]
PIECE = 64
MOST_OF_A_CATEGORY = 500
MOST_TO_TEACH = 10_000
SEED = 20_260


def evaluate(candidate: Gan, exam: Exam, *, incumbent: Gan | None, teach: Teach) -> Findings:
    """Its samples, as many as there are held-out pictures.

    Args:
        candidate: as it would be served.
        exam: in pictures of its size and channels.
        incumbent: what serves now.
        teach: makes the judge.

    Raises:
        CannotDo: `too_few_held_out` where no category has two pictures.
    """
    learnt, device = exam.learnt, exam.device
    real = taken(exam.held_out, _chosen(exam.held_out.labels))
    judge = teach(learnt)
    memory, since = PeakMemory(device), time.perf_counter()
    samples = Part(drawn(candidate.network, real.labels, device), real.labels)
    seconds = time.perf_counter() - since
    ours = _measured(judge, real, samples.images)
    linear = gaussians.fit(learnt, categories=len(candidate.categories))
    theirs = _measured(judge, real, linear.drawn(real.labels, seed=SEED))
    why_not = unlike(candidate, incumbent, takes=_takes)
    over: dict[int, Lead] = {}
    if incumbent is not None and why_not is None:
        rows, labels = incumbent.known(candidate.categories, real.labels)
        again = drawn(incumbent.network, labels, device)
        followed = _measured(judge, taken(real, rows), again)
        over = {label: nearer(ours[label], one) for label, one in followed.items()}
    found = panel(learnt, real, samples, judge=judge, categories=len(candidate.categories))
    beside = together([nearer(ours[label], one) for label, one in theirs.items()])
    return Findings(
        measure="kernel_distance",
        value=beside.other - beside.ahead,
        pictures=len(real),
        digest=exam.digest,
        scores={**_numbers(found), **_taught(candidate, exam, teach)},
        baseline=f"a Gaussian over {linear.means.shape[1]} principal components",
        over_baseline=beside,
        over_incumbent=together(list(over.values())) if over else None,
        unlike=why_not,
        categories=_categories(candidate.categories, ours, over),
        faults=faults(found),
        ms_per_picture=round(1000 * seconds / len(real), 3),
        peak_memory_mb=memory.mb(),
    )


@torch.inference_mode()
def drawn(network: Generator, labels: Tensor, device: torch.device, *, seed: int = SEED) -> Tensor:
    """A sample for each label [N]: uint8 [N, C, S, S], always the same ones."""
    network = network.to(device).eval()
    noise = torch.randn(len(labels), network.config.z_dim, generator=Chance().manual_seed(seed))
    pieces = [
        quantised(network.generate(z.to(device), label.to(device)).float().cpu())
        for z, label in zip(torch.split(noise, PIECE), torch.split(labels, PIECE), strict=True)
    ]
    return (torch.cat(pieces) * 255).round().to(torch.uint8)


def faults(found: Panel) -> tuple[str, ...]:
    """Why such pictures may not be served, in sentences."""
    copies = found.pooled.memorisation
    named = (
        found.collapse,
        f"samples are copies: {copies:.2f} of the distance that other pictures have to what was "
        f"learnt, below {LIMIT}"
        if found.is_copying
        else None,
    )
    return tuple(one for one in named if one is not None)


def _chosen(labels: Tensor) -> Tensor:
    """Rows of categories with at least two pictures, so many of each at most."""
    members = [
        (labels == one).nonzero().flatten()[:MOST_OF_A_CATEGORY] for one in torch.unique(labels)
    ]
    enough = [one for one in members if len(one) > 1]
    if not enough:
        raise CannotDo("too_few_held_out", "no category has two pictures that were held out")
    return torch.cat(enough)


def _measured(judge: Judge, real: Part, samples: Tensor) -> dict[int, Nearness]:
    """By label."""
    wanted = each(judge.features, real)
    found = each(judge.features, Part(samples, real.labels))
    return {
        int(label): nearness(wanted[real.labels == label], found[real.labels == label])
        for label in torch.unique(real.labels)
    }


def _takes(network: Generator) -> Takes:
    return Takes(network.config.channels, network.config.image_size)


def _numbers(found: Panel) -> dict[str, float]:
    """The panel with its floor; what there were too few pictures for is left out."""
    ours, floor = scores(found)
    return {name: one for name, one in {**ours, **floor}.items() if one is not None}


def _taught(candidate: Gan, exam: Exam, teach: Teach) -> dict[str, float]:
    """How well those read real pictures who learnt from samples; of one category nothing."""
    order = torch.randperm(len(exam.learnt), generator=Chance().manual_seed(SEED))
    labels = exam.learnt.labels[order[:MOST_TO_TEACH]]
    if len(torch.unique(labels)) < 2:
        return {}
    samples = Part(drawn(candidate.network, labels, exam.device, seed=SEED + 1), labels)
    categories = len(candidate.categories)
    found = cas(exam.learnt, exam.held_out, samples, teach=teach, categories=categories)
    return {"cas": found.samples.pooled, "cas_real": found.floor.pooled}


def _categories(
    names: tuple[str, ...], ours: dict[int, Nearness], over: dict[int, Lead]
) -> dict[str, Category]:
    return {
        names[label]: Category(len(one.pulls), one.distance, over.get(label))
        for label, one in ours.items()
    }

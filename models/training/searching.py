"""Which settings the next trial is given, from how all earlier ones went.

The tree-structured Parzen estimator (Bergstra et al. 2011) proposes, the median rule (Golovin et
al. 2017) ends what is behind; both are Optuna's (Akiba et al. 2019). Nothing is remembered here:
each trial is asked for anew from all that is told, so that a search that was killed goes on.
"""

import importlib.util
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

from models.failures import CannotDo

if TYPE_CHECKING:
    from optuna import Trial

State = Literal["complete", "pruned", "failed"]
DRAWN_FIRST: Final = 4
"""So many trials are drawn by chance before any is proposed, and none is ended by the median."""
EPOCHS_FIRST: Final = 1
"""In which no trial is ended."""


@dataclass(frozen=True, slots=True)
class Between:
    """A number from `low` to `high`; by its logarithm, or a whole one, where that is said."""

    low: float
    high: float
    by_log: bool = False
    is_whole: bool = False


@dataclass(frozen=True, slots=True)
class OneOf:
    """One of some values."""

    values: tuple[Any, ...]


Space = Mapping[str, Between | OneOf]
Parameters = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Told:
    """How a trial went.

    Attributes:
        value: its best validation score; of one that is complete.
        scores: after each of its epochs, the higher the better.
    """

    parameters: Parameters
    state: State
    value: float | None
    scores: tuple[float, ...] = ()


class Trying:
    """A trial under way."""

    def __init__(self, trial: "Trial", names: Iterable[str]) -> None:
        self._trial = trial
        self.parameters: dict[str, Any] = {name: trial.params[name] for name in names}

    def is_behind(self, epoch: int, score: float) -> bool:
        """Whether it is to end, now that this epoch has this score."""
        self._trial.report(score, epoch)
        return bool(self._trial.should_prune())


def following(
    space: Space, told: Iterable[Told], *, seed: int, given: Parameters | None = None
) -> Trying:
    """The next trial after those that are over.

    Args:
        space: what may be varied.
        told: every trial that is over, in order.
        seed: the same seed and trials give the same next one.
        given: settings of a trial that was begun before, to go on with.

    Raises:
        CannotDo: `optuna_missing`.
    """
    if importlib.util.find_spec("optuna") is None:
        raise CannotDo("optuna_missing", "searching needs `pip install 'packshot[tuning]'`")
    import optuna  # an extra

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    over = list(told)
    ranges = {name: _distribution(one) for name, one in space.items()}
    study = optuna.create_study(
        direction="maximize",
        sampler=optuna.samplers.TPESampler(seed=seed + len(over), n_startup_trials=DRAWN_FIRST),
        pruner=optuna.pruners.MedianPruner(
            n_startup_trials=DRAWN_FIRST, n_warmup_steps=EPOCHS_FIRST + 1
        ),
    )
    for one in over:
        study.add_trial(_trial(one, ranges))
    if given is not None:
        study.enqueue_trial(dict(given))
    return Trying(study.ask(ranges), space)


def best(told: Iterable[Told]) -> int | None:
    """The place of the best complete trial; the first of several; None where none is complete."""
    values = [
        (one.value, -place)
        for place, one in enumerate(told)
        if one.state == "complete" and one.value is not None
    ]
    return -max(values)[1] if values else None


def _distribution(one: Between | OneOf) -> Any:
    from optuna import distributions

    match one:
        case OneOf(values=values):
            return distributions.CategoricalDistribution(values)
        case Between(low=low, high=high, by_log=by_log, is_whole=True):
            return distributions.IntDistribution(int(low), int(high), log=by_log)
        case Between(low=low, high=high, by_log=by_log):
            return distributions.FloatDistribution(low, high, log=by_log)


def _trial(one: Told, ranges: Mapping[str, Any]) -> Any:
    from optuna.trial import TrialState, create_trial

    states = {
        "complete": TrialState.COMPLETE, "pruned": TrialState.PRUNED, "failed": TrialState.FAIL,
    }  # fmt: skip
    return create_trial(
        state=states[one.state],
        params=dict(one.parameters),
        distributions=dict(ranges),
        value=one.value if one.state == "complete" else None,
        intermediate_values=dict(enumerate(one.scores, start=1)),
    )

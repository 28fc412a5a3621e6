"""What a run remembers of itself between its steps: where it is, and how it went so far."""

import json
from dataclasses import asdict, dataclass, field

from models.training.watch import Epoch


@dataclass(slots=True)
class Journal:
    """Written into every checkpoint; sums are plain floats, which JSON keeps to the last bit.

    Attributes:
        step: steps done since the run began.
        epochs: those that are complete.
        sums: of each loss over the epoch under way, with the number of steps that had it.
        seconds: spent on the epoch under way.
        best: the best validation score so far.
        start: validation scores before the first step, of a run that began with a version.
    """

    step: int = 0
    epochs: list[Epoch] = field(default_factory=list)
    sums: dict[str, tuple[float, int]] = field(default_factory=dict)
    seconds: float = 0.0
    best: float | None = None
    start: dict[str, float] = field(default_factory=dict)

    def add(self, losses: dict[str, float]) -> None:
        for name, loss in losses.items():
            total, count = self.sums.get(name, (0.0, 0))
            self.sums[name] = (total + loss, count + 1)
        self.step += 1

    def means(self) -> dict[str, float]:
        return {name: total / count for name, (total, count) in self.sums.items()}

    def close(self, epoch: Epoch) -> None:
        self.epochs.append(epoch)
        self.sums, self.seconds = {}, 0.0

    def to_json(self) -> str:
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> "Journal":
        row = json.loads(text)
        row["epochs"] = [Epoch(**epoch) for epoch in row["epochs"]]
        row["sums"] = {name: (total, count) for name, (total, count) in row["sums"].items()}
        return cls(**row)

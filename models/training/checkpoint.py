"""A run's saved state: one safetensors file, replaced whole, so that a kill leaves the last one.

Networks, running mean, optimisers and journal. No random states: chance is a function of the step.
"""

from pathlib import Path

import safetensors.torch
from safetensors import safe_open
from torch import Tensor, nn
from torch.optim.optimizer import Optimizer

from models.training.journal import Journal
from models.training.trainer import Trainer
from models.training.watch import TrainingError
from models.weights import write_whole

FILE = "checkpoint.safetensors"
BEST_FILE = "best.safetensors"


def save(folder: Path, trainer: Trainer, journal: Journal, *, run: str) -> None:
    """`run` names config and data; only the same run may go on from here."""
    metadata = {"run": run, "journal": journal.to_json()}
    write_whole(folder / FILE, safetensors.torch.save(_tensors(trainer), metadata))


def load(folder: Path, trainer: Trainer, *, run: str) -> Journal:
    """Bring the trainer to where it was; a fresh journal where there is no checkpoint."""
    path = folder / FILE
    if not path.exists():
        return Journal()
    with safe_open(path, framework="pt") as file:
        metadata = file.metadata() or {}
        if metadata.get("run") != run:
            raise TrainingError("other_run", "the folder holds a run of other settings or data")
        tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    for name, module in _modules(trainer).items():
        module.load_state_dict(_under(tensors, name))
    for name, optimizer in trainer.optimizers.items():
        _restore(optimizer, _under(tensors, f"optimizer.{name}"))
    return Journal.from_json(metadata["journal"])


def save_best(folder: Path, trainer: Trainer) -> None:
    write_whole(folder / BEST_FILE, safetensors.torch.save(_state(trainer.ema.module)))


def load_best(folder: Path, trainer: Trainer) -> None:
    """The kept network becomes the best there was, if any epoch was completed."""
    path = folder / BEST_FILE
    if path.exists():
        trainer.ema.module.load_state_dict(safetensors.torch.load_file(path))


def _modules(trainer: Trainer) -> dict[str, nn.Module]:
    return {**trainer.networks, "ema": trainer.ema.module}


def _tensors(trainer: Trainer) -> dict[str, Tensor]:
    tensors: dict[str, Tensor] = {}
    for name, module in _modules(trainer).items():
        tensors |= {f"{name}.{key}": tensor for key, tensor in _state(module).items()}
    for name, optimizer in trainer.optimizers.items():
        for index, state in optimizer.state_dict()["state"].items():
            for key, tensor in state.items():
                whole = tensor.detach().cpu().contiguous()
                tensors[f"optimizer.{name}.{index}.{key}"] = whole
    return tensors


def _state(module: nn.Module) -> dict[str, Tensor]:
    return {key: tensor.detach().cpu().contiguous() for key, tensor in module.state_dict().items()}


def _under(tensors: dict[str, Tensor], prefix: str) -> dict[str, Tensor]:
    start = f"{prefix}."
    return {key[len(start) :]: value for key, value in tensors.items() if key.startswith(start)}


def _restore(optimizer: Optimizer, tensors: dict[str, Tensor]) -> None:
    state: dict[int, dict[str, Tensor]] = {}
    for name, tensor in tensors.items():
        index, key = name.split(".")
        state.setdefault(int(index), {})[key] = tensor
    groups = optimizer.state_dict()["param_groups"]
    optimizer.load_state_dict({"state": state, "param_groups": groups})

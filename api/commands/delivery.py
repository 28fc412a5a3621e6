"""Jobs watched to their end, their pictures written to a folder, and a table of both."""

from collections.abc import Iterable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from itertools import chain, count
from pathlib import Path
from typing import Any

from api.client import TERMINAL, ApiError, Client, Json
from api.commands.options import dump, errors, progress_bar, say, score, table

ERASED = "erased"
# Where nobody tells, one asks: an API that is full of listeners, or of an earlier build.
_NOT_TOLD = ("too_many_listeners", "not_found")
_ENDINGS = {"jpeg": "jpg"}
COLUMNS = ("job", "operation", "state", "psnr_db", "ssim", "product_psnr_db", "file or reason")


def watched(client: Client, jobs: Sequence[Json], *, label: str) -> list[Json]:
    """The jobs as they ended, with a bar on standard error while they run."""
    bar = progress_bar()
    with bar if errors.is_terminal else nullcontext():
        task = bar.add_task(label, total=len(jobs), now="")
        done: dict[str, float] = {}
        return client.wait(
            [str(job["id"]) for job in jobs],
            watch=lambda job: bar.update(task, **_seen(job, done)),
        )


def followed(client: Client, job: Json) -> Json:
    """One job as it ended, its bar moved by what the API tells of it."""
    try:
        return _listened(client, job)
    except ApiError as error:
        if error.code not in _NOT_TOLD:
            raise
        return watched(client, [job], label="watch")[0]


def _listened(client: Client, job: Json) -> Json:
    job_id, bar = str(job["id"]), progress_bar()
    seen: Json = {**job, "epochs": []}
    with bar if errors.is_terminal else nullcontext():
        task = bar.add_task("watch", total=1, now="")
        for event in client.events(job_id):
            told = event.data
            if told["state"] == ERASED:
                break  # what the API says of it is said below
            epochs = [*seen["epochs"], *([told["epoch"]] if told["epoch"] else [])]
            seen |= {"state": told["state"], "progress": told["progress"], "epochs": epochs}
            bar.update(task, **_seen(seen, {}))
        return client.job(job_id)


def deliver(
    client: Client, jobs: Iterable[Json], names: Iterable[str], folder: Path
) -> dict[str, str]:
    """Write each job's pictures and stages, under names that nothing has.

    The path of each result's id, and of each stage's url.

    NAME-op[-ordinal].ext, its stages NAME-op[-ordinal].STAGE.png; NAME-op-2 where a file of an
    earlier job has one of these names.
    """
    folder.mkdir(parents=True, exist_ok=True)
    written = {}
    for job, name in zip(jobs, names, strict=True):
        wanted = _files(job)
        stem = _free(folder, f"{name}-{job['op']}", [one.ending for one in wanted])
        for one in wanted:
            path = folder / f"{stem}{one.ending}"
            path.write_bytes(_fetched(client, job, one))
            written[one.known_as] = str(path)
    return written


@dataclass(frozen=True, slots=True)
class _File:
    """What is to be written: how its name ends, and the id of a result or the url of a stage."""

    ending: str
    known_as: str
    stage: str | None = None


def _files(job: Json) -> list[_File]:
    """All that a job has and anybody is served; stages without a result are its own."""
    results, found = job.get("results") or [], []
    for result in results:
        if result.get("visibility") == "quarantined":
            continue
        number = f"-{result['ordinal']}" if len(results) > 1 else ""
        ending = _ENDINGS.get(result["format"], result["format"])
        found.append(_File(f"{number}.{ending}", str(result["id"])))
        found += [_of_stage(number, one) for one in result.get("stages") or []]
    return found + [_of_stage("", one) for one in job.get("stages") or []]


def _of_stage(number: str, stage: Json) -> _File:
    return _File(f"{number}.{stage['name']}.png", str(stage["url"]), str(stage["name"]))


def _free(folder: Path, stem: str, endings: Sequence[str]) -> str:
    """The stem, numbered from 2 where a file that is there would be written over."""
    numbered = chain([stem], (f"{stem}-{number}" for number in count(2)))
    return next(s for s in numbered if not any((folder / f"{s}{e}").exists() for e in endings))


def _fetched(client: Client, job: Json, file: _File) -> bytes:
    if file.stage is None:
        return client.download(file.known_as)
    return client.stage(str(job["id"]), file.stage)


def rows(jobs: Iterable[Json], written: dict[str, str]) -> list[tuple[Any, ...]]:
    """A line for each result, or for a job without one."""
    lines: list[tuple[Any, ...]] = []
    for job in jobs:
        head = (job["id"], job["op"], job["state"])
        for r in job.get("results") or []:
            scores = (score(r, name) for name in ("psnr_db", "ssim", "product_psnr_db"))
            lines.append((*head, *scores, written.get(str(r["id"]), _why(job) or _held(r))))
        if not job.get("results"):
            lines.append((*head, None, None, None, _why(job)))
    return lines


def show(jobs: list[Json], written: dict[str, str], *, as_json: bool) -> None:
    """What became of the jobs."""
    if as_json:
        files = {"files": written} if written else {}
        dump({"jobs": jobs, **files})
        return
    table(COLUMNS, rows(jobs, written))
    for job in jobs:
        if job.get("version"):
            label = job["version"].get("label", job["version"])
            say(f"New version: {label}. What was measured of it: packshot versions {label}")
            say(f"If it was measured to be better: packshot promote {label}")


def _seen(job: Json, done: dict[str, float]) -> dict[str, Any]:
    done[str(job["id"])] = 1.0 if job["state"] in TERMINAL else _share(job.get("progress"))
    return {"completed": sum(done.values()), "now": f"{job['op']} {job['state']}{_epoch(job)}"}


def _share(progress: object) -> float:
    """How far a job is, which only trainings say."""
    if not isinstance(progress, dict) or not progress.get("total"):
        return 0.0
    return min(float(progress["step"]) / float(progress["total"]), 1.0)


def _epoch(job: Json) -> str:
    """Which epoch it is at, and how the last one went."""
    progress, epochs = job.get("progress") or {}, job.get("epochs") or []
    if job["state"] not in TERMINAL and "trial" in progress:
        return f", trial {progress['trial']} of {progress['trials']}"
    if job["state"] in TERMINAL or "epochs" not in progress:
        return ""
    last = epochs[-1] if epochs else {}
    scores = {"val_psnr_db": last.get("val_psnr_db"), **(last.get("scores") or {})}
    told = [f"{name} {score:.4g}" for name, score in scores.items() if score is not None][:1]
    return ", ".join([f", epoch {len(epochs) + 1} of {progress['epochs']}", *told])


def _why(job: Json) -> str:
    error = job.get("error")
    return f"{error['code']}: {error['detail']}" if error else ""


def _held(result: Json) -> str:
    """Why a person is to see it first; empty where it was published."""
    if result.get("visibility", "published") == "published":
        return ""
    said = " ".join(one["says"] for one in result.get("reasons") or [])
    return f"{result['visibility']}: {said}" if said else str(result["visibility"])

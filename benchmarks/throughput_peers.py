"""The other peers, each in an environment of its own; set-up is a command of this file.

`python -m benchmarks.throughput_peers setup [NAME…]`

None of them keeps a job and its result: whoever asks a server by HTTP has to ask again when it
dies, and RQ keeps answers in Redis for some minutes.
"""

import argparse
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

from benchmarks import throughput_stage
from benchmarks.chaos_cast import Actor, free_port
from benchmarks.environments import Peer, setup
from benchmarks.throughput_http import IN_FLIGHT, Http, Refused
from benchmarks.throughput_system import READY_WITHIN_S, Child, NotHere, System
from benchmarks.throughput_workloads import Workload

Start = Callable[[Workload, Path], AbstractContextManager[System]]


PEERS: Final = (
    Peer("litserve", "0.2.19", "Apache-2.0"),
    Peer("rq", "3.0.0", "BSD-2-Clause"),
    Peer("bentoml", "1.4.40", "Apache-2.0"),
    Peer("ray", "2.60.0", "Apache-2.0", extras="[serve]"),
)


@dataclass(frozen=True, slots=True)
class _Server:
    """How an HTTP peer is run and asked.

    Attributes:
        arguments: behind its environment's Python, for a port.
        path: where its answers are.
        body: what it wants to hear for a job of this number.
        told: what else its environment holds.
    """

    arguments: Callable[[int], list[str]]
    path: str
    body: Callable[[int], object]
    told: Mapping[str, str]


def _bentoml(port: int) -> list[str]:
    program = ["-m", "bentoml", "serve", "benchmarks.peers.bentoml_app:Peer"]
    return [*program, "--host", "127.0.0.1", "--port", str(port)]


_SERVERS: Final = {
    "litserve": _Server(
        lambda _: ["-m", "benchmarks.peers.litserve_app"],
        "/predict",
        lambda number: {"number": number},
        {},
    ),
    "bentoml": _Server(
        _bentoml,
        "/infer",
        lambda number: {"numbers": [number]},
        {"BENTOML_DO_NOT_TRACK": "True"},
    ),
    "ray-serve": _Server(
        lambda _: ["-m", "benchmarks.peers.ray_app"],
        "/",
        lambda number: {"number": number},
        {"RAY_USAGE_STATS_ENABLED": "0"},
    ),
}


def _peer(system: str) -> Peer:
    """Whose environment a system of the table runs in."""
    return next(peer for peer in PEERS if peer.name == system.removesuffix("-serve"))


def missing(system: str) -> str:
    """A sentence, if a system's environment is not there; else nothing."""
    peer = _peer(system)
    if peer.is_installed():
        return ""
    command = f"python -m benchmarks.throughput_peers setup {peer.name}"
    return f"{system} is left out: {peer.requirement} is not installed; {command} does that"


@contextmanager
def http(system: str, workload: Workload, folder: Path) -> Iterator[System]:
    """A server with its own batching; torch has as many threads as it likes.

    Raises:
        NotHere: it is not installed, or did not answer in time.
    """
    _refuse_if_missing(system)
    throughput_stage.lay(workload, folder)
    with ExitStack() as stack:
        try:
            asked = _started(system, workload, folder, stack)
        except NotHere:  # others may have taken its port since it was found free
            stack.close()
            asked = _started(system, workload, folder, stack)
        asked.drain(IN_FLIGHT)
        yield asked


@contextmanager
def rq(workload: Workload, folder: Path) -> Iterator[System]:
    """Two workers, each with one thread for torch: two with two each only wait for each other.

    Raises:
        NotHere: it is not installed, or did not answer in time.
    """
    _refuse_if_missing("rq")
    throughput_stage.lay(workload, folder)
    python = _peer("rq").python
    with throughput_stage.valkey(folder) as url, ExitStack() as stack:
        told = {"PEER_BROKER": url, "OMP_NUM_THREADS": "1"}
        env = throughput_stage.peer_environment(workload, folder, **told)
        argv = [python, "-m", "rq.cli", "worker-pool", "--url", url, "--num-workers", "2"]
        simple = ["--worker-class", "rq.worker.SimpleWorker", "--logging-level", "WARNING"]
        pool = Actor("rq", [*argv, *simple], env, folder / "rq.log")
        stack.callback(throughput_stage.end, pool)
        pool.start()
        sender = Child("rq", [python, "-m", "benchmarks.peers.rq_app"], env, folder / "sender.log")
        stack.callback(sender.end)
        sender.wait()
        yield sender


def _started(system: str, workload: Workload, folder: Path, stack: ExitStack) -> Http:
    server, port = _SERVERS[system], free_port()
    # Each has its own word for where it litters.
    homes = {"BENTOML_HOME": str(folder / "bentoml"), "RAY_TMPDIR": str(folder)}
    told = {"PEER_PORT": str(port), **homes, **server.told}
    env = throughput_stage.peer_environment(workload, folder, **told)
    argv = [_peer(system).python, *server.arguments(port)]
    actor = Actor(system, argv, env, folder / f"{system}.log")
    stack.callback(throughput_stage.end, actor)
    actor.start()
    asked = Http(system, port, server.path, server.body)
    _until_it_answers(asked, actor)
    return asked


STARTERS: Final[Mapping[str, Start]] = {
    "rq": rq,
    **{name: partial(http, name) for name in _SERVERS},
}
"""Each of these peers by its name in the table."""


def _refuse_if_missing(system: str) -> None:
    if sentence := missing(system):
        raise NotHere(sentence)


def _until_it_answers(asked: Http, actor: Actor) -> None:
    give_up = time.monotonic() + READY_WITHIN_S
    while True:
        try:
            asked.drain(1)
        except (OSError, EOFError, Refused) as error:
            is_gone = actor.process is None or actor.process.poll() is not None
            if is_gone or time.monotonic() > give_up:
                raise NotHere(f"{asked.name} does not answer; {actor.log} says why") from error
            time.sleep(0.2)
        else:
            return


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.throughput_peers", description=__doc__
    )
    parser.add_argument("command", choices=["setup"])
    known = [peer.name for peer in PEERS]
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(known)}")
    names = parser.parse_args().names or known
    if unknown := sorted(set(names) - set(known)):
        parser.error(f"expected some of {', '.join(known)}; got {', '.join(unknown)}")
    for peer in PEERS:
        if peer.name in names:
            print(setup(peer), flush=True)


if __name__ == "__main__":
    main()

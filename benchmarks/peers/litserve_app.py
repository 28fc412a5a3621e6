"""LitServe as its guide writes it: decode, batch, predict, encode, in one inference process."""

import os
import signal

import litserve
from torch import Tensor

from benchmarks.peers import settings
from benchmarks.throughput_work import Numbers, Opened
from benchmarks.throughput_workloads import MAX_BATCH

Worked = tuple[Opened, Tensor]


class Peer(litserve.LitAPI):
    def setup(self, device: str) -> None:  # noqa: ARG002 - the CPU
        self.desk = settings.desk()

    def decode_request(self, request: dict[str, int]) -> Opened:
        return self.desk.opened(request["number"])

    def batch(self, inputs: list[Opened]) -> list[Opened]:
        return inputs

    def predict(self, x: list[Opened]) -> list[Worked]:
        return list(zip(x, self.desk.worked(x), strict=True))

    def unbatch(self, output: list[Worked]) -> list[Worked]:
        return output

    def encode_response(self, output: Worked) -> Numbers:
        return self.desk.closed(*output)


if __name__ == "__main__":
    # At SIGTERM the server would end, and its own processes live on.
    signal.signal(signal.SIGTERM, lambda *_: os.killpg(0, signal.SIGKILL))
    server = litserve.LitServer(
        Peer(max_batch_size=MAX_BATCH, batch_timeout=0.005),
        accelerator="cpu",
        workers_per_device=1,
        timeout=False,
    )
    server.run(
        host="127.0.0.1",
        port=settings.get().port,
        log_level="warning",
        generate_client_file=False,
    )

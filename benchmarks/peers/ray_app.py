"""Ray Serve with `@serve.batch`: one replica, which has both cores."""

import signal

import ray
from ray import serve
from starlette.requests import Request
from starlette.responses import JSONResponse

from benchmarks.peers import settings
from benchmarks.throughput_work import Numbers
from benchmarks.throughput_workloads import MAX_BATCH

CORES = 2


class Peer:
    def __init__(self) -> None:
        self.desk = settings.desk()

    async def __call__(self, request: Request) -> JSONResponse:
        return JSONResponse(await self.infer((await request.json())["number"]))

    @serve.batch(max_batch_size=MAX_BATCH, batch_wait_timeout_s=0.005)
    async def infer(self, numbers: list[int]) -> list[Numbers]:
        jobs = [self.desk.opened(number) for number in numbers]
        clean = self.desk.worked(jobs)
        return [self.desk.closed(*pair) for pair in zip(jobs, clean, strict=True)]


if __name__ == "__main__":
    ray.init(num_cpus=CORES, include_dashboard=False)
    serve.start(http_options={"host": "127.0.0.1", "port": settings.get().port})
    deployed = serve.deployment(
        ray_actor_options={"num_cpus": CORES},
        max_ongoing_requests=4 * MAX_BATCH,
        logging_config={"enable_access_log": False},
    )(Peer)
    serve.run(deployed.bind())
    signal.pause()

"""The Python client a storefront imports: one file, only httpx2, nothing of ours."""

import base64
import hmac
import json
import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import httpx2

Json = dict[str, Any]
Query = Mapping[str, str | int | float | None]

TERMINAL: Final = frozenset({"succeeded", "failed", "cancelled", "dead"})
_PAUSES_S: Final = (0.1, 0.3, 1.0, 2.0, 4.0)
_LONGEST_PATIENCE_S: Final = 61.0
"""A budget of requests is whole again within a minute."""
# Of many open jobs the oldest are asked after; the rest end later.
_ASKED_AT_ONCE: Final = 8
# A stream says something every 15 seconds; one that does not is no longer there.
_SILENT_FOR_S: Final = 45.0
_MOST_HEARD: Final = 20_000


class ApiError(Exception):
    """The API said no: a problem document with its code and what it points at."""

    def __init__(self, status: int, problem: Json) -> None:
        self.status = status
        self.code = str(problem.get("code", f"http_{status}"))
        self.detail = str(problem.get("detail") or problem.get("title") or "no explanation")
        self.errors: list[Json] = list(problem.get("errors") or [])
        self.request_id: str | None = problem.get("request_id")
        super().__init__(f"{self.code}: {self.detail}")


@dataclass(frozen=True, slots=True)
class Event:
    """What a stream told: `state`, `progress` or `end`, and the job or batch it tells of."""

    kind: str
    id: str
    data: Json


class InvalidWebhook(ValueError):
    """Whoever sent this does not know the secret, or says it too late."""


class Unreachable(ConnectionError):
    """Nobody answered, however often we asked."""


class Client:
    """Pictures in, jobs, pictures out. Use it in a `with` block, or call `close`.

    `key` is an API key of the shop: psk_…
    """

    def __init__(
        self,
        url: str = "http://127.0.0.1:8700",
        key: str | None = None,
        *,
        timeout_s: float = 90.0,
        transport: httpx2.BaseTransport | None = None,
        pauses_s: tuple[float, ...] = _PAUSES_S,
    ) -> None:
        self.url = url.rstrip("/")
        self._pauses_s = pauses_s
        # A proxy from the environment never knows the way to this machine itself.
        local = httpx2.URL(self.url).host in ("127.0.0.1", "localhost", "::1")
        self._http = httpx2.Client(
            base_url=self.url,
            headers={"Authorization": f"Bearer {key}"} if key else {},
            timeout=timeout_s,
            transport=transport,
            trust_env=not local,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        self._http.close()

    def upload(self, picture: Path | bytes, *, name: str | None = None) -> Json:
        """Send a picture; the same bytes again give the same picture."""
        data = picture if isinstance(picture, bytes) else picture.read_bytes()
        called = name or (picture.name if isinstance(picture, Path) else "picture")
        files = {"file": (called, data)}
        request = self._http.build_request("POST", "/v1/pictures", files=files)
        answer: Json = self._send(request).json()
        return answer

    def verify(self, file: Path | bytes, *, timeout_s: float = 300.0) -> Json:
        """Where a file comes from: the job that looked at it, its finding in `report`.

        Raises:
            TimeoutError: nobody has looked at it yet.
        """
        data = file if isinstance(file, bytes) else file.read_bytes()
        files, headers = {"file": ("file", data)}, {"Prefer": "wait=30"}
        path = "/v1/provenance/verify"
        request = self._http.build_request("POST", path, files=files, headers=headers)
        job: Json = self._send(request).json()
        if job["state"] in TERMINAL:
            return job
        return self.wait([job["id"]], timeout_s=timeout_s)[0]

    def submit(self, order: Json, *, key: str | None = None) -> Json:
        """Create a job. Safe to repeat: every try carries the same idempotency key."""
        return self._post("/v1/jobs", order, key=key or str(uuid.uuid4()))

    def assist(
        self,
        picture: str,
        wish: str,
        said: Mapping[str, str] | None = None,
        *,
        key: str | None = None,
    ) -> Json:
        """Have a wish in words done, in English or Chinese, of a picture or result.

        `said` may hold mode (do, plan, anew), sku, channel, external_id, webhook_url. The answer's
        `outcome` is existing, with the `result`; queued, with the `job`; or planned.

        Raises:
            ApiError: `wish_not_understood`, `wish_ambiguous`, `wish_impossible`; `errors` say more.
        """
        body = {"picture": picture, "wish": wish, **(said or {})}
        return self._post("/v1/assist", body, key=key or str(uuid.uuid4()))

    def vocabulary(self) -> Json:
        """The words that wishes are read by."""
        return self._one("/v1/assist")

    def job(self, job_id: str) -> Json:
        return self._one(f"/v1/jobs/{job_id}")

    def jobs(self, query: Query | None = None, *, limit: int = 50) -> Iterator[Json]:
        """Jobs, newest first; `query` may hold state, op, sku, external_id."""
        return self._pages("/v1/jobs", query, limit)

    def cancel(self, job_id: str) -> Json:
        return self._post(f"/v1/jobs/{job_id}/cancel")

    def retry(self, job_id: str) -> Json:
        """A new job like one that ended badly."""
        return self._post(f"/v1/jobs/{job_id}/retry")

    def wait(
        self,
        job_ids: Iterable[str],
        *,
        timeout_s: float = 3600.0,
        pause_s: float = 0.25,
        watch: Callable[[Json], None] = lambda _: None,
    ) -> list[Json]:
        """The jobs as they ended, in the order given; `watch` sees each change on the way.

        Raises:
            TimeoutError: some are still open.
        """
        order = list(job_ids)
        open_ids, seen = list(order), dict[str, tuple[str, Json]]()
        give_up = time.monotonic() + timeout_s
        while open_ids:
            for job_id in open_ids[:_ASKED_AT_ONCE]:
                self._look(job_id, seen, watch)
            open_ids = [i for i in open_ids if i not in seen or seen[i][1]["state"] not in TERMINAL]
            if open_ids and time.monotonic() > give_up:
                raise TimeoutError(f"{len(open_ids)} jobs are still open after {timeout_s:g} s")
            time.sleep(pause_s if open_ids else 0)
        return [seen[job_id][1] for job_id in order]

    def events(self, job_id: str | None = None, *, batch_id: str | None = None) -> Iterator[Event]:
        """A job's or a batch's changes as they happen, until its end; else all jobs', without end.

        Where a connection ends the next goes on behind the last event that came.

        Raises:
            Unreachable: nobody answers.
            ApiError: there is nothing of this id, or no longer.
        """
        path = "/v1/events"
        if job_id or batch_id:
            path = f"/v1/jobs/{job_id}/events" if job_id else f"/v1/batches/{batch_id}/events"
        last, heard = "", dict[str, int]()
        while True:
            for event in self._listen(path, last):
                last = event.id or last
                if event.kind == "over":
                    return
                if batch_id or job_id or _is_new(event, heard):
                    yield event
                if event.kind == "end" and (job_id or batch_id):
                    return
            time.sleep(self._pauses_s[0] if self._pauses_s else 0.0)

    def submit_batch(self, orders: Iterable[Json] | bytes, *, key: str | None = None) -> Json:
        """Create up to 10,000 jobs at once, given as orders or as JSON Lines.

        Safe to repeat, as `submit` is. A line that is refused stops no other: see `batch_lines`.
        """
        lines = orders if isinstance(orders, bytes) else b"\n".join(map(_line, orders))
        headers = {
            "Idempotency-Key": key or str(uuid.uuid4()),
            "Content-Type": "application/x-ndjson",
        }
        request = self._http.build_request("POST", "/v1/batches", content=lines, headers=headers)
        answer: Json = self._send(request).json()
        return answer

    def batch(self, batch_id: str) -> Json:
        """How far it is: `state`, and `counts` that sum to its lines."""
        return self._one(f"/v1/batches/{batch_id}")

    def batches(self, *, limit: int = 50) -> Iterator[Json]:
        """Batches, newest first."""
        return self._pages("/v1/batches", None, limit)

    def batch_lines(
        self, batch_id: str, query: Query | None = None, *, limit: int = 10_000
    ) -> Iterator[Json]:
        """Each line with its job, results or problem, in order; `query` may hold state."""
        return self._pages(f"/v1/batches/{batch_id}/lines", query, limit, most=1_000)

    def cancel_batch(self, batch_id: str) -> Json:
        return self._post(f"/v1/batches/{batch_id}/cancel")

    def wait_batch(
        self,
        batch_id: str,
        *,
        timeout_s: float = 86_400.0,
        pause_s: float = 1.0,
        watch: Callable[[Json], None] = lambda _: None,
    ) -> Json:
        """The batch when it is over; `watch` sees it at each look.

        Raises:
            TimeoutError: some of its jobs are still open.
        """
        give_up = time.monotonic() + timeout_s
        while True:
            batch = self.batch(batch_id)
            watch(batch)
            if batch["finished_at"]:
                return batch
            if time.monotonic() > give_up:
                raise TimeoutError(f"the batch is still running after {timeout_s:g} s")
            time.sleep(pause_s)

    def results(self, query: Query | None = None, *, limit: int = 50) -> Iterator[Json]:
        """Results, newest first; `query` may hold job_id, op, sku, channel, min_psnr_db."""
        return self._pages("/v1/results", query, limit)

    def result(self, result_id: str) -> Json:
        return self._one(f"/v1/results/{result_id}")

    def download(self, result_id: str) -> bytes:
        """The delivered file, byte for byte."""
        return self._get(f"/v1/results/{result_id}/content").content

    def grid(self, job_id: str, epoch: int) -> bytes:
        """What a training's network made after an epoch, as PNG."""
        return self._get(f"/v1/jobs/{job_id}/epochs/{epoch}/grid").content

    def stage(self, job_id: str, name: str) -> bytes:
        """How a result came about, as PNG; which there are, `stages` of a result or job say."""
        return self._get(f"/v1/jobs/{job_id}/stages/{name}").content

    def trials(self, job_id: str) -> list[Json]:
        """How the trials of a search went, the first one first."""
        items: list[Json] = self._get(f"/v1/jobs/{job_id}/trials").json()["items"]
        return items

    def trainings(self, query: Query | None = None, *, limit: int = 50) -> Iterator[Json]:
        """Jobs that learn or measure, newest first; `query` may hold op, state."""
        return self._pages("/v1/trainings", query, limit)

    def training(self, job_id: str) -> Json:
        """One of them with its first epochs."""
        return self._one(f"/v1/trainings/{job_id}")

    def epochs(self, job_id: str, *, limit: int = 10_000) -> Iterator[Json]:
        """How each epoch of a training went, the first one first."""
        return self._pages(f"/v1/trainings/{job_id}/epochs", None, limit, most=1_000)

    def picture_content(self, picture_id: str) -> bytes:
        return self._get(f"/v1/pictures/{picture_id}/content").content

    def erase(self, kind: str, row_id: str, *, from_datasets: bool = False) -> list[str]:
        """Erase a `picture`, `job` or `result` with all that was made from it; twice is once.

        Answers with the labels of versions that learnt from it, which nobody can undo.
        """
        asked = {"from_datasets": "true"} if from_datasets else None
        request = self._http.build_request("DELETE", f"/v1/{kind}s/{row_id}", params=asked)
        try:
            answer = self._send(request)
            return list(answer.json()["trained_versions"]) if answer.content else []
        except ApiError as error:
            if error.code != "erased":
                raise
            return []

    def rate(
        self,
        result_id: str,
        rating: int,
        *,
        reason: str | None = None,
        region: tuple[int, int, int, int] | None = None,
        rater: str | None = None,
    ) -> Json:
        """Say what somebody thought of a result: -1, 0 or 1."""
        body = {"reason": reason, "region": region, "rater": rater}
        said = {name: value for name, value in body.items() if value is not None}
        return self._post("/v1/feedback", {"result_id": result_id, "rating": rating, **said})

    def feedback(self, query: Query | None = None, *, limit: int = 50) -> Iterator[Json]:
        """Ratings, newest first."""
        return self._pages("/v1/feedback", query, limit)

    def alike(self, query: Query) -> Json:
        """What is most like a `picture` or `result` that `embed` has seen, with `k`, `version`."""
        return self._ask("GET", "/v1/search", query)

    def unseen(self, query: Query | None = None) -> Json:
        """Ids that a classifier's `version` has not embedded, `after` one, at most `limit`."""
        return self._ask("GET", "/v1/search/unseen", query)

    def proposals(self, *, limit: int = 50) -> Iterator[Json]:
        """Categories that classifications propose and nobody has answered, newest first."""
        return self._pages("/v1/proposals", None, limit)

    def label(self, picture: str, verdict: str, *, category: str | None = None) -> Json:
        """`confirm` a proposal, `correct` it by a category, or `reject` it."""
        said = {} if category is None else {"category": category}
        return self._post("/v1/labels", {"picture": picture, "verdict": verdict, **said})

    def like(
        self, picture: str, liked: int, *, segment: str | None = None, shopper: str | None = None
    ) -> Json:
        """Say that a shopper, or somebody of a segment, liked a picture or result: 1, or -1."""
        said: Json = {"picture": picture, "liked": liked, "segment": segment, "shopper": shopper}
        told = {name: value for name, value in said.items() if value is not None}
        return self._post("/v1/tastes", told)

    def tastes(self, query: Query | None = None, *, limit: int = 50) -> Iterator[Json]:
        """What shoppers and segments liked, newest first; `query` may hold segment, shopper."""
        return self._pages("/v1/tastes", query, limit)

    def ranking(self, query: Query) -> Json:
        """A `sku`'s results, what a `segment` or `shopper` will like most first."""
        return self._ask("GET", "/v1/rankings", query)

    def forget(self, shopper: str) -> None:
        """Erase all that a shopper liked; twice is once."""
        self._send(self._http.build_request("DELETE", "/v1/tastes", params={"shopper": shopper}))

    def review(self, result_id: str, verdict: str) -> Json:
        """`approve` or `reject` a result that a gate held back."""
        return self._post(f"/v1/results/{result_id}/review", {"verdict": verdict})

    def campaigns(self, *, limit: int = 50) -> Iterator[Json]:
        """What is chosen from, newest first."""
        return self._pages("/v1/campaigns", None, limit)

    def campaign(self, campaign_id: str) -> Json:
        """One of them, with what each of its arms has come to."""
        return self._one(f"/v1/campaigns/{campaign_id}")

    def add_campaign(self, name: str, results: list[str], *, goal: str = "click") -> Json:
        return self._post("/v1/campaigns", {"name": name, "results": results, "goal": goal})

    def add_arm(self, campaign_id: str, result_id: str) -> Json:
        return self._post(f"/v1/campaigns/{campaign_id}/arms", {"result_id": result_id})

    def retire_arm(self, campaign_id: str, result_id: str) -> Json:
        """It is chosen no more; what shoppers still do with it is counted."""
        return self._post(f"/v1/campaigns/{campaign_id}/arms/{result_id}/retire")

    def close_campaign(self, campaign_id: str) -> Json:
        return self._post(f"/v1/campaigns/{campaign_id}/close")

    def choose(self, campaign_id: str, *, impression: str = "told") -> Json:
        """The result to show next, and a link to it; `counted` counts it as seen."""
        return self._post(f"/v1/campaigns/{campaign_id}/choice", {"impression": impression})

    def tell_events(self, events: list[Json]) -> Json:
        """Count up to 1,000 impressions, clicks and orders, each once by its id."""
        return self._post("/v1/events", {"events": events})

    def operations(self) -> Json:
        operations: Json = self._get("/v1/operations").json()["operations"]
        return operations

    def presets(self) -> list[Json]:
        """What sales channels want of a picture."""
        return _items(self._get("/v1/presets").json(), "presets")

    def preset(self, name: str) -> Json:
        return self._one(f"/v1/presets/{name}")

    def add_preset(self, rules: Json) -> Json:
        """A preset of your own, or its next version."""
        return self._post("/v1/presets", rules)

    def remove_preset(self, name: str) -> None:
        """One of your own, with all its versions."""
        self._send(self._http.build_request("DELETE", f"/v1/presets/{name}"))

    def policies(self) -> list[Json]:
        """What you let through: the shop's policy, then each channel's."""
        return _items(self._get("/v1/policies").json(), "policies")

    def policy_history(self, channel: str | None = None) -> list[Json]:
        """Every version of one, the newest first."""
        query = {} if channel is None else {"channel": channel}
        return _items(self._get("/v1/policies/history", query).json(), "policies")

    def set_policy(self, rules: Json, *, channel: str | None = None) -> Json:
        """Have rules hold from now on, for a channel or for the whole shop."""
        return self._ask("PUT", "/v1/policies", None, {"rules": rules, "channel": channel})

    def blocklist(self, *, limit: int = 50) -> Iterator[Json]:
        """Pictures that go no further, newest first."""
        return self._pages("/v1/blocklist", None, limit)

    def block(self, entry: Json) -> Json:
        """One more: `{"picture": id}`, or a `sha256` or `phash` from elsewhere."""
        return self._post("/v1/blocklist", entry)

    def unblock(self, entry_id: str) -> None:
        """One off the list."""
        self._send(self._http.build_request("DELETE", f"/v1/blocklist/{entry_id}"))

    def operation(self, name: str) -> Json:
        return self._one(f"/v1/operations/{name}")

    def versions(self) -> list[Json]:
        return _items(self._get("/v1/versions").json(), "versions")

    def version(self, version: str) -> Json:
        """One of them by id or label, with what was measured of it."""
        return self._one(f"/v1/versions/{version}")

    def promote(
        self, version: str, *, share: float = 1.0, force: bool = False, reason: str | None = None
    ) -> Json:
        """Let a version serve all jobs that name none, or a share of them."""
        body: Json = {"share": float(share), "force": force}
        return self._post(
            f"/v1/versions/{version}/promote", body | ({"reason": reason} if reason else {})
        )

    def roll_back(self, network: str) -> Json:
        """Take the last promotion of a network back."""
        return self._post("/v1/versions/rollback", {"network": network})

    def promotions(self, network: str | None = None) -> list[Json]:
        """What was put into service and taken back, newest first."""
        query = {"network": network} if network else None
        return _items(self._get("/v1/versions/promotions", query).json(), "promotions")

    def datasets(self) -> list[Json]:
        return _items(self._get("/v1/datasets").json(), "datasets")

    def dataset(self, name: str) -> Json:
        """One of them with its report; by id, name (the newest version) or `name@version`."""
        return self._one(f"/v1/datasets/{name}")

    def add_dataset(
        self,
        name: str,
        pictures: list[Json],
        *,
        licence: str | None = None,
        include_generated: bool = False,
    ) -> Json:
        """Register pictures or results to train on: each {"picture": id, "category": name}.

        With "product" in it, pictures of one product are never on both sides of the split; with
        "consent": True one that shows a person may enter, because that person agreed. The answer's
        `report` says what was left out and why, and which networks it can train.
        """
        body: Json = {"name": name, "pictures": pictures}
        if licence:
            body["licence"] = licence
        if include_generated:
            body["include_generated"] = True
        return self._post("/v1/datasets", body)

    def add_feedback(self, dataset: str) -> Json:
        """The next version of a dataset, by what people thought of results."""
        return self._post(f"/v1/datasets/{dataset}/feedback")

    def add_rule(self, operation: Json, *, when: Mapping[str, float], promote: bool = True) -> Json:
        """Have a network trained again by itself: `when` has ratings, drop_db, over_results."""
        body = {"operation": operation, "when": dict(when), "promote": promote}
        return self._post("/v1/retraining-rules", body)

    def rules(self) -> list[Json]:
        """What trains networks again, oldest first."""
        return _items(self._get("/v1/retraining-rules").json(), "retraining rules")

    def rule(self, rule_id: str) -> Json:
        """One of them, with what came of it."""
        return self._one(f"/v1/retraining-rules/{rule_id}")

    def remove_rule(self, rule_id: str) -> None:
        """It starts nothing more."""
        self._send(self._http.build_request("DELETE", f"/v1/retraining-rules/{rule_id}"))

    def workers(self) -> list[Json]:
        return _items(self._get("/v1/workers").json(), "workers")

    def drain(self, worker_id: str) -> Json:
        """Send a worker home; it ends as at SIGTERM. Whoever keeps it running starts another."""
        return self._post(f"/v1/workers/{worker_id}/drain")

    def queues(self) -> list[Json]:
        return _items(self._get("/v1/queues").json(), "queues")

    def pause(self, queue: str) -> Json:
        """Nothing more is claimed from a queue; what runs goes on."""
        return self._post(f"/v1/queues/{queue}/pause")

    def resume(self, queue: str) -> Json:
        return self._post(f"/v1/queues/{queue}/resume")

    def audit(
        self, picture: str | None = None, *, tenant: str | None = None, limit: int = 50
    ) -> Iterator[Json]:
        """Who changed what, newest first; of a picture or result all that happened to it."""
        return self._pages("/v1/audit", {"picture": picture, "tenant": tenant}, limit)

    def keys(self, tenant: str | None = None, *, limit: int = 50) -> Iterator[Json]:
        """A tenant's keys, newest first; without a name, those of one's own."""
        return self._pages("/v1/keys", {"tenant": tenant}, limit)

    def add_key(
        self,
        name: str,
        scopes: list[str],
        *,
        tenant: str | None = None,
        expires_in_days: int | None = None,
    ) -> Json:
        """A new key; `key` in the answer is its text, which nobody can show again."""
        body = {"name": name, "scopes": scopes, "expires_in_days": expires_in_days}
        return self._ask("POST", "/v1/keys", {"tenant": tenant}, body)

    def rotate_key(self, key_id: str, *, tenant: str | None = None) -> Json:
        """A new key in place of one that opens for 24 hours more."""
        return self._ask("POST", f"/v1/keys/{key_id}/rotate", {"tenant": tenant})

    def revoke_key(self, key_id: str, *, tenant: str | None = None) -> Json:
        return self._ask("DELETE", f"/v1/keys/{key_id}", {"tenant": tenant})

    def tenants(self, *, limit: int = 50) -> Iterator[Json]:
        return self._pages("/v1/tenants", None, limit)

    def add_tenant(self, name: str, caps: Mapping[str, int | None]) -> Json:
        """A new tenant; `caps` are those that `set_tenant` changes."""
        return self._ask("POST", "/v1/tenants", None, {"name": name, **caps})

    def set_tenant(self, name: str, caps: Mapping[str, int | None]) -> Json:
        """Change the caps that are named; None lifts one."""
        return self._ask("PATCH", f"/v1/tenants/{name}", None, dict(caps))

    def ready(self) -> bool:
        """Whether the API answers and has all it needs."""
        try:
            return self._http.get("/readyz", timeout=5.0).status_code == 200
        except httpx2.TransportError:
            return False

    def usage(
        self, first: str | None = None, last: str | None = None, *, tenant: str | None = None
    ) -> Json:
        """What a tenant used, by day: jobs, device_s, bytes_in, bytes_out; days as 2026-11-26."""
        return self._ask("GET", "/v1/usage", {"from": first, "to": last, "tenant": tenant})

    def webhooks(self) -> list[Json]:
        return _items(self._get("/v1/webhooks").json(), "webhooks")

    def add_webhook(
        self, url: str, *, events: Iterable[str] = (), description: str | None = None
    ) -> Json:
        """Have an address hear of events, of all if none is named; its secret is shown once."""
        body = {"url": url, "events": list(events), "description": description}
        return self._post("/v1/webhooks", body)

    def test_webhook(self, webhook_id: str) -> Json:
        """Send it a ping; how that went is in the delivery."""
        return self._post(f"/v1/webhooks/{webhook_id}/test")

    def webhook_secret(self) -> str:
        """What signs deliveries to the `webhook_url` of jobs and batches."""
        return str(self._one("/v1/webhooks/secret")["secret"])

    def deliveries(self, query: Query | None = None, *, limit: int = 50) -> Iterator[Json]:
        """What was told, newest first; `query` may hold state, webhook_id, subject."""
        return self._pages("/v1/webhooks/deliveries", query, limit)

    def delivery(self, delivery_id: str) -> Json:
        return self._one(f"/v1/webhooks/deliveries/{delivery_id}")

    def replay(self, delivery_id: str) -> Json:
        """Tell it once more, under the same `webhook-id`."""
        return self._post(f"/v1/webhooks/deliveries/{delivery_id}/replay")

    def _listen(self, path: str, last: str) -> Iterator[Event]:
        """One connection's events, however often it takes to make it; `over` if none will come."""
        headers = {"Accept": "text/event-stream"} | ({"Last-Event-ID": last} if last else {})
        timeout = httpx2.Timeout(_SILENT_FOR_S, connect=10.0)
        is_told = False
        for pause_s in (*self._pauses_s, None):
            try:
                with self._http.stream("GET", path, headers=headers, timeout=timeout) as answer:
                    if answer.status_code == 204:
                        yield Event("over", last, {})
                    elif answer.status_code == 200:
                        kind = answer.headers.get("Content-Type", "")
                        if not kind.startswith("text/event-stream"):
                            raise Unreachable(f"{self.url} tells no events: {kind or 'nothing'}")
                        for event in _told(answer.iter_lines()):
                            is_told = True
                            yield event
                    elif pause_s is None or answer.status_code not in (429, 503):
                        answer.read()
                        raise ApiError(answer.status_code, _problem(answer))
                if answer.status_code in (200, 204):
                    return
            except httpx2.TransportError as error:
                if is_told:
                    return  # whoever listens goes on with a fresh count of tries
                if pause_s is None:
                    raise Unreachable(f"{self.url} does not answer: {error}") from error
            time.sleep(pause_s or 0.0)

    def _look(
        self, job_id: str, seen: dict[str, tuple[str, Json]], watch: Callable[[Json], None]
    ) -> None:
        etag = seen[job_id][0] if job_id in seen else ""
        headers = {"If-None-Match": etag} if etag else {}
        answer = self._get(f"/v1/jobs/{job_id}", headers=headers)
        if answer.status_code != 304:
            seen[job_id] = (answer.headers.get("ETag", ""), answer.json())
            watch(seen[job_id][1])

    def _pages(
        self, path: str, query: Query | None, limit: int, *, most: int = 200
    ) -> Iterator[Json]:
        asked = {name: value for name, value in (query or {}).items() if value is not None}
        while limit > 0:
            page = self._get(path, asked | {"limit": min(limit, most)}).json()
            yield from page["items"]
            limit -= len(page["items"])
            asked["cursor"] = page.get("next_cursor")
            if not asked["cursor"] or not page["items"]:
                return

    def _one(self, path: str) -> Json:
        found: Json = self._get(path).json()
        return found

    def _get(
        self, path: str, query: Query | None = None, *, headers: Mapping[str, str] | None = None
    ) -> httpx2.Response:
        return self._send(self._http.build_request("GET", path, params=query, headers=headers))

    def _ask(self, method: str, path: str, query: Query | None, body: Json | None = None) -> Json:
        asked = {name: value for name, value in (query or {}).items() if value is not None}
        request = self._http.build_request(method, path, params=asked, json=body)
        answer: Json = self._send(request).json()
        return answer

    def _post(self, path: str, body: Json | None = None, *, key: str | None = None) -> Json:
        headers = {"Idempotency-Key": key} if key else {}
        request = self._http.build_request("POST", path, json=body, headers=headers)
        answer: Json = self._send(request).json()
        return answer

    def _send(self, request: httpx2.Request) -> httpx2.Response:
        for pause_s in (*self._pauses_s, None):
            try:
                answer = self._http.send(request)
            except httpx2.TransportError as error:
                if pause_s is None or not _may_repeat(request, error):
                    raise Unreachable(f"{self.url} does not answer: {error}") from error
                time.sleep(pause_s)
                continue
            again_s = answer.headers.get("Retry-After", "")
            if pause_s is None or answer.status_code not in (429, 503) or not again_s.isdigit():
                break
            if float(again_s[:12]) > _LONGEST_PATIENCE_S:
                break  # a day's budget is spent: its problem says so, and nobody sleeps till then
            time.sleep(float(again_s))
        if answer.status_code >= 400:
            raise ApiError(answer.status_code, _problem(answer))
        return answer


def verify_webhook(
    body: bytes, headers: Mapping[str, str], secret: str, *, tolerance_s: float = 300.0
) -> Json:
    """What a webhook says, once its signature (Standard Webhooks 1.0) and its time are right.

    `body` is the request's as it came, byte for byte. The header `webhook-id` is the same when a
    message comes again: who has seen it has done it.

    Raises:
        InvalidWebhook: it is not from us, was changed on the way, or is too old.
    """
    named = {name.lower(): value for name, value in headers.items()}
    try:
        message_id, sent_at = named["webhook-id"], int(named["webhook-timestamp"])
        given = named["webhook-signature"].split()
        key = base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    except (KeyError, ValueError) as error:
        raise InvalidWebhook(f"no signature that can be read: {error}") from error
    if abs(time.time() - sent_at) > tolerance_s:
        raise InvalidWebhook("it was signed at another time")
    signed = f"{message_id}.{sent_at}.".encode() + body
    right = b"v1," + base64.b64encode(hmac.digest(key, signed, "sha256"))
    if not any(hmac.compare_digest(right, one.encode()) for one in given):
        raise InvalidWebhook("no signature is right")
    told: Json = json.loads(body)
    return told


def _may_repeat(request: httpx2.Request, error: httpx2.TransportError) -> bool:
    """What is not the same when done twice goes again only if it was never sent."""
    unsent = isinstance(error, (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout))
    return unsent or not request.url.path.endswith(
        ("/retry", "/rotate", "/keys", "/webhooks", "/choice")
    )


def _told(lines: Iterable[str]) -> Iterator[Event]:
    """Server-sent events; comments and what has no data are passed over."""
    fields: dict[str, str] = {}
    for line in lines:
        name, _, value = line.partition(":")
        if line:
            fields[name] = value.removeprefix(" ")
            continue
        if "data" in fields:
            yield Event(fields.get("event", "message"), fields.get("id", ""),
                        json.loads(fields["data"]))  # fmt: skip
        fields = {}


def _is_new(event: Event, heard: dict[str, int]) -> bool:
    """Of a tenant's last seconds a server may tell twice; job and revision say which."""
    job_id, revision = str(event.data["job_id"]), int(event.data["revision"])
    before = heard.pop(job_id, 0)
    heard[job_id] = max(before, revision)
    if len(heard) > _MOST_HEARD:
        del heard[next(iter(heard))]
    return revision > before


def _line(order: Json) -> bytes:
    return json.dumps(order).encode()


def _problem(answer: httpx2.Response) -> Json:
    try:
        problem = answer.json()
    except ValueError:
        problem = None
    return problem if isinstance(problem, dict) else {"detail": answer.text[:500]}


def _items(body: Any, name: str) -> list[Json]:
    """A plain list, whether the API wraps it or not."""
    found: list[Json] = body if isinstance(body, list) else body.get("items", body.get(name, []))
    return found

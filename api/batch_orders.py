"""A batch's lines become jobs, or each the problem that POST /v1/jobs would tell of it."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

from sqlalchemy.orm import Session

from api import batch_bodies, bodies
from api.auth import Caller, check_order
from api.batch_bodies import Body, Sent
from api.errors import Problem, document, told
from db import admission, batches, ids, jobs, one_training, order_presets
from db.batches import Created, Line
from db.engine import long_transaction, reading
from db.operations import order as operations
from db.operations.order import Order
from db.refusals import Refused

_UNREADABLE = ("malformed_json", "content_too_large")


@dataclass(frozen=True, slots=True)
class Read:
    """A line after its own text was read: an order, or why it is none."""

    number: int
    found: Order | Problem
    digest: str


def place(
    sent: Sent, caller: Caller, key: str | None, *, most_bytes: int
) -> tuple[Created, set[str]]:
    """The batch, and the queues that have work from it now.

    Everything is read, looked up and prepared before the one transaction that writes it: nobody
    else's write waits for this.

    Raises:
        Problem: the body is no batch, or none of its lines can be read.
        Refused: its webhook leads where we do not call.
        IdempotencyKeyReused: the key belongs to another batch.
        QueueQuota: the tenant may not have so many queued jobs.
    """
    body = batch_bodies.cut(sent, most_around=most_bytes)
    lines = _read_all(body, caller, most_bytes=most_bytes)
    digest, batch_id = _digest(body, lines), ids.new_id()
    if key is not None:
        with reading() as session:
            before = batches.of_key(session, caller.tenant, key)
        if before is not None:
            return Created(batches.same(before, digest), new=False), set()
    admission.check_webhook(body.webhook_url)
    admitted = _admit_all(caller.tenant, lines, batch_id=batch_id)
    with long_transaction() as session:
        one_training.begin(session, caller.tenant, _orders(lines))
        admitted = _without_seconds(session, caller.tenant, admitted)
        created = batches.create(
            session,
            caller.tenant,
            admitted,
            batch_id=batch_id,
            digest=digest,
            idempotency_key=key,
            external_id=body.external_id,
            webhook_url=body.webhook_url,
        )
    drafts = [line.draft for line in admitted if line.draft is not None]
    return created, {draft.row["queue"] for draft in drafts} if created.new else set()


def _read_all(body: Body, caller: Caller, *, most_bytes: int) -> list[Read]:
    """Every line by itself, before anything is looked up.

    Raises:
        Problem: the first line's, when not one of them could be read.
    """
    lines = [_read(number, text, caller, most_bytes) for number, text in body.lines]
    if not any(_is_readable(line) for line in lines):
        raise _nothing_read(lines[0])
    return lines


def _digest(body: Body, lines: Sequence[Read]) -> str:
    """The same for the same batch, however its lines are spelled."""
    said = [body.external_id, body.webhook_url, *((one.number, one.digest) for one in lines)]
    return sha256(json.dumps(said).encode()).hexdigest()


def _admit_all(tenant: str, lines: Sequence[Read], *, batch_id: str) -> list[Line]:
    """What is to be written of each line; everything that they name is looked up together.

    Only the looking up is done in a transaction: ten thousand lines take seconds to go through,
    and PostgreSQL ends one that idles.
    """
    orders = _orders(lines)
    with reading() as session:
        known = admission.look_up(session, tenant, orders)
    return [_admit(tenant, line, known, batch_id) for line in lines]


def _orders(lines: Sequence[Read]) -> list[Order]:
    return [line.found for line in lines if isinstance(line.found, Order)]


def _without_seconds(session: Session, tenant: str, lines: Sequence[Line]) -> list[Line]:
    """Lines that would train what is being trained are problems; seen only where it is written."""
    drafts = {line.number: line.draft for line in lines if line.draft is not None}
    refused = one_training.refused(session, tenant, drafts)
    return [
        Line(line.number, problem=document(told(refused[line.number])))
        if line.number in refused
        else line
        for line in lines
    ]


def _read(number: int, text: bytes, caller: Caller, most_bytes: int) -> Read:
    if len(text) > most_bytes:
        problem = Problem("content_too_large", f"{most_bytes} bytes is the most")
        return Read(number, problem, sha256(text).hexdigest())
    try:
        order = bodies.parse(text, operations.parse)
    except Problem as problem:
        return Read(number, problem, sha256(text).hexdigest())
    try:
        check_order(caller, order)
    except Problem as problem:
        return Read(number, problem, order.digest())
    return Read(number, order, order.digest())


def _admit(tenant: str, line: Read, known: admission.Known, batch_id: str) -> Line:
    if isinstance(line.found, Problem):
        return Line(line.number, problem=document(line.found))
    try:
        admission.check(line.found, known)
    except Refused as refused:
        return Line(line.number, problem=document(told(refused)))
    order = order_presets.settled(line.found, known.presets)
    draft = jobs.draft(tenant, order, known.sources, digest=line.digest, batch_id=batch_id)
    return Line(line.number, draft)


def _is_readable(line: Read) -> bool:
    return isinstance(line.found, Order) or line.found.code not in _UNREADABLE


def _nothing_read(first: Read) -> Problem:
    code = first.found.code if isinstance(first.found, Problem) else "malformed_json"
    return Problem(code, f"no line could be read; line {first.number}: {first.found}")

"""What a shop's policy says of a job's pictures: before anything is made of them, and after."""

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from torch import Tensor

from db import blocklist, policies, versions
from db.blocklist import Stamp
from db.engine import reading
from db.operations.policies import Verdict
from db.operations.reasons import Reason, gravest, reason
from db.policies import Standing
from models import marks
from models.checking import hamming
from models.images import Loaded
from workers.looking import Asked, Looked, look
from workers.served import Networks
from workers.sources import File, Read

KEPT_S: Final = 1.0
"""So long a policy or a list that was changed may go unnoticed."""


@dataclass(frozen=True, slots=True)
class Known:
    """A shop's block list, in a form that is quick to ask."""

    stamp: Stamp
    sha256: frozenset[str]
    looks: hamming.Looks


@dataclass(frozen=True, slots=True)
class Judge:
    """One policy with the list that it holds pictures against."""

    policy: Standing
    known: Known
    networks: Networks | None = None

    def inputs(self, read: Read) -> Mapping[str, Looked]:
        """What is found of each of a job's pictures, by its role; masks show nothing."""
        if self.policy.rules.inputs == "passed":
            return {}
        return {role: self.input(*one, of=role) for role, one in read.shown()}

    def input(self, opened: Callable[[], Loaded], file: File, *, of: str) -> Looked:
        """What is found of one of them."""
        found = self.look(lambda: opened().image, file.key, of=of)
        answer = self.policy.rules.heuristics.generated
        if answer == "off" or marks.read(file.data).source_kind != "generated":
            return found
        said = reason("says_generated", answer, of=of)
        return replace(found, reasons=(*found.reasons, said))

    def output(self, image: Tensor, sha256: str, op: str) -> Looked:
        """What is found of one delivered picture, [1, 3 or 4, H, W] as it was written."""
        rules = self.policy.rules
        found = (
            Looked() if rules.outputs == "passed" else self.look(lambda: image, sha256, of="result")
        )
        if op in rules.always_review:
            always = reason("always_reviewed", "review", of="result")
            found = replace(found, reasons=(*found.reasons, always))
        return found

    @property
    def measures(self) -> bool:
        """Whether the policy asks how familiar pictures are."""
        return self.policy.rules.unfamiliar.answer != "off"

    def by(self, networks: Networks) -> "Judge":
        """The same with a classifier to measure by."""
        return replace(self, networks=networks)

    def look(self, opened: Callable[[], Tensor], sha256: str, *, of: str) -> Looked:
        """Everything that the policy asks of one picture."""
        asked = Asked(opened, sha256, of)
        return look(asked, self.policy.rules, self.known.sha256, self.known.looks, self.networks)


@dataclass(slots=True)
class _Kept:
    until: float
    policy: Standing
    known: Known


@dataclass(slots=True)
class Moderation:
    """The policies and lists of the shops that this process works for, asked for once a second."""

    kept_s: float = KEPT_S
    _kept: dict[tuple[str, str | None], _Kept] = field(default_factory=dict)
    _guard: threading.Lock = field(default_factory=threading.Lock)

    def judge(self, tenant: str, channel: str | None) -> Judge:
        """Who judges the pictures of a shop's job for a channel."""
        key, now = (tenant, channel), time.monotonic()
        with self._guard:
            kept = self._kept.get(key)
        if kept is None or kept.until < now:
            kept = _read(tenant, channel, None if kept is None else kept.known)
            kept.until = now + self.kept_s
            with self._guard:
                if len(self._kept) >= _MOST_KEPT:
                    self._kept.clear()
                self._kept[key] = kept
        return Judge(kept.policy, kept.known)


_MOST_KEPT: Final = 1_000


def _read(tenant: str, channel: str | None, known: Known | None) -> _Kept:
    with reading() as session:
        policy = policies.in_effect(session, tenant, channel)
        stamp = blocklist.stamp(session, tenant)
        if known is None or known.stamp != stamp:
            digests, looks = blocklist.everything(session, tenant) if stamp[0] else ((), ())
            known = Known(stamp, frozenset(digests), hamming.looks(looks))
    return _Kept(0.0, policy, known)


def serving_classifier(tenant: str) -> str | None:
    """The version by which a shop's pictures are measured; None: nothing serves."""
    with reading() as session:
        found = versions.serving_now(session, tenant, "classifier")
        return None if found is None else found.id


def sentences(reasons: Sequence[Reason], verdict: Verdict) -> str:
    """Those that led to a verdict, for the job's row."""
    return " ".join(one.says for one in reasons if one.verdict == verdict)


def told(policy: Standing, reasons: Sequence[Reason]) -> dict[str, Any]:
    """For the job's report."""
    said = [one.model_dump(mode="json") for one in reasons]
    return {"verdict": gravest(reasons), "policy": policy.label, "reasons": said}

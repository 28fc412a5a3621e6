"""The vectors of a job's tenant: one more, or those that can be nearest."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from db import embeddings, pgvector, vectors
from db.engine import reading, transaction
from db.tables.jobs import Job
from models.recognition.embed import RECIPE
from workers.failures import Permanent

_FORMAT = "<f2"


@dataclass(frozen=True, slots=True)
class Known:
    """Pictures and results, and their vectors float16 [M, D], in order."""

    ids: tuple[str, ...]
    vectors: Tensor


@dataclass(frozen=True, slots=True)
class Index:
    """Of one space: the recipe of the vectors and the version that a job's claim fixed."""

    job: Job

    @property
    def space(self) -> str:
        return f"{RECIPE}:{(self.job.versions or {})['classifier']}"

    def keep(self, picture_id: str, vector: Tensor) -> None:
        """Note a picture's vector [D]; the same again changes nothing.

        Raises:
            Permanent: `source_erased`; it went while the job ran.
        """
        data = vector.cpu().numpy().astype(_FORMAT).tobytes()
        with transaction() as session:
            is_there = embeddings.keep(
                session,
                self.job.tenant,
                picture_id,
                space=self.space,
                vector=data,
                dimension=len(vector),
            )
        if not is_there:
            raise Permanent("source_erased", "the picture was erased or quarantined meanwhile")

    def likely(self, queries: Tensor, *, k: int) -> Known:
        """Among these are the k nearest to any of the queries [Q, D]; in memory that is all."""
        with reading() as session:
            if pgvector.serves(session):
                asked = (session, self.job.tenant, self.space, queries.tolist())
                rows = [pgvector.candidates(*asked, limit=k)]
            else:
                rows = list(vectors.everything(session, self.job.tenant, self.space))
        ids = tuple(one for some in rows for one in some.ids)
        data = b"".join(some.vectors for some in rows)
        numbers = np.frombuffer(data, _FORMAT).astype(np.float16)
        return Known(ids, torch.from_numpy(numbers).view(-1, queries.shape[1]))

    def others(self, picture_id: str) -> int:
        """How many vectors there are beside a picture's own."""
        with reading() as session:
            of = (session, self.job.tenant, self.space)
            return vectors.state(*of).count - len(vectors.present(*of, [picture_id]))

    def kinds(self, ids: Sequence[str]) -> dict[str, str]:
        """Whether each of these is a picture or a result."""
        with reading() as session:
            taken_in = embeddings.taken_in(session, self.job.tenant, ids)
        return {one: "picture" if one in taken_in else "result" for one in ids}

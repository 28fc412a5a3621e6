"""The version that a training begins with, from its row to its network."""

from db import blobs, versions
from db.engine import reading
from db.operations.training import Train
from db.tables.jobs import Job
from models import weights
from models.training.starting import UNFIT, Start
from models.weights import Card
from workers.failures import Permanent


def start_of(job: Job, operation: Train) -> Start | None:
    """What it begins with; None if it begins anew.

    Raises:
        VersionNotFound: the tenant may name no such version.
        Permanent: `start_unfit`; it is of another network.
        WeightsError: the file is not what its card says.
    """
    if operation.start_from is None:
        return None
    with reading() as session:
        row = versions.find(session, job.tenant, operation.start_from)
    if row.network != operation.network:
        kinds = f"a {row.network}, the training is of a {operation.network}"
        raise Permanent(UNFIT, f"{row.label} is {kinds}")
    card = Card.from_json(row.card)
    network = weights.read(blobs.get(row.tenant, row.weights_key), card)
    return Start(row.label, card, network, operation.freeze or ())

"""Every table, for those who need the whole schema."""

from db.tables.audit import Audit
from db.tables.base import Row
from db.tables.batches import Batch, BatchLine
from db.tables.campaigns import Arm, Campaign, ShopEvent, Tally
from db.tables.deliveries import Delivery, DeliveryAttempt, Endpoint
from db.tables.embeddings import Embedding
from db.tables.erasures import Erasure
from db.tables.feedback import Feedback
from db.tables.jobs import Attempt, Job, JobInput, Queue, Turn
from db.tables.labels import Label
from db.tables.moderation import Blocked, Policy
from db.tables.pictures import Blob, Picture
from db.tables.presets import ShopPreset
from db.tables.promotions import Evaluation, Promotion
from db.tables.results import Result
from db.tables.retrainings import Retraining, RetrainingRule
from db.tables.stages import Stage
from db.tables.tastes import Taste
from db.tables.tenants import ApiKey, Tenant
from db.tables.trials import Trial
from db.tables.usage import UsageDay
from db.tables.versions import Dataset, Epoch, Version
from db.tables.watches import ScoreWatch
from db.tables.workers import Lock, Worker

__all__ = [
    "ApiKey",
    "Arm",
    "Attempt",
    "Audit",
    "Batch",
    "BatchLine",
    "Blob",
    "Blocked",
    "Campaign",
    "Dataset",
    "Delivery",
    "DeliveryAttempt",
    "Embedding",
    "Endpoint",
    "Epoch",
    "Erasure",
    "Evaluation",
    "Feedback",
    "Job",
    "JobInput",
    "Label",
    "Lock",
    "Picture",
    "Policy",
    "Promotion",
    "Queue",
    "Result",
    "Retraining",
    "RetrainingRule",
    "Row",
    "ScoreWatch",
    "ShopEvent",
    "ShopPreset",
    "Stage",
    "Tally",
    "Taste",
    "Tenant",
    "Trial",
    "Turn",
    "UsageDay",
    "Version",
    "Worker",
]

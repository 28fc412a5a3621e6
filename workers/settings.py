"""WORKER_*: the broker, the device, and how much a worker takes at a time."""

import hashlib
import os
import tempfile
from functools import cache
from ipaddress import ip_address
from pathlib import Path
from typing import Final, Literal
from urllib.parse import SplitResult, urlsplit

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from db import default_secrets
from db import settings as db_settings

# A unix socket's address has room for this many bytes.
_LONGEST_SOCKET_PATH = 100
_SHORTEST_KEY = 32


class UnsafeBroker(RuntimeError):
    """Other machines reach the broker, and nothing keeps them out."""


class WorkerSettings(BaseSettings):
    """How this machine's workers work."""

    model_config = SettingsConfigDict(env_prefix="WORKER_", frozen=True)

    broker_url: str = Field(
        default="",
        description="Redis or Valkey, as Celery writes it: rediss://user:password@host:6379/0, "
        "for a certificate authority of your own with ?ssl_ca_certs=FILE. Empty: the one that "
        "`packshot up` starts, through a socket in DB_HOME.",
    )
    device: str = Field(
        default="",
        description="cpu, cuda, or cuda:N. Empty: the first CUDA device that no other worker of "
        "these queues has, or the CPU where no device is.",
    )
    memory_share: float = Field(
        default=1.0,
        gt=0,
        le=1,
        description="Most of a CUDA device's memory that one process takes; less than 1 where "
        "workers of several queues share one.",
    )
    lease_s: float = Field(
        default=60.0, gt=0, description="How long a job waits for a worker that went silent."
    )
    poll_s: float = Field(
        default=1.0, gt=0, description="How often a worker looks for jobs without a wake-up."
    )
    max_batch: int = Field(default=16, ge=1, description="Most pictures in one network call.")
    batch_wait_ms: float = Field(
        default=5.0, ge=0, description="How long a lone picture waits for company."
    )
    hands: int = Field(
        default=0,
        ge=0,
        description="Jobs worked on at a time. 0: 4 × max_batch + cores; for the queue cpu "
        "2 × cores, for train one.",
    )
    embeds: Literal["asked", "new"] = Field(
        default="asked",
        description="What is embedded for searches: `asked`, what somebody orders; `new`, also "
        "every picture and published result that comes in, by jobs behind all other work.",
    )
    precision: Literal["auto", "bfloat16", "float32"] = Field(
        default="auto",
        description="Number format of networks. auto: bfloat16 where the device has it and the "
        "network says nearly the same in it, which each worker measures when it loads one.",
    )
    compile: bool = Field(
        default=False,
        description="Try compiled networks, and CUDA graphs on a GPU, at each load, and keep what "
        "is faster there. It makes loading a network a minute longer and needs a C++ compiler.",
    )
    warm_mb: int = Field(
        default=2048,
        ge=1,
        description="Weights that are kept loaded, in megabytes. Beyond it the version goes that "
        "was used longest ago.",
    )
    metrics_port: int = Field(
        default=0,
        ge=0,
        le=65_435,
        description="Port on which a worker tells Prometheus its numbers. Of several workers on a "
        "host each takes the first from there that is free, and says which. 0: none.",
    )
    metrics_host: str = Field(
        default="127.0.0.1", description="Address of that port; whoever reaches it may read it."
    )
    drain_s: float = Field(
        default=4.0, ge=0, description="On SIGTERM, time for jobs to end before they are released."
    )
    allow_plain_broker: bool = Field(
        default=False,
        description="Work with a broker on another machine without TLS and a password: for a "
        "private network. `packshot up` sets it for its own workers.",
    )
    locks: str = Field(
        default="",
        description="Folder of the devices' lock files, on this machine. Empty: DB_HOME/locks.",
    )
    submit_tenant: str = Field(
        default="",
        description="Tenant of jobs sent as messages (`jobs.submit`). Empty: they are refused.",
    )
    debian_mirror: str = Field(
        default="",
        description="A Debian mirror for the data packages where apt is not; its address ends "
        "where pool/ begins.",
    )
    c2pa: str = Field(
        default="",
        description="Whose files get a signed C2PA manifest: `all`, or with commas tenants and "
        "channels of theirs, as shop,outlet/web. Needs the extra `c2pa`. Empty: nobody's.",
    )
    c2pa_certificates: str = Field(
        default="",
        description="File of certificates as PEM, the signer's first and its authority's behind "
        "it. Empty: the authority in DB_HOME/c2pa that `packshot init` makes.",
    )
    c2pa_key: str = Field(
        default="",
        description="File of the signer's ES256 key as PEM. Empty: DB_HOME/c2pa/signing.key.",
    )
    c2pa_trust: str = Field(
        default="",
        description="File of root certificates as PEM whose signatures `verify` calls trusted. "
        "Empty: it knows its own alone.",
    )
    watermark_key: SecretStr = Field(
        default=SecretStr(""),
        description="What invisible marks are made and found with: 32 random characters or more "
        "(`openssl rand -base64 32`), the same for all workers. Several with commas: the first "
        "marks, all are looked for. Empty: orders with `output.watermark` fail.",
    )
    fonts: str = Field(
        default="",
        description="Folder of fonts for the words of advertisements, before the one that ships "
        "and the system's. Empty: those only.",
    )
    runs: str = Field(
        default="", description="Folder for the checkpoints of training. Empty: DB_HOME/runs."
    )
    tensorboard_folder: str = Field(
        default="",
        description="Folder for epochs as TensorBoard reads them, one run for each job; needs the "
        "extra `tensorboard`. Empty: none are written.",
    )

    @field_validator("watermark_key")
    @classmethod
    def _long_enough(cls, keys: SecretStr) -> SecretStr:
        given = [key.strip() for key in keys.get_secret_value().split(",") if key.strip()]
        if any(len(key) < _SHORTEST_KEY for key in given):
            raise ValueError(f"a key has fewer than {_SHORTEST_KEY} characters")
        for key in given:
            default_secrets.refuse("WORKER_WATERMARK_KEY", key)
        return keys

    def broker(self) -> str:
        url = self.broker_url or f"redis+socket://{socket_path()}?virtual_host=0"
        if not url.startswith("rediss:") or "ssl_cert_reqs=" in url:
            return url
        # Left to itself kombu encrypts and trusts whoever answers.
        return f"{url}{'&' if '?' in url else '?'}ssl_cert_reqs=CERT_REQUIRED"

    def locks_folder(self) -> Path:
        return Path(self.locks) if self.locks else db_settings.get().home.resolve() / "locks"

    def runs_folder(self) -> Path:
        return Path(self.runs) if self.runs else db_settings.get().home.resolve() / "runs"


def socket_path() -> Path:
    """Where the embedded broker listens: in DB_HOME, or in the temporary folder if that is deep."""
    home = db_settings.get().home.resolve()
    path = home / "broker" / "valkey.sock"
    if len(str(path)) <= _LONGEST_SOCKET_PATH:
        return path
    name = hashlib.sha256(str(home).encode()).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"packshot-{name}" / "valkey.sock"


CALM: Final = {"OMP_WAIT_POLICY": "PASSIVE", "OPENCV_FOR_THREADS_NUM": "1"}
"""What libraries are told of their threads, unless the environment says otherwise."""


def calm_threads() -> None:
    """Have nobody spin who waits; said before torch and OpenCV are loaded.

    OpenMP's threads would, and each takes a core from a hand that decodes, scores or commits: on
    two busy cores the denoiser took two to three times as long. OpenCV's would behind every call,
    a quarter of the time that a small picture takes, and make the work on a large one no faster.
    """
    for name, value in CALM.items():
        os.environ.setdefault(name, value)


def rank() -> int:
    """Which process of a training this is, as torchrun says; 0 is the first, or the only one."""
    return int(os.environ.get("RANK", "0"))


def ranks() -> int:
    """How many processes share the training."""
    return int(os.environ.get("WORLD_SIZE", "1"))


def environment_of_ranks(processes: int) -> dict[str, str]:
    """What so many processes of a training are started with: each has its part of the cores."""
    cores = max(1, len(os.sched_getaffinity(0)) // processes)
    return {**os.environ, "OMP_NUM_THREADS": str(cores)}


@cache
def get() -> WorkerSettings:
    """The settings of this process; read once."""
    return WorkerSettings()


def check_broker() -> None:
    """Whether this process may talk to its broker; API and workers ask before they begin.

    Raises:
        UnsafeBroker: it is public, and has no TLS or no password.
        DefaultSecret: everybody knows its password.
    """
    given = get()
    broker = urlsplit(given.broker_url)
    keeps_its_door = broker.scheme == "rediss" and broker.password
    if _is_public(broker) and not keeps_its_door and not given.allow_plain_broker:
        raise UnsafeBroker(
            f"WORKER_BROKER_URL: {broker.hostname} can be reached from other machines, and without "
            "TLS and a password so can everything on it: rediss://user:password@host:6379/0, or "
            "WORKER_ALLOW_PLAIN_BROKER=true where the network is private"
        )
    default_secrets.refuse("WORKER_BROKER_URL", default_secrets.password_of(given.broker_url))


def _is_public(broker: SplitResult) -> bool:
    """Whether others than this machine may reach it; a socket or memory is nobody else's."""
    if not broker.scheme.startswith("redis") or "socket" in broker.scheme:
        return False
    host = (broker.hostname or "localhost").rstrip(".")
    try:
        return not ip_address(host).is_loopback
    except ValueError:
        return host != "localhost"

"""What a tenant used on a day that is over; jobs and pictures may go, and this stays."""

from sqlalchemy import BigInteger, String
from sqlalchemy.orm import Mapped, mapped_column

from db.tables.base import Row


class UsageDay(Row):
    """Figures of one day in UTC; of no tenant and nothing: the day was counted.

    Attributes:
        day: as 2026-11-26.
        op: of jobs and results; empty for pictures.
        state: in which jobs ended; empty for results and pictures.
        device_s: of results what the device took; of trainings how long they ran.
        bytes_in: of pictures taken in.
        bytes_out: of results.
    """

    __tablename__ = "usage_day"

    tenant: Mapped[str] = mapped_column(String(64), primary_key=True)
    day: Mapped[str] = mapped_column(String(10), primary_key=True)
    op: Mapped[str] = mapped_column(String(32), primary_key=True)
    state: Mapped[str] = mapped_column(String(16), primary_key=True)
    jobs: Mapped[int] = mapped_column(BigInteger, default=0)
    device_s: Mapped[float] = mapped_column(default=0.0)
    bytes_in: Mapped[int] = mapped_column(BigInteger, default=0)
    bytes_out: Mapped[int] = mapped_column(BigInteger, default=0)

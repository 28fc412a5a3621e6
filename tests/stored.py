"""What an archive holds, counted: to show that a refused request left nothing behind."""

from pathlib import Path

from sqlalchemy import func, select

from db.engine import reading
from db.tables.all import Batch, BatchLine, Dataset, Job, JobInput, Picture


def counted(home: Path) -> dict[str, int]:
    """Rows that a request may write, and files in the store."""
    with reading() as session:
        rows = {
            table.__tablename__: session.scalar(select(func.count()).select_from(table)) or 0
            for table in (Picture, Job, JobInput, Batch, BatchLine, Dataset)
        }
    blobs = home / "blobs"
    return {**rows, "files": sum(path.is_file() for path in blobs.rglob("*"))}


NOTHING = dict.fromkeys(
    ("picture", "job", "job_input", "batch", "batch_line", "dataset", "files"), 0
)

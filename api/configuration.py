"""The page of all settings, made from the settings' own descriptions.

`python -m api.configuration > docs/configuration.md` writes it; a test says when it is stale.
"""

import sys
from pathlib import Path
from typing import Any, Final

from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings

from api.settings import ApiSettings
from db.settings import DbSettings, LogSettings
from workers.settings import WorkerSettings

_INTRODUCTION: Final = """# Configuration

Everything is set by environment variables, and nothing needs to be set on one machine.
It is made from the settings themselves: `python -m api.configuration > docs/configuration.md`.

The same code runs against services elsewhere:

```sh
WORKER_BROKER_URL=rediss://packshot:…@broker:6379/0
DB_URL=postgresql+psycopg://packshot@database/packshot
DB_BLOBS=s3://bucket/packshot
```

`packshot up` then starts no broker of its own. It gives each worker half of the machine's cores
for arithmetic unless `OMP_NUM_THREADS` says otherwise, since workers with a thread for every core
wait for each other. Beside its own broker it also sets `WORKER_SUBMIT_TENANT` to `API_TENANT`,
unless the environment has it: whoever reaches that broker's socket may submit jobs by message.
"""
_PARTS: Final[tuple[tuple[str, type[BaseSettings]], ...]] = (
    ("The API and the command line", ApiSettings),
    ("Workers and the broker", WorkerSettings),
    ("Database and pictures", DbSettings),
    ("Lines of all of them", LogSettings),
)


def page() -> str:
    """The whole page as Markdown."""
    return "\n".join([_INTRODUCTION, *(_part(title, kind) for title, kind in _PARTS)])


def _part(title: str, kind: type[BaseSettings]) -> str:
    prefix = str(kind.model_config.get("env_prefix", ""))
    rows = [_row(f"{prefix}{name}".upper(), field) for name, field in kind.model_fields.items()]
    head = ["| variable | default | meaning |", "|---|---|---|"]
    return "\n".join([f"## {title}", "", *head, *rows, ""])


def _row(name: str, field: FieldInfo) -> str:
    meaning = (field.description or "").replace("|", "\\|")
    return f"| `{name}` | {_default(field.default)} | {meaning} |"


def _default(value: Any) -> str:
    if value in ("", None):
        return "–"
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    return f"`{value.as_posix() if isinstance(value, Path) else value}`"


if __name__ == "__main__":
    sys.stdout.write(page())

"""The API's own description: `python -m api.openapi > docs/openapi.json`."""

import json
import sys

from fastapi import FastAPI

from api.main import build_app
from api.settings import ApiSettings


def document(app: FastAPI) -> str:
    """The same text for the same API, so that a change shows."""
    return json.dumps(app.openapi(), indent=1, ensure_ascii=False, sort_keys=True) + "\n"


if __name__ == "__main__":
    sys.stdout.write(document(build_app(ApiSettings())))

"""The rendered catalogue on this machine: from which models, and where its pictures are kept."""

from pathlib import Path

from db import settings as db_settings
from models.data import catalogue_models, debian
from models.data.catalogue import FURNITURE


def folder() -> Path:
    """What is rendered may be thrown away: it is rendered again when it is asked for."""
    return db_settings.get().home / "cache"


def furniture() -> Path:
    """Where Debian's package or `packshot data fetch` has put the models, if one of them has."""
    return debian.find(FURNITURE, home=db_settings.get().home) or catalogue_models.FOLDER

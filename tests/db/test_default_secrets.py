"""Secrets that everybody knows, and those that nobody does."""

import pytest

from db.default_secrets import is_default


@pytest.mark.parametrize("secret", ["changeme", "Change-Me", "password1", "0" * 32, "packshot"])
def test_everybody_knows_these(secret: str):
    assert is_default(secret)


@pytest.mark.parametrize("secret", ["", "kV3x-9QmTz", "correct horse battery staple"])
def test_nobody_knows_these(secret: str):
    assert not is_default(secret)

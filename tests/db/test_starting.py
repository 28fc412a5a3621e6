"""What a training that begins with a version may be told."""

import pytest
from pydantic import ValidationError

from db.operations.training import Train


def test_nothing_can_stay_as_it_is_without_a_version_to_begin_with() -> None:
    with pytest.raises(ValidationError, match="nothing stays as it is without start_from"):
        Train(dataset="shoes", network="vae", freeze=("encoder",))


def test_a_part_has_a_plain_name() -> None:
    with pytest.raises(ValidationError) as refused:
        Train(dataset="shoes", network="vae", start_from="vae-shoes@1", freeze=("../etc",))

    assert refused.value.errors()[0]["loc"] == ("freeze", 0)

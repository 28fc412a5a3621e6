"""Strips come back in their order, and what goes wrong in one is told."""

import os

import pytest
import torch

from models.metrics import strips


@pytest.fixture(params=[1, 2])
def _threads(request):
    before = torch.get_num_threads()
    torch.set_num_threads(request.param)
    yield
    torch.set_num_threads(before)


@pytest.mark.usefixtures("_threads")
def test_what_is_found_comes_in_the_order_of_the_strips():
    assert strips.each(lambda strip: strip**2, range(40)) == [strip**2 for strip in range(40)]
    assert strips.each(str, []) == []


@pytest.mark.usefixtures("_threads")
def test_what_goes_wrong_in_a_strip_goes_wrong_at_all():
    with pytest.raises(ZeroDivisionError):
        strips.each(lambda strip: 1 // strip, [1, 0])


@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
@pytest.mark.usefixtures("_threads")
def test_a_forked_child_has_threads_of_its_own():
    strips.each(abs, [1, 2])

    child = os.fork()
    if child == 0:
        os._exit(0 if strips.each(abs, [-1, -2]) == [1, 2] else 1)

    assert os.waitpid(child, 0)[1] == 0

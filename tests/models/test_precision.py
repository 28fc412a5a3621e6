"""Which number format a device computes in, and how nearly two answers are one."""

import math

import pytest
import torch

from models.precision import agreement_db, autocast, has_bfloat16, is_bfloat16

CPU = torch.device("cpu")


def _cpu_with(monkeypatch: pytest.MonkeyPatch, **capabilities: bool) -> None:
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: capabilities)


# Which format


@pytest.mark.parametrize("instructions", ["avx512_bf16", "amx_bf16"])
def test_a_cpu_with_the_instructions_has_bfloat16(
    monkeypatch: pytest.MonkeyPatch, instructions: str
):
    _cpu_with(monkeypatch, **{instructions: True})

    assert has_bfloat16(CPU)


def test_a_cpu_without_them_has_none(monkeypatch: pytest.MonkeyPatch):
    _cpu_with(monkeypatch, avx512_f=True, amx_bf16=False)

    assert not has_bfloat16(CPU)


@pytest.mark.parametrize(
    ("asked", "has_it", "used"),
    [
        ("auto", True, True),
        ("auto", False, False),
        ("float32", True, False),
        ("bfloat16", False, True),
    ],
)
def test_it_is_used_where_it_is_or_where_somebody_asks_for_it(
    monkeypatch: pytest.MonkeyPatch, *, asked: str, has_it: bool, used: bool
):
    _cpu_with(monkeypatch, amx_bf16=has_it)

    assert is_bfloat16(CPU, asked) is used  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("asked", "dtype"), [("bfloat16", torch.bfloat16), ("float32", torch.float32)]
)
def test_a_convolution_answers_in_the_format_that_was_chosen(asked: str, dtype: torch.dtype):
    layer = torch.nn.Conv2d(1, 1, 3)

    with torch.inference_mode(), autocast(CPU, asked):  # type: ignore[arg-type]
        answer = layer(torch.zeros(1, 1, 5, 5))

    assert answer.dtype == dtype


# How nearly two answers are one


@pytest.mark.parametrize(
    ("exact", "other", "db"),
    [
        ([3.0, 4.0], [3.0, 4.5], 20.0),  # 25 over 0.25
        ([1.0, 1.0], [1.1, 1.1], 20.0),
        ([1.0], [2.0], 0.0),
        ([1.0], [11.0], -20.0),
        ([1.0, 0.0], [1.0, 0.001], 60.0),
    ],
)
def test_agreement_is_signal_over_error(exact: list[float], other: list[float], db: float):
    found = agreement_db(torch.tensor(exact), torch.tensor(other))

    assert found == pytest.approx(db, abs=1e-3)


def test_agreement_is_the_same_however_large_the_numbers_are():
    exact, other = torch.rand(2, 3, 8, 8).unbind(0)

    small, large = (agreement_db(exact * scale, other * scale) for scale in (1e-6, 1e6))

    assert small == pytest.approx(large, abs=1e-2)


def test_the_error_that_was_added_is_the_error_that_is_found():
    exact = torch.randn(1, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    error = torch.randn(1, 3, 64, 64, generator=torch.Generator().manual_seed(1))

    assert agreement_db(exact, exact + 0.01 * error) == pytest.approx(40, abs=0.2)


@pytest.mark.parametrize("value", [0.0, 1.0])
def test_what_is_equal_agrees_without_end(value: float):
    one = torch.full((2, 3), value)

    assert agreement_db(one, one.clone()) == math.inf


def test_anything_but_nothing_disagrees_with_nothing_without_end():
    assert agreement_db(torch.zeros(3), torch.ones(3)) == -math.inf


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_numbers_that_are_not_finite_agree_with_nothing(bad: float):
    good, rotten = torch.ones(3), torch.tensor([1.0, 1.0, bad])

    assert agreement_db(good, rotten) == -math.inf
    assert agreement_db(rotten, good) == -math.inf
    assert agreement_db(rotten, rotten) == -math.inf


def test_a_format_rounds_as_much_as_its_digits_say():
    exact = torch.rand(1000, generator=torch.Generator().manual_seed(0)) + 0.5

    # Seven stored bits of fraction: at most 2^-8 of a number, about 0.6 of that in the mean.
    assert 45 < agreement_db(exact, exact.bfloat16().float()) < 60


def test_it_is_computed_in_double_whatever_it_is_given():
    exact = torch.full((4_000_000,), 1.0)
    other = exact.clone()
    other[0] = 1.0001

    assert agreement_db(exact, other) == pytest.approx(146.02, abs=0.02)

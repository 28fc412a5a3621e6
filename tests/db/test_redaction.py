"""What is secret is in no line, however it came there."""

import pytest

from db import key_text, redaction

KEY = key_text.new().written()


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        # Named, as tests of two processes must have one name: each draws a key of its own.
        pytest.param(f"the key {KEY} opens nothing", KEY[17:], id="a key"),
        (
            "sealed whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw+/= twice",
            "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        ),
        ("Authorization: Bearer abc.def", "abc.def"),
        ("{'authorization': 'Basic cGFja3Nob3Q6'}", "cGFja3Nob3Q6"),
        ('{"Authorization": "Token tok-1234"}', "tok-1234"),
        ("it said bearer eyJhbGciOiJIUzI1NiJ9.e30.x", "eyJhbGciOiJIUzI1NiJ9"),
        ("postgresql+psycopg://shop:s3cr;e@t@db:5432/x is away", "s3cr;e@t"),
        ("rediss://:hunter2@broker:6379/0", "hunter2"),
        ("host=db password=hunter2 user=shop", "hunter2"),
        ("/v1/links/shop/results/1?expires=1&signature=deadbeef", "deadbeef"),
        ("AWS_SECRET_ACCESS_KEY=abcdef", "abcdef"),
    ],
)
def test_a_secret_in_a_text_is_hidden(text: str, secret: str) -> None:
    hidden = redaction.hide(text)

    assert secret not in hidden
    assert redaction.HIDDEN in hidden


@pytest.mark.parametrize(
    "text",
    [
        "send a key: Authorization",
        "https://shop.example/path?page=2",
        "rediss://user@host:6379/0",
        "a late outcome was refused",
        "DB_SECRET_KEY: this secret stands in every example",
    ],
)
def test_what_is_no_secret_stays_as_it_is(text: str) -> None:
    assert redaction.hide(text) == text


def test_a_line_is_searched_in_all_its_fields_and_errors() -> None:
    event = {
        "event": "went wrong",
        "error": ValueError(f"no {KEY}"),
        "headers": {
            "Authorization": "secret",
            "Cookie": ["a", "b"],
            "nested": [{"url": "a://u:p@h"}],
        },
        "token": 3,
    }

    told = redaction.hide_all(None, "", event)

    assert told == {
        "event": "went wrong",
        "error": "no psk_***",
        "headers": {"Authorization": "***", "Cookie": "***", "nested": [{"url": "a://u:***@h"}]},
        "token": 3,
    }

from __future__ import annotations

import logging

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.telemetry.redaction import RedactKeys, redacted


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("/translate", "/translate"),
        ("/translate?q=hi&api_key=s3cret&target=pt", "/translate?q=hi&api_key=***&target=pt"),
        ("/translate?API_KEY=s3cret", "/translate?API_KEY=***"),
        ("/translate?api%5Fkey=s3cret", "/translate?api%5Fkey=***"),
        ("/v2/translate?auth_key=s3cret&auth_key=s3cret", "/v2/translate?auth_key=***&auth_key=***"),
        ("/translate?q=a=b&key=a=s3cret", "/translate?q=a=b&key=***"),
        ("/translate?q=what?&+api_key=s3cret", "/translate?q=what?&+api_key=***"),
        ("/translate?api_key", "/translate?api_key"),
    ],
)
def test_value_of_a_key_is_not_shown(address: str, shown: str) -> None:
    assert redacted(address) == shown


@given(st.text(max_size=80))
def test_any_address_can_be_shown(address: str) -> None:
    assert redacted(redacted(address)) == redacted(address)
    assert "s3cret" not in redacted("/x?" + address.replace("s3cret", "") + "&api_key=s3cret")


def test_line_of_the_access_log_is_kept_without_its_key() -> None:
    arguments = ("192.0.2.7:5", "POST", "/translate?api_key=s3cret", "1.1", 200)
    line = '%s - "%s %s HTTP/%s" %d'
    record = logging.LogRecord("uvicorn.access", logging.INFO, "", 0, line, arguments, None)
    assert RedactKeys().filter(record)
    assert record.getMessage() == '192.0.2.7:5 - "POST /translate?api_key=*** HTTP/1.1" 200'

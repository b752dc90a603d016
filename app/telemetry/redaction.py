"""Keeps API keys out of the access log: clients of some dialects send them in the address; pure."""

from __future__ import annotations

import logging
from urllib.parse import unquote_plus

_SECRET = frozenset({"api_key", "apikey", "auth_key", "key", "token", "access_token"})


def redacted(address: str) -> str:
    """Return the address with the value of every parameter that may be a key replaced."""
    path, mark, query = address.partition("?")
    return path + mark + "&".join(map(_redacted_parameter, query.split("&")))


def _redacted_parameter(parameter: str) -> str:
    name, equals, _ = parameter.partition("=")
    # The server decodes names, so api%5Fkey is a key as well.
    secret = equals and unquote_plus(name).strip().lower() in _SECRET
    return f"{name}=***" if secret else parameter


class RedactKeys(logging.Filter):
    """For uvicorn's access log, whose third argument is the address. Drops no line."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Redact every textual argument of the line."""
        if isinstance(record.args, tuple):
            record.args = tuple(redacted(one) if isinstance(one, str) else one for one in record.args)
        return True

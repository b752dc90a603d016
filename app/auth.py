"""Who calls, and what they may do: API keys in constant time, scopes, limits; a dependency for routes.

RequestError
├── KeyRequired            401  no key, where one is needed
├── KeyUnknown             401  a key that is not ours
├── ScopeMissing           403  the key may not do this
├── RateLimited            429  app.quotas
└── QuotaExceeded          429  app.quotas

No message, log line or repr here ever holds a key or a part of one.
"""

from __future__ import annotations

import hmac
import ipaddress
import time
from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from typing import Any, cast

from fastapi import Request, Response
from fastapi.openapi.models import HTTPBearer
from fastapi.routing import APIRoute
from fastapi.security.base import SecurityBase

from app.errors import RequestError
from app.keys import ApiKey, KeyScope
from app.quotas import Clock, Usage

CHALLENGE = {"WWW-Authenticate": 'Bearer realm="babelpool"'}
"""What HTTP asks a 401 to carry."""

_SCHEMES = frozenset({"bearer", "deepl-auth-key"})
_CALLER = "babelpool.caller"
_HOW = "Send it as `Authorization: Bearer <key>` or `X-API-Key: <key>`."


class KeyRequired(RequestError):
    """No key, where one is needed."""

    code = "key_required"
    status = 401


class KeyUnknown(RequestError):
    """A key that is not ours."""

    code = "key_unknown"
    status = 401


class ScopeMissing(RequestError):
    """The key may not do this."""

    code = "scope_missing"
    status = 403


@dataclass(frozen=True, slots=True)
class Caller:
    """Who sent a request; `name` is the configured one, for logs and fairness. Never holds the key."""

    name: str
    scopes: frozenset[KeyScope]

    @property
    def sees(self) -> str | None:
        """Whose glossaries it may use and change: its own; None for all, which operators may, and all without keys."""
        return None if self is ANONYMOUS or "admin" in self.scopes else self.owner

    @property
    def owner(self) -> str:
        """What its glossaries are kept under; "" where there are no keys, so that no key's name can be like it."""
        return "" if self is ANONYMOUS else self.name


ANONYMOUS = Caller("anonymous", frozenset({"translate", "monitor"}))
"""Who calls where no keys are configured. Not an admin: any page in a browser can POST to a server on 127.0.0.1."""


class Access:
    """Decides for the keys that are configured now, and counts. One per server; a reload configures it anew."""

    def __init__(self, keys: Iterable[ApiKey] = (), *, clock: Clock = time.monotonic) -> None:
        self._callers: tuple[tuple[bytes, Caller], ...] = ()
        self.usage = Usage(clock)
        self.configure(keys)

    def configure(self, keys: Iterable[ApiKey]) -> None:
        """Put other keys into force at once; callers who stay keep their counters. Cannot fail."""
        keys = tuple(keys)
        self._callers = tuple((bytes.fromhex(key.sha256), Caller(key.name, frozenset(key.scopes))) for key in keys)
        self.usage.configure(keys)

    def __repr__(self) -> str:
        return f"Access({len(self._callers)} keys)"

    @property
    def open(self) -> bool:
        """Whether everybody may translate, since there are no keys."""
        return not self._callers

    def identify(self, key: str | bytes | None) -> Caller:
        """Return whose key this is. Raises KeyRequired, KeyUnknown; without keys in the configuration, never.

        Takes as long for any key: each one that we know is compared, and each comparison takes constant time.
        """
        if self.open:
            return ANONYMOUS
        if not key:
            raise KeyRequired(f"This server wants an API key. {_HOW}")
        raw = key if isinstance(key, bytes) else key.encode("utf-8", "surrogatepass")
        digest, found = sha256(raw).digest(), None
        for known, caller in self._callers:
            if hmac.compare_digest(known, digest):
                found = caller
        if found is None:
            raise KeyUnknown(f"This API key is not known here. {_HOW}")
        return found

    def admit(self, key: str | bytes | None, *scopes: KeyScope) -> Caller:
        """Identify, count the request, and check that the caller has one of the scopes: all that a request must pass.

        For dialects whose keys travel elsewhere than in headers; routes use `require`.
        Raises KeyRequired, KeyUnknown, RateLimited, ScopeMissing.
        """
        caller = self.identify(key)
        self.usage.hit(caller.name)
        self.authorize(caller, *scopes)
        return caller

    def authorize(self, caller: Caller, *scopes: KeyScope) -> None:
        """Raise ScopeMissing where the caller has none of the scopes."""
        if caller.scopes.isdisjoint(scopes):
            wanted = " or ".join(scopes)
            who = "Without API keys in the configuration nobody" if self.open else f"The key {caller.name!r} does not"
            verb = "has" if self.open else "have"
            raise ScopeMissing(f"{who} {verb} the scope {wanted}, which this needs.", detail={"scopes": list(scopes)})

    def charged(self, caller: Caller, texts: Sequence[str]) -> AbstractContextManager[None]:
        """Charge the caller's quota for the code points of what is translated inside. Raises QuotaExceeded.

        Failed work is given back; see `Usage.charged`.
        """
        return self.usage.charged(caller.name, sum(map(len, texts)))


def key_in(headers: Mapping[str, str]) -> bytes | None:
    """Return the key that a request's headers carry, as the bytes that came; None where there is none. Never raises."""
    scheme, _, value = headers.get("authorization", "").strip().partition(" ")
    if scheme.lower() not in _SCHEMES:
        value = headers.get("x-api-key", "")
    return value.strip().encode("latin-1", "replace") or None


def let_in(request: Request, key: str | bytes | None, *scopes: KeyScope) -> Caller:
    """`Access.admit` for a request, counted once however often it is asked for; `caller_of` knows from then on."""
    access = cast("Access", request.scope["state"]["access"])
    caller: Caller | None = request.scope.get(_CALLER)
    if caller is None:
        caller = request.scope[_CALLER] = access.admit(key, *scopes)
    else:
        access.authorize(caller, *scopes)
    return caller


def caller_of(request: Request) -> Caller:
    """Return who sent a request that has been let in."""
    return cast("Caller", request.scope[_CALLER])


class Require(SecurityBase):
    """FastAPI dependency: the caller, who has one of the scopes. Use `require`."""

    model = HTTPBearer(
        description="Needed where the server has keys. `X-API-Key` and `Authorization: DeepL-Auth-Key` do as well."
    )
    scheme_name = "ApiKey"

    def __init__(self, scopes: tuple[KeyScope, ...]) -> None:
        self._scopes = scopes

    async def __call__(self, request: Request) -> Caller:
        """Identify the caller and count the request once, however many routers and parameters ask; async, no thread."""
        return let_in(request, key_in(request.headers), *self._scopes)


@cache
def require(*scopes: KeyScope) -> Require:
    """Return the dependency that lets through who has one of the scopes, and gives the `Caller`."""
    return Require(scopes)


class GuardedRoute(APIRoute):
    """Asks the router's `require` before it reads the body, so that strangers cannot make us parse megabytes."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """See APIRoute."""
        handler = super().get_route_handler()
        guards = self.guards()

        async def guarded(request: Request) -> Response:
            for guard in guards:
                await guard(request)
            return await handler(request)

        return guarded

    def guards(self) -> list[Require]:
        """Return what its router asks for."""
        return [one.dependency for one in self.dependencies if isinstance(one.dependency, Require)]


def exposure(host: str, access: Access) -> str | None:
    """Return a warning where others than this machine can reach a server that asks nobody for a key."""
    if not access.open or _is_loopback(host):
        return None
    return (
        f"listening on {host} without API keys: whoever can reach this machine can translate. "
        "Configure auth.keys (make one with `babelpool keys new`), or listen on 127.0.0.1."
    )


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host.lower() == "localhost"

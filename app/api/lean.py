"""Routes that FastAPI describes and pydantic alone serves: body in, model out, nothing solved or matched in between."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine, Iterable, Mapping
from typing import Any, get_type_hints

from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import TypeAdapter, ValidationError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.routing import BaseRoute
from starlette.types import ASGIApp, Receive, Scope, Send

from app.api.context import context_of
from app.auth import GuardedRoute
from app.errors import RequestError
from app.headers import announced_type

JSON = "application/json"

Handler = Callable[[Request], Coroutine[Any, Any, Response]]

Other = Callable[[Request, Exception], Awaitable[Response]]
"""Another dialect on a path, for a request that the lean route raised this error at; raises what is to be answered.

Where the body has been read already, the error is a RequestValidationError that has it; a body is read only once.
"""


class LeanRoute(GuardedRoute):
    """For endpoints `(body, asking: Asking) -> model`. OpenAPI is as for any route; docs/performance.md has the gain.

    FastAPI resolves dependencies, copies the body through json and validates the answer anew for each request. Here
    the body is parsed and validated in one step in pydantic's Rust, and the answer, which is a model, is written so.
    """

    @property
    def is_lean(self) -> bool:
        """Whether the endpoint has a body; the others of a router are served as FastAPI does."""
        return self.body_field is not None

    def get_route_handler(self) -> Handler:
        """See APIRoute."""
        if not self.is_lean:
            return super().get_route_handler()
        endpoint = self.endpoint
        hints = get_type_hints(endpoint, include_extras=True)
        answers: TypeAdapter[Any] = TypeAdapter(hints.pop("return"))
        bodies: TypeAdapter[Any] = TypeAdapter(next(iter(hints.values())))
        guards = self.guards()

        async def handle(request: Request) -> Response:
            for guard in guards:
                await guard(request)
            _check_type(request)
            raw = await body_of(request)
            try:
                body = bodies.validate_json(raw)
            except ValidationError as error:
                faults = error.errors(include_url=False, include_input=False)
                raise RequestValidationError(faults, body=raw) from None
            answer = await endpoint(body, context_of(request))
            return Response(answers.dump_json(answer), media_type=JSON)

        return handle


class LeanPaths:
    """ASGI middleware, the innermost: hands requests to lean routes by their exact path, past FastAPI's router.

    answer: renders an error; None for one that it does not know, which is raised. others: a second dialect by path; it
    is asked only once the first has failed, so that the first is as fast as if it were alone. What is not at such a
    path, or has another method, goes on to the router, as everything would without this.
    """

    def __init__(
        self,
        app: ASGIApp,
        routes: Iterable[BaseRoute],
        answer: Callable[[Request, Exception], Awaitable[Response | None]],
        others: Mapping[str, Other],
    ) -> None:
        self._app = app
        self._answer = answer
        self._table: dict[tuple[str, str], tuple[LeanRoute, Handler]] = {
            (method, route.path): (
                route,
                _or_other(route.get_route_handler(), others.get(route.path)),
            )
            for route in routes
            if isinstance(route, LeanRoute) and route.is_lean
            for method in route.methods or ()
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, or pass it on."""
        found = self._table.get((scope["method"], scope["path"])) if scope["type"] == "http" else None
        if found is None:
            await self._app(scope, receive, send)
            return
        scope["route"], handler = found
        request = Request(scope, receive, send)
        try:
            response = await handler(request)
        except Exception as error:
            rendered = await self._answer(request, error)
            if rendered is None:
                raise
            response = rendered
        await response(scope, receive, send)


def _or_other(handler: Handler, other: Other | None) -> Handler:
    """Ask the path's other dialect, if it has one, for what the first could not take."""
    if other is None:
        return handler

    async def either(request: Request) -> Response:
        try:
            return await handler(request)
        except (RequestError, HTTPException, RequestValidationError) as error:
            return await other(request, error)

    return either


async def body_of(request: Request) -> bytes:
    """Return the whole body, which has mostly come with the head. `Request.body` does the same through a generator."""
    parts = []
    while True:
        message = await request.receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        parts.append(message.get("body", b""))
        if not message.get("more_body", False):
            return b"".join(parts)


def media_type(request: Request) -> str:
    """Return what a body is announced as, in lower case and without parameters; JSON of any kind is JSON."""
    kind = announced_type(request.headers)
    return JSON if kind.endswith("+json") else kind


def _check_type(request: Request) -> None:
    """Take JSON only. Pages of other origins can send anything else without asking first."""
    if media_type(request) != JSON:
        raise HTTPException(415, "Send JSON, and say so: Content-Type: application/json.")

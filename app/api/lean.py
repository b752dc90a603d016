"""A route that FastAPI describes and pydantic alone serves: body in, model out, nothing solved in between."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any, get_type_hints

from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import TypeAdapter, ValidationError
from starlette.exceptions import HTTPException

from app.api.context import context_of
from app.auth import GuardedRoute


class LeanRoute(GuardedRoute):
    """For endpoints `(body, asking: Asking) -> model`. OpenAPI is as for any route; docs/performance.md has the gain.

    FastAPI resolves dependencies, copies the body through json and validates the answer anew for each request. Here
    the body is parsed and validated in one step in pydantic's Rust, and the answer, which is a model, is written so.
    """

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """See APIRoute."""
        if self.body_field is None:
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
            try:
                body = bodies.validate_json(await request.body())
            except ValidationError as error:
                raise RequestValidationError(error.errors(include_url=False, include_input=False)) from None
            answer = await endpoint(body, context_of(request))
            return Response(answers.dump_json(answer), media_type="application/json")

        return handle


def _check_type(request: Request) -> None:
    """Take JSON only. Pages of other origins can send anything else without asking first."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json" and not kind.endswith("+json"):
        raise HTTPException(415, "Send JSON, and say so: Content-Type: application/json.")

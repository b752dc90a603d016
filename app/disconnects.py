"""Ends the work of a client that has gone; pure ASGI."""

from __future__ import annotations

import asyncio

from starlette.types import ASGIApp, Message, Receive, Scope, Send


class CancelOnDisconnect:
    """ASGI middleware: cancels the application when the client closes before its answer has begun.

    Without it a request that nobody waits for would hold its lease and its places in the queue to the end.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass one request on, and listen for the disconnect once its body has been read."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = _Request(receive, send)
        try:
            await self._app(scope, request.receive, request.send)
        except asyncio.CancelledError:
            if not request.gone.is_set():
                raise
            request.task.uncancel()
        finally:
            request.close()


class _Request:
    """One request's channels, seen by the application and by the listener."""

    def __init__(self, receive: Receive, send: Send) -> None:
        task = asyncio.current_task()
        if task is None:
            raise RuntimeError("an ASGI application runs in a task")
        self.task = task
        self.gone = asyncio.Event()
        self._receive = receive
        self._send = send
        self._answering = False
        self._listener: asyncio.Task[None] | None = None

    async def receive(self) -> Message:
        if self._listener is not None:
            await self.gone.wait()
            return {"type": "http.disconnect"}
        message = await self._receive()
        if message["type"] == "http.disconnect":  # in the middle of its body
            self._leave()
            await asyncio.sleep(0)  # where the cancellation takes effect
        if not message.get("more_body", False):
            self._listener = asyncio.get_running_loop().create_task(self._listen())
        return message

    async def send(self, message: Message) -> None:
        self._answering = True
        await self._send(message)

    def close(self) -> None:
        if self._listener is not None:
            self._listener.cancel()

    async def _listen(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass
        self._leave()

    def _leave(self) -> None:
        self.gone.set()
        if not self._answering:
            self.task.cancel()

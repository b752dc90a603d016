"""A Hugging Face hub on 127.0.0.1: model info, files with ETag and Range, and the ways in which a hub can fail."""

from __future__ import annotations

import hashlib
import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote, urlsplit

import huggingface_hub.constants
import pytest

_INFO = re.compile(r"/api/models/(?P<hub_id>[^/]+/[^/]+)/revision/(?P<revision>[^/]+)")
_FILE = re.compile(r"/(?P<hub_id>[^/]+/[^/]+)/resolve/(?P<revision>[^/]+)/(?P<name>.+)")
_LARGE = (".safetensors", ".bin", ".spm", ".model")


@dataclass
class HubRepository:
    """One repository: a directory per revision; a commit is a hash of the directory's content."""

    revisions: dict[str, Path]
    gated: bool = False
    tags: tuple[str, ...] = ("license:apache-2.0",)

    def directory(self, revision: str) -> Path | None:
        by_commit = {commit_of(path): path for path in self.revisions.values()}
        return self.revisions.get(revision) or by_commit.get(revision)


@dataclass
class FakeHub:
    """The server's state, which tests write and read.

    cut: file name -> bytes after which the connection breaks, each time it is asked for, until removed.
    down: file names that answer 503 to a request with a Range.
    asked: (file name, Range header) of every GET of a file.
    stalled: set once a cut file has been cut; `stall` keeps that connection open instead of breaking it.
    """

    repositories: dict[str, HubRepository] = field(default_factory=dict)
    cut: dict[str, int] = field(default_factory=dict)
    down: set[str] = field(default_factory=set)
    asked: list[tuple[str, str | None]] = field(default_factory=list)
    stall: bool = False
    stalled: threading.Event = field(default_factory=threading.Event)
    resumed: threading.Event = field(default_factory=threading.Event)
    url: str = ""


def commit_of(directory: Path) -> str:
    """Return a commit hash for a directory's content."""
    content = hashlib.sha1(usedforsecurity=False)
    for path in sorted(directory.iterdir()):
        content.update(path.name.encode() + path.read_bytes())
    return content.hexdigest()


@contextmanager
def serving(hub: FakeHub) -> Iterator[FakeHub]:
    """Serve `hub` on a free port of 127.0.0.1 until the end of the block."""
    handler = type("Handler", (_Handler,), {"hub": hub})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads, server.block_on_close = True, False  # clients keep connections open
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    hub.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield hub
    finally:
        hub.resumed.set()
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeHub]:
    """A running hub that huggingface_hub talks to in this process; other processes need HF_ENDPOINT=hub.url."""
    with serving(FakeHub()) as running:
        monkeypatch.setattr(huggingface_hub.constants, "ENDPOINT", running.url)
        template = running.url + "/{repo_id}/resolve/{revision}/{filename}"
        monkeypatch.setattr(huggingface_hub.constants, "HUGGINGFACE_CO_URL_TEMPLATE", template)
        # Bytes are kept in steps of this many, 10 MB by default; a download is resumed after the last whole step.
        monkeypatch.setattr(huggingface_hub.constants, "DOWNLOAD_CHUNK_SIZE", 10_000)
        yield running


class _Handler(BaseHTTPRequestHandler):
    hub: FakeHub
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self._answer(body=True)

    def do_HEAD(self) -> None:
        self._answer(body=False)

    def log_message(self, *_: object) -> None:
        """Keep quiet."""

    def _answer(self, *, body: bool) -> None:
        path = urlsplit(self.path).path
        match = _INFO.fullmatch(path) or _FILE.fullmatch(path)
        repository = self.hub.repositories.get(match["hub_id"]) if match else None
        directory = repository.directory(unquote(match["revision"])) if repository and match else None
        if match is None or repository is None:
            self._fail(404, "RepoNotFound")
        elif repository.gated:
            self._fail(401, "GatedRepo")
        elif directory is None:
            self._fail(404, "RevisionNotFound")
        elif "name" not in match.groupdict():
            self._send(200, json.dumps(_info(match["hub_id"], repository, directory)).encode())
        else:
            self._file(directory / match["name"], body=body)

    def _file(self, file: Path, *, body: bool) -> None:
        asked = self.headers.get("Range")
        if body:
            self.hub.asked.append((file.name, asked))
        if not file.is_file():
            self._fail(404, "EntryNotFound")
        elif asked and file.name in self.hub.down:
            self._fail(503, "Down")
        else:
            self._range(file, asked, body=body)

    def _range(self, file: Path, asked: str | None, *, body: bool) -> None:
        content, start = file.read_bytes(), 0
        headers = {"ETag": f'"{hashlib.sha256(content).hexdigest()}"', "Accept-Ranges": "bytes"}
        if asked:
            start = int(asked.removeprefix("bytes=").split("-")[0])
            headers["Content-Range"] = f"bytes {start}-{len(content) - 1}/{len(content)}"
        self._send(206 if asked else 200, content[start:], headers, body=body, cut=self.hub.cut.get(file.name))

    def _send(
        self,
        status: int,
        content: bytes,
        headers: dict[str, str] | None = None,
        *,
        body: bool = True,
        cut: int | None = None,
    ) -> None:
        self.send_response(status)
        for name, value in {"Content-Length": str(len(content)), **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        if body:
            self.wfile.write(content[:cut])
        if body and cut is not None:
            self._break()

    def _break(self) -> None:
        self.wfile.flush()
        self.close_connection = True
        self.hub.stalled.set()
        if self.hub.stall:
            self.hub.resumed.wait()

    def _fail(self, status: int, code: str) -> None:
        self._send(status, b"{}", {"X-Error-Code": code, "X-Error-Message": code})


def _info(hub_id: str, repository: HubRepository, directory: Path) -> dict[str, object]:
    siblings = [_sibling(path) for path in sorted(directory.iterdir())]
    return {"id": hub_id, "sha": commit_of(directory), "siblings": siblings, "tags": list(repository.tags)}


def _sibling(path: Path) -> dict[str, object]:
    content = path.read_bytes()
    blob = hashlib.sha1(f"blob {len(content)}\0".encode() + content, usedforsecurity=False).hexdigest()
    sibling: dict[str, object] = {"rfilename": path.name, "size": len(content), "blobId": blob}
    if path.name.endswith(_LARGE):
        sibling["lfs"] = {"sha256": hashlib.sha256(content).hexdigest(), "size": len(content), "pointerSize": 134}
    return sibling

"""`create_app`: the sole composition root; resources live in the lifespan."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from importlib.metadata import version
from typing import Any, TypedDict

from fastapi import FastAPI
from fastapi.responses import RedirectResponse
from fastapi_offline import FastAPIOffline
from starlette.middleware.cors import CORSMiddleware

from app.api import admin, deepl, documents, glossaries, health, libretranslate, native, stats, streaming
from app.api.lean import LeanPaths
from app.api.problems import ANSWERS, ErrorAnswers, Render
from app.api.problems import native as render_native
from app.auth import Access, exposure
from app.composition import build_services, make_loader, open_parts, read_keys, resolve_tiers
from app.detection import Detector, FastTextDetector
from app.disconnects import CancelOnDisconnect
from app.headers import SecurityHeaders
from app.limits import BodyBound, BodyLimit
from app.origins import OriginGuard
from app.reload import Reloader, reload_on_signal_and_change
from app.settings import ConfigSource, Settings
from app.telemetry.logs import log_sharing, logger
from app.telemetry.metrics import Metrics
from app.telemetry.requests import RequestMetrics
from model_pool.catalog.catalog import Catalog
from model_pool.engines.base import EngineLoader

CORS: Mapping[str, Any] = {
    "allow_methods": ["GET", "POST", "PUT", "PATCH", "DELETE"],
    "allow_headers": ["Authorization", "Content-Type", "X-API-Key", "X-Request-Timeout"],
    "expose_headers": ["Content-Disposition", "Location", "Retry-After"],
}

DIALECTS: Mapping[str, Render] = {
    "/detect-language": render_native,
    **dict.fromkeys(("/detect", "/download_file", "/frontend", "/suggest", "/translate_file"), libretranslate.render),
    **dict.fromkeys(("/v2/", "/v3/"), deepl.render),
}
"""Other dialects than the native one, by the beginnings of their paths; the first that fits."""

UPLOADS = ("/documents", "/v2/document", "/translate_file")
"""Paths that take a document, in all dialects."""

_FORM_BYTES = 1_000_000
"""What the other fields of an upload's form may take."""


class LifespanState(TypedDict):
    """What the lifespan hands to every request."""

    reloader: Reloader
    access: Access


def create_app(
    settings: Settings,
    *,
    source: ConfigSource | None = None,
    loader: EngineLoader | None = None,
    detector: Detector | None = None,
) -> FastAPI:
    """Build the server. Raises ConfigurationError before anything is loaded; loads start with the lifespan.

    source: where to read the configuration again; without it, it stays as it is.
    loader, detector: stand-ins for tests; by default CTranslate2 and fastText.
    """
    engines = loader or make_loader()
    tiers = resolve_tiers(settings, Catalog(settings.data_path), engines)
    keys = read_keys(settings)
    metrics = Metrics()

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[LifespanState]:
        parts = open_parts(settings, tiers, engines, detector or FastTextDetector(), metrics, keys)
        reloader = Reloader(build_services(settings, tiers, parts), parts, source.read if source else lambda: settings)
        log_sharing(tiers)
        if (warning := exposure(settings.server.host, parts.access)) is not None:
            logger.warning(warning)
        # Loading goes on while the server listens: early requests wait for the same load, and /ready says so.
        parts.documents.start()
        tasks = [asyncio.create_task(reloader.services.preload())]
        if source is not None:
            tasks += reload_on_signal_and_change(reloader, source.path, settings.server.watch_config)
        try:
            yield LifespanState(reloader=reloader, access=parts.access)
        finally:
            for task in tasks:
                task.cancel()
            await reloader.close()

    app = FastAPIOffline(
        title="Babelpool",
        version=version("babelpool"),
        summary="Self-hosted machine translation whose tiers share one pool of quantized models.",
        lifespan=lifespan,
    )
    errors = ErrorAnswers(DIALECTS)
    errors.install(app)
    app.add_middleware(
        LeanPaths,
        routes=native.router.routes,
        answer=errors.answer,
        others={"/translate": libretranslate.translate_shared},
    )
    app.add_middleware(OriginGuard, allowed=settings.server.cors_origins, answer=errors.answer)
    bound = BodyBound(settings.server.max_body_bytes, settings.server.read_timeout)
    uploads = UPLOADS if settings.documents.enabled else ()
    app.add_middleware(BodyLimit, bound=bound, uploads=dict.fromkeys(uploads, _upload_bound(settings)))
    app.add_middleware(CancelOnDisconnect)
    if settings.server.cors_origins:
        app.add_middleware(CORSMiddleware, allow_origins=settings.server.cors_origins, **CORS)
    app.add_middleware(RequestMetrics, metrics=metrics)
    app.add_middleware(SecurityHeaders)
    app.include_router(native.router, responses=ANSWERS)
    app.include_router(native.public)
    app.include_router(streaming.router, responses=ANSWERS)
    app.include_router(glossaries.router, responses=ANSWERS)
    app.include_router(documents.router, responses=documents.ANSWERS)
    for router in (*libretranslate.ROUTERS, *deepl.ROUTERS):
        app.include_router(router)
    app.include_router(health.router)
    app.include_router(stats.router)
    app.include_router(admin.router, responses=ANSWERS)
    app.add_api_route("/", _to_docs, include_in_schema=False)
    return app


def _upload_bound(settings: Settings) -> BodyBound:
    documents = settings.documents
    names = ("documents.max_bytes", "documents.upload_timeout", "documents.max_uploads")
    return BodyBound(documents.max_bytes + _FORM_BYTES, documents.upload_timeout, documents.max_uploads, names)


async def _to_docs() -> RedirectResponse:
    """Show whoever opens the bare address what there is."""
    return RedirectResponse("docs")

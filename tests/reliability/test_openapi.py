"""What /openapi.json promises is kept whatever is sent: schemathesis makes requests, right and wrong ones, from it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis import GenerationMode, checks
from schemathesis.python import asgi

from app.main import create_app
from app.settings import load_settings
from model_pool.engines.fake import FakeLoader
from tests.app.conftest import override

EXAMPLES = 40


def no_server_error(_: object, response: Any, case: Any) -> None:  # noqa: ANN401 - schemathesis' own
    """Refuse every 5xx but the 504 that a client asks for with a deadline."""
    asked_for = response.status_code == 504 and "x-request-timeout" in {name.lower() for name in case.headers or ()}
    assert response.status_code < 500 or asked_for, response.text


PROMISES = [
    no_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
]


@pytest.fixture(scope="module")
def promised(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """Read the schema of a server over fake engines, which ends with the module."""
    home: Path = tmp_path_factory.mktemp("openapi")
    small = {"limits": {"max_texts": 20, "max_characters": 2000}, "health": {"canary_timeout": 60}}
    app = create_app(override(load_settings(), small, home), loader=FakeLoader())
    with asgi.get_client(cast("Any", app)) as client:
        while client.get("/ready").status_code != 200:
            pass
    yield schemathesis.openapi.from_asgi("/openapi.json", app)
    asgi.shutdown_lifespans()


def serve_languages(body: object) -> None:
    """Name languages and a tier that there are, or random requests would hardly ever be translated."""
    for request in body if isinstance(body, list) else [body]:
        if isinstance(request, dict) and "target_language" in request:
            request.update(source_language="en", target_language="pt", model_type="premium")


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=["right", "wrong"])
def test_every_answer_is_one_that_the_openapi_promises(promised: Any, mode: GenerationMode) -> None:  # noqa: ANN401
    # Without schemathesis' own parametrize: it does not know the Function of pytest 9.
    operations = [result.ok() for result in promised.get_all_operations()]
    assert {"POST /translate", "POST /translate/batch", "GET /stats"} <= {operation.label for operation in operations}
    for operation in operations:
        if mode is GenerationMode.NEGATIVE and not operation.body:
            continue  # nothing to be wrong about

        @settings(
            max_examples=EXAMPLES,
            derandomize=True,
            database=None,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy(generation_mode=mode))
        def keeps_its_promises(case: Any) -> None:  # noqa: ANN401 - schemathesis' own
            if mode is GenerationMode.POSITIVE and len(str(case.body)) % 2:
                serve_languages(case.body)
            case.call_and_validate(checks=PROMISES)

        keeps_its_promises()

"""Golden exchanges: requests byte for byte as the clients write them, and every field of the answers.

`<...>` stands for what is different each time: `<id>`, `<key>` and `<time>` for their patterns.
"""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from tests.conformance.deepl.conftest import WIRE
from tests.embedded import HOUSE_IN_PORTUGUESE
from tests.reliability.wire import Answer, Connection

_FORM = "application/x-www-form-urlencoded"
_PATTERNS = {
    "<id>": r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}",
    "<document>": r"[0-9A-F]{32}",
    "<key>": r"[0-9a-f]{64}",
    "<time>": r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z",
}
_UPLOAD = (
    '--b\r\nContent-Disposition: form-data; name="target_lang"\r\n\r\nPT-BR\r\n'
    '--b\r\nContent-Disposition: form-data; name="source_lang"\r\n\r\nEN\r\n'
    '--b\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\n\r\nHello\r\n--b--\r\n'
)
_REGION = "region: pt-BR was asked for and pt is the nearest that this tier writes."


def exchange(server: str, head: str, body: str, kind: str, *, key: str = WIRE) -> Answer:
    """Send a request as a client would write it."""
    content = body.encode()
    lines = [
        f"{head} HTTP/1.1",
        "Host: localhost",
        "User-Agent: deepl-python/1.32.0",
        "Accept-Encoding: gzip, deflate",
        "Accept: */*",
        "Connection: keep-alive",
        f"Authorization: DeepL-Auth-Key {key}",
        *([f"Content-Type: {kind}", f"Content-Length: {len(content)}"] if kind else []),
    ]
    with Connection(int(server.rpartition(":")[2])) as connection:
        connection.send("\r\n".join([*lines, "", ""]).encode() + content)
        return connection.answer()


def alike(found: Any, golden: Any) -> bool:  # noqa: ANN401 - JSON
    """Compare JSON with JSON that may have placeholders."""
    if isinstance(golden, dict) and isinstance(found, dict):
        return list(found) == list(golden) and all(alike(found[name], golden[name]) for name in golden)
    if isinstance(golden, list) and isinstance(found, list):
        return len(found) == len(golden) and all(map(alike, found, golden))
    if isinstance(golden, str) and golden in _PATTERNS:
        return isinstance(found, str) and re.fullmatch(_PATTERNS[golden], found) is not None
    return type(found) is type(golden) and bool(found == golden)


@pytest.mark.parametrize(
    ("head", "body", "kind", "status", "golden"),
    [
        pytest.param(
            "POST /v2/translate",
            '{"target_lang": "PT-BR", "text": ["The house is red."], "show_billed_characters": true}',
            "application/json",
            200,
            {
                "translations": [
                    {
                        "detected_source_language": "EN",
                        "text": HOUSE_IN_PORTUGUESE,
                        "billed_characters": 17,
                        "warnings": [_REGION],
                    }
                ]
            },
            id="python translates",
        ),
        pytest.param(
            "POST /v2/translate",
            "target_lang=pt-BR&source_lang=en&show_billed_characters=1&text=The+house+is+red.&text=%F0%9F%8F%A0"
            "&model_type=latency_optimized&ignore_tags=a%2Cb",
            f"{_FORM};charset=utf-8",
            200,
            {
                "translations": [
                    {
                        "detected_source_language": "EN",
                        "text": text,
                        "billed_characters": billed,
                        "model_type_used": "latency_optimized",
                        "warnings": [_REGION],
                    }
                    for text, billed in ((HOUSE_IN_PORTUGUESE, 17), ("🏠", 1))
                ]
            },
            id="node translates",
        ),
        pytest.param(
            "GET /v2/languages",
            "type=target",
            _FORM,
            200,
            [
                {"language": code, "name": name, "supports_formality": False}
                for code, name in (
                    ("EN-GB", "English (United Kingdom)"),
                    ("EN-US", "English (United States)"),
                    ("PT-BR", "Portuguese (Brazil)"),
                    ("PT-PT", "Portuguese (Portugal)"),
                )
            ],
            id="python lists targets, with a body in its GET",
        ),
        pytest.param(
            "GET /v2/languages",
            "",
            "",
            200,
            [{"language": "EN", "name": "English"}, {"language": "PT", "name": "Portuguese"}],
            id="sources",
        ),
        pytest.param(
            "GET /v2/usage", "", "", 200, {"character_count": 0, "character_limit": 1_000_000_000_000}, id="usage"
        ),
        pytest.param(
            "POST /v2/glossaries",
            '{"name": "Houses", "source_lang": "EN", "target_lang": "PT", "entries_format": "tsv", '
            '"entries": "house\\tmoradia"}',
            "application/json",
            201,
            {
                "glossary_id": "<id>",
                "name": "Houses",
                "ready": True,
                "source_lang": "en",
                "target_lang": "pt",
                "creation_time": "<time>",
                "entry_count": 1,
            },
            id="python makes a glossary",
        ),
        pytest.param(
            "POST /v3/glossaries",
            "name=Houses&dictionaries%5B0%5D.source_lang=en&dictionaries%5B0%5D.target_lang=pt"
            "&dictionaries%5B0%5D.entries=house%09moradia&dictionaries%5B0%5D.entries_format=tsv",
            _FORM,
            201,
            {
                "glossary_id": "<id>",
                "name": "Houses",
                "creation_time": "<time>",
                "dictionaries": [{"source_lang": "en", "target_lang": "pt", "entry_count": 1}],
            },
            id="node makes a glossary of several pairs",
        ),
        pytest.param(
            "POST /v2/document",
            _UPLOAD,
            "multipart/form-data; boundary=b",
            200,
            {"document_id": "<document>", "document_key": "<key>"},
            id="upload",
        ),
        pytest.param(
            "POST /v2/translate",
            '{"target_lang": "PT-BR"}',
            "application/json",
            400,
            {"message": "text: Field required", "detail": "invalid_request"},
            id="a field is missing",
        ),
        pytest.param(
            "GET /v2/glossaries/00000000-0000-0000-0000-000000000000",
            "",
            "",
            404,
            {
                "message": "There is no glossary '00000000-0000-0000-0000-000000000000'. GET /glossaries lists yours.",
                "detail": "glossary_not_found",
            },
            id="no such glossary",
        ),
    ],
)
@pytest.mark.usefixtures("lines")
def test_answer_is_what_the_client_reads(
    deepl_server: str, head: str, body: str, kind: str, status: int, golden: object
) -> None:
    answer = exchange(deepl_server, head, body, kind)
    assert (answer.status, answer.headers["content-type"]) == (status, "application/json")
    assert alike(answer.json, golden), json.dumps(answer.json, ensure_ascii=False)


def test_wrong_key_is_a_403_and_never_a_401(deepl_server: str) -> None:
    answer = exchange(deepl_server, "GET /v2/usage", "", "", key="wrong")
    assert answer.status == 403
    assert answer.json["detail"] == "key_unknown"

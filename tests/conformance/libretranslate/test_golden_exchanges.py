"""What Mastodon, Weblate and Discourse put on the wire, and what they read of the answer; noted from their sources."""

from __future__ import annotations

import json
import socket
from typing import Any
from urllib.parse import quote_plus, urlencode, urlsplit

from tests.conformance.libretranslate.conftest import HASTY, SPENT, Libre
from tests.embedded import WEATHER_IN_PORTUGUESE

STATUS = '<p>Good morning, <span class="h-card"><a href="https://example.org/@ana">@ana</a></span>!</p>'
POLL = "The weather is nice today."


def exchange(libre: Libre, head: str, body: bytes = b"") -> tuple[int, Any]:
    """Send these very bytes and return the status and the JSON of the answer."""
    address = urlsplit(libre.url)
    lines = [*head.strip().splitlines(), f"Host: {address.netloc}"]
    if body:
        lines.append(f"Content-Length: {len(body)}")
    with socket.create_connection((address.hostname or "", address.port or 0), timeout=60) as connection:
        connection.sendall("\r\n".join([*lines, "Connection: close", "", ""]).encode() + body)
        answer = b"".join(iter(lambda: connection.recv(65_536), b""))
    head_bytes, _, payload = answer.partition(b"\r\n\r\n")
    assert b"application/json" in head_bytes.lower()
    return int(head_bytes.split(b" ", 2)[1]), json.loads(payload)


MASTODON = """
{verb} HTTP/1.1
User-Agent: Mastodon/4.5.0 (http.rb/5.3.1; +https://mastodon.example.org/)
Content-Type: application/json
Accept-Encoding: gzip
Date: Fri, 20 Nov 2026 10:00:00 GMT
"""


def mastodon(libre: Libre, *texts: str, source: str = "auto", key: str | None = None) -> tuple[int, Any]:
    wanted = {"q": texts, "source": source, "target": "pt", "format": "html", "api_key": key or libre.key or None}
    return exchange(libre, MASTODON.format(verb="POST /translate"), json.dumps(wanted, ensure_ascii=False).encode())


def test_mastodon_translates_a_status_with_its_poll(libre: Libre) -> None:
    status, answer = mastodon(libre, STATUS, POLL)
    assert status == 200
    read = [(text, answer["detectedLanguage"][at]["language"]) for at, text in enumerate(answer["translatedText"])]
    assert [language for _, language in read] == ["en", "en"]
    assert read[0][0].startswith("<p>")
    assert '<a href="https://example.org/@ana">@ana</a>' in read[0][0]
    assert read[1][0] == WEATHER_IN_PORTUGUESE


def test_mastodon_names_the_language_where_it_knows_it(libre: Libre) -> None:
    status, answer = mastodon(libre, POLL, source="en")
    assert (status, answer) == (200, {"translatedText": [WEATHER_IN_PORTUGUESE]})


def test_mastodon_asks_for_languages_without_its_key(libre: Libre) -> None:
    status, answer = exchange(libre, MASTODON.format(verb="GET /languages"))
    assert status == 200
    assert {one["code"]: [code for code in one["targets"] if code != one["code"]] for one in answer} == {
        "en": ["pt"],
        "pt": ["en"],
    }


def test_mastodon_tells_a_spent_quota_from_a_rate_by_the_status(guarded_server: Libre) -> None:
    assert mastodon(guarded_server, STATUS, key=SPENT)[0] == 403
    assert [mastodon(guarded_server, POLL, key=HASTY)[0] for _ in range(2)].pop() == 429


WEBLATE = """
{verb} HTTP/1.1
User-Agent: Weblate/5.14
Accept-Encoding: gzip, deflate
Accept: */*
{type}"""
FORM = "Content-Type: application/x-www-form-urlencoded"


def test_weblate_reads_the_codes_and_the_text(libre: Libre) -> None:
    status, languages = exchange(libre, WEBLATE.format(verb="GET /languages", type=""))
    assert (status, [one["code"] for one in languages]) == (200, ["en", "pt"])
    body = urlencode({"api_key": libre.key, "q": "Save %(count)d files?", "source": "en", "target": "pt"}).encode()
    status, answer = exchange(libre, WEBLATE.format(verb="POST /translate", type=FORM), body)
    assert status == 200
    assert answer["translatedText"].count("%(count)d") == 1


DISCOURSE = """
{verb} HTTP/1.1
User-Agent: excon/1.3.0
{type}"""


def discourse(libre: Libre, path: str, **fields: str) -> tuple[int, Any]:
    body = "&".join(f"{name}={quote_plus(value)}" for name, value in (fields | {"api_key": libre.key}).items())
    return exchange(libre, DISCOURSE.format(verb=f"POST {path}", type=FORM), body.encode())


def test_discourse_detects_looks_for_the_languages_and_translates(libre: Libre) -> None:
    status, detected = discourse(libre, "/detect", q="The weather is nice today. Shall we walk?")
    assert (status, detected[0]["language"]) == (200, "en")
    status, languages = exchange(libre, DISCOURSE.format(verb="GET /languages", type=""))
    assert status == 200
    assert {"en", "pt"} <= {one["code"] for one in languages}
    cooked = "<p>The weather is <em>nice</em> today.</p>\n<p>Shall we walk?</p>"
    status, answer = discourse(libre, "/translate", q=cooked, source="en", target="pt", format="html")
    assert status == 200
    assert answer["translatedText"].count("<p>") == 2
    assert "<em>" in answer["translatedText"]


def test_discourse_detects_a_post_of_pictures_as_something(libre: Libre) -> None:
    # It reads the first entry of the list without looking whether there is one.
    status, detected = discourse(libre, "/detect", q=" 🎉 ")
    assert status == 200
    assert detected[0].keys() == {"confidence", "language"}


def test_post_of_the_greatest_length_passes_with_its_key_in_the_body(guarded_server: Libre) -> None:
    text = f"<p>{'árvore e céu ' * 2400}</p>"  # 32,000 characters are Discourse's limit
    status, answer = discourse(guarded_server, "/translate", q=text, source="pt", target="pt", format="html")
    assert (status, answer) == (200, {"translatedText": text})

"""Requests to LibreTranslate and to us, and the differences that are meant; values only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

KEY = "00000000-1111-2222-3333-444444444444"
MOST_CHARACTERS, MOST_TEXTS, MOST_ALTERNATIVES = 1000, 5, 10

_TEXT = "The weather is nice today."
_HTML = "<p>The weather is <b>nice</b> today.</p>"
_PAIR = {"source": "en", "target": "pt"}
_BODY = {"q": _TEXT} | _PAIR
_AUTO = _BODY | {"source": "auto"}
_FORM = {"content-type": "application/x-www-form-urlencoded"}
_JSON = {"content-type": "application/json"}


@dataclass(frozen=True, slots=True)
class Case:
    """One request. sent: keyword arguments of `httpx.Client.request`."""

    name: str
    method: str = "POST"
    path: str = "/translate"
    sent: Mapping[str, Any] = field(default_factory=dict)


def _json(name: str, body: object, path: str = "/translate") -> Case:
    return Case(name, path=path, sent={"json": body})


def _form(name: str, body: Mapping[str, Any], path: str = "/translate") -> Case:
    return Case(name, path=path, sent={"data": body})


def _query(name: str, body: Mapping[str, Any], path: str = "/translate") -> Case:
    return Case(name, path=path, sent={"params": body})


def _multipart(name: str, body: Mapping[str, str], path: str = "/translate") -> Case:
    return Case(name, path=path, sent={"files": {key: (None, value) for key, value in body.items()}})


def _without(name: str) -> dict[str, str]:
    return {key: value for key, value in _BODY.items() if key != name}


def _file(name: str, fields: Mapping[str, str], *, filename: str = "notes.txt", data: bytes = b"Good morning.") -> Case:
    return Case(name, path="/translate_file", sent={"data": fields, "files": {"file": (filename, data)}})


TRANSLATE = [
    _json("json", _BODY),
    _form("form", _BODY),
    _multipart("multipart", _BODY),
    _query("query", _BODY),
    Case("query, and a form that is empty", sent={"params": _BODY, "headers": _FORM}),
    _json("a list", _BODY | {"q": [_TEXT, _TEXT]}),
    _json("a list with an empty text", _BODY | {"q": [_TEXT, ""]}),
    _form("a form with two texts", _BODY | {"q": [_TEXT, _TEXT]}),
    _json("html", _BODY | {"q": _HTML, "format": "html"}),
    _form("html in a form", _BODY | {"q": _HTML, "format": "html"}),
    _json("a list of html", _BODY | {"q": [_HTML, _HTML], "format": "html"}),
    _json("auto", _AUTO),
    _form("auto in a form", _AUTO),
    _query("auto in the query", _AUTO),
    _json("auto for a list", _AUTO | {"q": [_TEXT, "O tempo está bom hoje, não acha?"]}),
    _json("auto for an emoji", _AUTO | {"q": "🎉"}),
    _json("auto for digits", _AUTO | {"q": "12:30"}),
    _json("alternatives", _BODY | {"alternatives": 3}),
    _form("alternatives in a form", _BODY | {"alternatives": "3"}),
    _json("alternatives in a list", _BODY | {"q": [_TEXT, _TEXT], "alternatives": 2}),
    _json("alternatives of html", _BODY | {"q": _HTML, "format": "html", "alternatives": 2}),
    _json("no alternatives", _BODY | {"alternatives": 0}),
    _json("fewer than no alternatives", _BODY | {"alternatives": -1}),
    _json("alternatives as text", _BODY | {"alternatives": "2"}),
    _json("too many alternatives", _BODY | {"alternatives": MOST_ALTERNATIVES + 1}),
    _form("alternatives that are no number", _BODY | {"alternatives": "many"}),
    _json("alternatives that are no number, in json", _BODY | {"alternatives": "many"}),
    _json("the same language twice", _BODY | {"target": "en"}),
    _json("codes in capitals", _BODY | {"source": "EN", "target": "PT"}),
    _json("blank text", _BODY | {"q": "  "}),
    _json("a format that is empty", _BODY | {"format": ""}),
    _json("a field that is not known", _BODY | {"colour": "blue"}),
    _json("a key that nobody asked for", _BODY | {"api_key": "x"}),
    _json("a key that is null", _BODY | {"api_key": None}),
]

MISTAKES = [
    _json("unknown source", _BODY | {"source": "xx"}),
    _json("unknown target", _BODY | {"target": "xx"}),
    _form("unknown target in a form", _BODY | {"target": "xx"}),
    _json("a region that is not served", _BODY | {"target": "pt-BR"}),
    _json("auto as target", _BODY | {"target": "auto"}),
    *(_json(f"no {name}", _without(name)) for name in _BODY),
    *(_form(f"no {name} in a form", _without(name)) for name in _BODY),
    _json("nothing", {}),
    _form("nothing in a form", {"colour": "blue"}),
    _json("an empty text", _BODY | {"q": ""}),
    _json("an empty list", _BODY | {"q": []}),
    _json("a text that is null", _BODY | {"q": None}),
    _json("a text that is a number", _BODY | {"q": 5}),
    _json("a list with a number", _BODY | {"q": [5]}),
    _json("a source that is a number", _BODY | {"source": 5}),
    _json("a target that is a list", _BODY | {"target": ["pt"]}),
    _json("unknown format", _BODY | {"format": "xml"}),
    _json("a format that is a number", _BODY | {"format": 5}),
    _json("too long a text", _BODY | {"q": "x" * (MOST_CHARACTERS + 1)}),
    _json("too many texts", _BODY | {"q": ["x"] * (MOST_TEXTS + 1)}),
    Case("broken json", sent={"content": b'{"q": ', "headers": _JSON}),
    Case("an empty body as json", sent={"content": b"", "headers": _JSON}),
    _json("a bare list", [_TEXT]),
    _json("a bare text", _TEXT),
    Case("an empty body", sent={"content": b""}),
    Case("plain text", sent={"content": _TEXT.encode(), "headers": {"content-type": "text/plain"}}),
    Case("another method", method="GET"),
    Case("a path that is not there", path="/nowhere"),
]

OTHERS = [
    *(
        make(f"detect, {kind}", {"q": _TEXT}, "/detect")
        for kind, make in (("json", _json), ("form", _form), ("query", _query), ("multipart", _multipart))
    ),
    _json("detect, a list", {"q": [_TEXT, _TEXT]}, "/detect"),
    _json("detect, an emoji", {"q": "🎉"}, "/detect"),
    _json("detect, no text", {}, "/detect"),
    _json("detect, an empty text", {"q": ""}, "/detect"),
    _form("detect, no text in a form", {"colour": "blue"}, "/detect"),
    _json("detect, a number", {"q": 5}, "/detect"),
    _json("detect, a bare list", [_TEXT], "/detect"),
    Case("detect, another method", method="GET", path="/detect"),
    Case("languages", method="GET", path="/languages"),
    Case("languages, with a form", method="GET", path="/languages", sent={"data": {"api_key": "x"}}),
    Case("settings", method="GET", path="/frontend/settings"),
    Case("health", method="GET", path="/health"),
    _form("suggest", _BODY | {"s": "O tempo"}, "/suggest"),
    Case("description", method="GET", path="/spec"),
]

FILES = [
    _file("a document", _PAIR),
    _file("a document, auto", _PAIR | {"source": "auto"}, data=_TEXT.encode()),
    _file("a document, no source", {"target": "pt"}),
    _file("a document, no target", {"source": "en"}),
    _file("a document, unknown target", _PAIR | {"target": "xx"}),
    _file("a document of no known kind", _PAIR, filename="notes.exe"),
    _multipart("a document that is not there", _PAIR, "/translate_file"),
    _form("a document that is no upload", _PAIR, "/translate_file"),
]

KEYS = [
    *(
        make(f"a key, {kind}", _BODY | {"api_key": KEY})
        for kind, make in (("json", _json), ("form", _form), ("query", _query), ("multipart", _multipart))
    ),
    *(
        make(f"{what}, {kind}", _BODY | fields)
        for what, fields in (("a wrong key", {"api_key": "x"}), ("no key", {}), ("an empty key", {"api_key": ""}))
        for kind, make in (("json", _json), ("form", _form), ("query", _query))
    ),
    Case("a key in a header", sent={"json": _BODY, "headers": {"X-API-Key": KEY}}),
    _json("a key and a mistake", _BODY | {"api_key": KEY, "target": "xx"}),
    _json("no key and a mistake", _BODY | {"target": "xx"}),
    _form("detect with a key", {"q": _TEXT, "api_key": KEY}, "/detect"),
    _form("detect without a key", {"q": _TEXT}, "/detect"),
    Case("languages without a key", method="GET", path="/languages"),
    Case("settings without a key", method="GET", path="/frontend/settings"),
    _file("a document with a key", _PAIR | {"api_key": KEY}),
    _file("a document without a key", _PAIR),
]

_NO_FIELD = "Without `q` it may be Babelpool's own dialect, whose error names both."
_OURS = "What is not in LibreTranslate's dialect is told in Babelpool's own."
_PIVOTED = "Babelpool also tells which targets it reaches over another language; clients read past it."
_CRASH = "LibreTranslate fails with an error of its own; it is the client's mistake, and told as such."

DELIBERATE: Mapping[str, str] = {
    "a form with two texts": "LibreTranslate drops every text but the first; Babelpool translates them all.",
    "a key in a header": "A header is where keys belong, so Babelpool reads them there, too.",
    "a region that is not served": "The nearest region that is served answers: pt for pt-BR.",
    "alternatives that are no number, in json": _CRASH,
    "a text that is a number": _CRASH,
    "a list with a number": _CRASH,
    "detect, a number": "LibreTranslate prints its failure to its log and answers that it is English.",
    **dict.fromkeys(("no q", "nothing"), _NO_FIELD),
    **dict.fromkeys(
        ("broken json", "an empty body as json", "a bare list", "a bare text", "an empty body", "plain text"), _OURS
    ),
    **dict.fromkeys(("another method", "a path that is not there"), _OURS),
    "detect, another method": "Errors of HTTP itself are JSON here, and a page there.",
    **dict.fromkeys(("languages", "languages, with a form", "languages without a key"), _PIVOTED),
    "description": "Babelpool's description is OpenAPI, at /openapi.json.",
}
"""Why an answer differs in status or shape, by the case's name. One that no longer differs is an error as well."""

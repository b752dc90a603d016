"""`libretranslatepy` and `deep-translator` as they are on PyPI."""

from __future__ import annotations

import urllib.error

import pytest
from deep_translator import LibreTranslator  # type: ignore[import-untyped]
from deep_translator.exceptions import (  # type: ignore[import-untyped]
    AuthorizationException,
    ServerException,
)
from libretranslatepy import LibreTranslateAPI  # type: ignore[import-untyped]

from tests.conformance.libretranslate.conftest import HASTY_TOO, SPENT, Libre
from tests.embedded import WEATHER_IN_PORTUGUESE

ENGLISH, PORTUGUESE = "The weather is nice today.", WEATHER_IN_PORTUGUESE


def api(libre: Libre) -> LibreTranslateAPI:
    return LibreTranslateAPI(libre.url, api_key=libre.key or None)


def test_libretranslatepy_translates(libre: Libre) -> None:
    assert api(libre).translate(ENGLISH, "en", "pt") == PORTUGUESE
    assert api(libre).translate(ENGLISH, "auto", "pt") == PORTUGUESE


def test_libretranslatepy_detects(libre: Libre) -> None:
    assert api(libre).detect(ENGLISH)[0]["language"] == "en"


def test_libretranslatepy_lists_languages(libre: Libre) -> None:
    languages = api(libre).languages()
    assert {one["code"]: (one["name"], one["targets"]) for one in languages} == {
        "en": ("English", ["pt"]),
        "pt": ("Portuguese", ["en"]),
    }


def test_libretranslatepy_raises_for_an_unknown_language(libre: Libre) -> None:
    with pytest.raises(urllib.error.HTTPError) as caught:
        api(libre).translate(ENGLISH, "en", "xx")
    assert caught.value.code == 400
    caught.value.close()


def translator(libre: Libre, key: str = "") -> LibreTranslator:
    url = f"{libre.url}/"  # it joins by pasting
    return LibreTranslator(source="en", target="pt", custom_url=url, api_key=key or libre.key or "any")


def test_deep_translator_translates(libre: Libre) -> None:
    assert translator(libre).translate(ENGLISH) == PORTUGUESE
    assert translator(libre).translate_batch([ENGLISH, "Olá & até logo?"])[0] == PORTUGUESE


def test_deep_translator_knows_languages_by_their_names(libre: Libre) -> None:
    url = f"{libre.url}/"
    named = LibreTranslator(source="English", target="Portuguese", custom_url=url, api_key=libre.key or "any")
    assert named.translate(ENGLISH) == PORTUGUESE


def test_deep_translator_knows_a_wrong_key_and_a_spent_quota_by_403(guarded_server: Libre) -> None:
    for key in ("nonsense", SPENT):
        with pytest.raises(AuthorizationException):
            translator(guarded_server, key).translate(ENGLISH)


def test_deep_translator_knows_a_rate_by_429(guarded_server: Libre) -> None:
    assert translator(guarded_server, HASTY_TOO).translate(ENGLISH) == PORTUGUESE
    with pytest.raises(ServerException) as caught:
        translator(guarded_server, HASTY_TOO).translate(ENGLISH)
    assert "TOO_MANY_REQUESTS" in str(caught.value)

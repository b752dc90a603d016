"""DeepL's official Python client, as it is on PyPI, against the real server."""

from __future__ import annotations

import io
import json
import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import deepl
import pytest
from deepl.api_data import ModelType, MultilingualGlossaryDictionaryEntries, MultilingualGlossaryInfo

from model_pool.catalog.checkpoint import Checkpoint
from model_pool.engines.fake import FakeLoader
from model_pool.types import EncodedSegment
from tests.app.conftest import EN_PT
from tests.conformance.deepl.conftest import HASTY, MONITOR, PYTHON, SPENT, ServeDeepl
from tests.embedded import HOUSE_IN_PORTUGUESE

HELLO = "The house is red."
OLA = HOUSE_IN_PORTUGUESE
NOBODY = "00000000-0000-0000-0000-000000000000"
CSV = "house,moradia,en,pt\n"


@pytest.fixture
def client(deepl_server: str) -> Iterator[deepl.DeepLClient]:
    with_key = connect(deepl_server)
    yield with_key
    for glossary in with_key.list_multilingual_glossaries():
        with_key.delete_multilingual_glossary(glossary)
    with_key.close()  # type: ignore[no-untyped-call]


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take the client's own setting for retries to none, where waiting for all five would prove nothing."""
    monkeypatch.setattr(deepl.http_client, "max_network_retries", 0)


def connect(server: str, key: str = PYTHON) -> deepl.DeepLClient:
    return deepl.DeepLClient(key, server_url=server)


def one(answer: deepl.TextResult | list[deepl.TextResult]) -> deepl.TextResult:
    assert isinstance(answer, deepl.TextResult)
    return answer


def texts(answer: deepl.TextResult | list[deepl.TextResult]) -> list[str]:
    assert isinstance(answer, list)
    return [result.text for result in answer]


def dictionary(target: str = "PT", **entries: str) -> MultilingualGlossaryDictionaryEntries:
    return MultilingualGlossaryDictionaryEntries("EN", target, entries or {"house": "moradia"})


def shape(glossary: MultilingualGlossaryInfo) -> dict[str, int]:
    return {f"{part.source_lang}-{part.target_lang}": part.entry_count for part in glossary.dictionaries}


def test_text_is_translated_detected_and_billed(client: deepl.DeepLClient) -> None:
    answer = one(client.translate_text(HELLO, target_lang="PT-BR"))
    assert (answer.text, answer.detected_source_lang, answer.billed_characters) == (OLA, "EN", len(HELLO))
    assert answer.model_type_used is None


def test_texts_in_several_languages_are_detected_one_by_one(client: deepl.DeepLClient) -> None:
    answer = client.translate_text([HELLO, "A casa é grande e a rua é pequena."], target_lang="EN-US")
    assert texts(answer) == [HELLO, "The house is large and the street is small."]
    assert isinstance(answer, list)
    assert [result.detected_source_lang for result in answer] == ["EN", "PT"]
    assert [result.billed_characters for result in answer] == [17, 34]


def test_every_hint_is_taken(client: deepl.DeepLClient) -> None:
    answer = client.translate_text(
        HELLO,
        source_lang="EN",
        target_lang="PT-PT",
        context="A letter about houses.",
        split_sentences=deepl.SplitSentences.ALL,
        preserve_formatting=True,
        formality=deepl.Formality.PREFER_MORE,
        tag_handling_version="v2",
        extra_body_parameters={"enable_beta_languages": True, "never_heard_of": [1]},
    )
    assert one(answer).text == OLA


@pytest.mark.parametrize(
    ("asked", "used"),
    [
        (ModelType.LATENCY_OPTIMIZED, "latency_optimized"),
        (ModelType.QUALITY_OPTIMIZED, "quality_optimized"),
        (ModelType.PREFER_QUALITY_OPTIMIZED, "quality_optimized"),
    ],
)
def test_model_type_is_honoured_and_told(client: deepl.DeepLClient, asked: ModelType, used: str) -> None:
    answer = one(client.translate_text(HELLO, source_lang="EN", target_lang="PT-BR", model_type=asked))
    assert (answer.text, answer.model_type_used) == (OLA, used)


def test_html_and_xml_keep_their_tags(client: deepl.DeepLClient) -> None:
    html = "<p>The <b>house</b> is red.</p><p translate='no'>Hello</p>"
    answer = one(client.translate_text(html, source_lang="EN", target_lang="PT-BR", tag_handling="html"))
    assert answer.text == f"<p>{HOUSE_IN_PORTUGUESE.replace('casa', '<b>casa</b>')}</p><p translate='no'>Hello</p>"
    answer = one(
        client.translate_text(
            "<doc><par>The house is red.</par><code>The house is red.</code></doc>",
            source_lang="EN",
            target_lang="PT-BR",
            tag_handling="xml",
            outline_detection=False,
            splitting_tags=["par", "title"],
            non_splitting_tags="i,b",
            ignore_tags=["code"],
        )
    )
    assert answer.text == f"<doc><par>{OLA}</par><code>{HELLO}</code></doc>"


def test_split_sentences_decides_about_line_breaks(client: deepl.DeepLClient) -> None:
    def translated(split: deepl.SplitSentences) -> str:
        text = "The house is\nred."
        return one(client.translate_text(text, source_lang="EN", target_lang="PT-BR", split_sentences=split)).text

    assert "\n" in translated(deepl.SplitSentences.ALL)
    assert translated(deepl.SplitSentences.NO_NEWLINES) == OLA


def test_languages_can_be_sent_back_as_they_are_listed(client: deepl.DeepLClient) -> None:
    sources, targets = client.get_source_languages(), client.get_target_languages()
    assert [language.code for language in sources] == ["EN", "PT"]
    assert [language.code for language in targets] == ["EN-GB", "EN-US", "PT-BR", "PT-PT"]
    assert [language.name for language in targets][2:] == ["Portuguese (Brazil)", "Portuguese (Portugal)"]
    assert {language.supports_formality for language in targets} == {False}
    for target in targets:
        assert one(client.translate_text("Olá, mundo!", source_lang=sources[1], target_lang=target)).text
    pairs = [(pair.source_lang, pair.target_lang) for pair in client.get_glossary_languages()]
    assert pairs == [("en", "pt"), ("pt", "en")]


def test_usage_is_unlimited_without_a_quota_and_counted_with_one(deepl_server: str) -> None:
    unlimited = connect(deepl_server).get_usage()
    assert not unlimited.any_limit_reached
    assert unlimited.character.limit == 1_000_000_000_000
    spent = connect(deepl_server, SPENT)
    assert spent.get_usage().character.limit == 20
    spent.translate_text(HELLO, source_lang="EN", target_lang="PT-BR")
    assert spent.get_usage().character.count == len(HELLO)
    with pytest.raises(deepl.QuotaExceededException, match="3 are left"):
        spent.translate_text(HELLO, source_lang="EN", target_lang="PT-BR")
    assert spent.get_usage().character.count == len(HELLO)


def test_glossary_of_one_pair_lives_and_is_used(client: deepl.DeepLClient) -> None:
    made = client.create_glossary("Houses", "EN", "PT-BR", {"house": "moradia", "garden": "horta"})
    assert (made.name, made.source_lang, made.target_lang, made.entry_count, made.ready) == (
        "Houses",
        "EN",
        "PT",
        2,
        True,
    )
    assert abs(datetime.now(UTC) - made.creation_time) < timedelta(minutes=1)
    assert [glossary.glossary_id for glossary in client.list_glossaries()] == [made.glossary_id]
    assert client.get_glossary(made.glossary_id).creation_time == made.creation_time
    assert client.get_glossary_entries(made) == {"house": "moradia", "garden": "horta"}
    assert "moradia" in one(client.translate_text_with_glossary(HELLO, made, target_lang="PT-BR")).text
    answer = client.translate_text(HELLO, source_lang="EN", target_lang="PT-BR", glossary=made.glossary_id)
    assert "moradia" in one(answer).text
    client.delete_glossary(made)
    with pytest.raises(deepl.GlossaryNotFoundException):
        client.get_glossary(made.glossary_id)


def test_glossary_is_made_from_csv(client: deepl.DeepLClient) -> None:
    made = client.create_glossary_from_csv("Houses", "EN", "PT", CSV)
    assert client.get_glossary_entries(made.glossary_id) == {"house": "moradia"}
    several = client.create_multilingual_glossary_from_csv("Houses", "EN", "PT", io.StringIO(CSV))
    assert shape(several) == {"EN-PT": 1}


def test_glossary_of_several_pairs_lives_and_is_used(client: deepl.DeepLClient) -> None:
    made = client.create_multilingual_glossary("Houses", [dictionary(), dictionary("DE", house="Haus")])
    assert shape(made) == {"EN-DE": 1, "EN-PT": 1}
    assert shape(client.get_multilingual_glossary(made.glossary_id)) == shape(made)
    assert [glossary.name for glossary in client.list_multilingual_glossaries()] == ["Houses"]
    assert client.update_multilingual_glossary_name(made, "Homes").name == "Homes"
    more = client.update_multilingual_glossary_dictionary(made, dictionary(garden="horta"))
    assert shape(more) == {"EN-DE": 1, "EN-PT": 2}
    client.update_multilingual_glossary_dictionary_from_csv(made, "EN", "PT", "door,portão\n")
    (entries,) = client.get_multilingual_glossary_entries(made, "EN", "PT-BR").dictionaries
    assert entries.entries == "house\tmoradia\ngarden\thorta\ndoor\tportão\n"  # type: ignore[comparison-overlap]
    answer = client.translate_text(HELLO, source_lang="EN", target_lang="PT-BR", glossary=more)
    assert "moradia" in one(answer).text
    replaced = client.replace_multilingual_glossary_dictionary(made, dictionary(house="vivenda"))
    assert (replaced.source_lang, replaced.target_lang, replaced.entry_count) == ("EN", "PT", 1)
    replaced = client.replace_multilingual_glossary_dictionary_from_csv(made, "EN", "DE", "a,b\nc,d\n")
    assert (replaced.target_lang, replaced.entry_count) == ("DE", 2)
    client.delete_multilingual_glossary_dictionary(made, source_lang="EN", target_lang="DE")
    assert shape(client.get_multilingual_glossary(made.glossary_id)) == {"EN-PT": 1}
    client.delete_multilingual_glossary(made)
    with pytest.raises(deepl.GlossaryNotFoundException):
        client.get_multilingual_glossary(made.glossary_id)


def test_first_of_several_glossaries_decides(client: deepl.DeepLClient) -> None:
    first = client.create_glossary("First", "EN", "PT", {"house": "moradia"})
    second = client.create_glossary("Second", "EN", "PT", {"house": "vivenda", "red": "rubra"})
    answer = client.translate_text(HELLO, source_lang="EN", target_lang="PT-BR", glossary_ids=[first, second])
    assert "moradia" in one(answer).text
    assert "rubra" in one(answer).text


@pytest.mark.parametrize(
    "ask",
    [
        lambda client: client.get_glossary(NOBODY),
        lambda client: client.get_glossary("nonsense"),
        lambda client: client.get_glossary_entries(NOBODY),
        lambda client: client.delete_glossary(NOBODY),
        lambda client: client.get_multilingual_glossary(NOBODY),
        lambda client: client.get_multilingual_glossary_entries(NOBODY, "EN", "PT"),
        lambda client: client.delete_multilingual_glossary(NOBODY),
        lambda client: client.delete_multilingual_glossary_dictionary(NOBODY, source_lang="EN", target_lang="PT"),
        lambda client: client.update_multilingual_glossary_name(NOBODY, "x"),
        lambda client: client.replace_multilingual_glossary_dictionary(NOBODY, dictionary()),
    ],
)
def test_glossary_that_is_not_there_is_not_found(
    client: deepl.DeepLClient, ask: Callable[[deepl.DeepLClient], object]
) -> None:
    client.create_glossary("Another", "EN", "PT", {"house": "moradia"})
    with pytest.raises(deepl.GlossaryNotFoundException, match="glossary_not_found"):
        ask(client)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"target_lang": "DE"}, "unknown_language"),
        ({"target_lang": "PT-BR", "source_lang": "XX"}, "unknown_language"),
        ({"target_lang": "PT-BR", "formality": "more"}, "formality 'more' is not supported"),
        ({"target_lang": "PT-BR", "style_rule": "some"}, "style_id"),
        ({"target_lang": "PT-BR", "translation_memory": "some"}, "translation_memory_id"),
        ({"target_lang": "PT-BR", "custom_instructions": ["Rhyme."]}, "custom_instructions"),
        ({"target_lang": "PT-BR", "tag_handling": "xml"}, "malformed_markup"),
        ({"target_lang": "PT-BR", "tag_handling": "docx"}, "tag_handling"),
        ({"target_lang": "PT-BR", "model_type": "premium"}, "model_type"),
        ({"target_lang": "PT-BR", "source_lang": "EN", "glossary": NOBODY}, "Not found.*glossary_not_found"),
    ],
)
def test_what_cannot_be_done_is_an_error_that_says_so(
    client: deepl.DeepLClient, options: dict[str, str], said: str
) -> None:
    with pytest.raises(deepl.DeepLException, match=said) as raised:
        client.translate_text("The house is < the garden.", **options)  # type: ignore[arg-type]
    assert raised.value.http_status_code in {400, 404}


@pytest.mark.parametrize(
    "ask",
    [
        lambda client: client.rephrase_text("x"),
        lambda client: client.correct_text("x"),
        lambda client: client.get_all_style_rules(),
        lambda client: client.get_style_rule("x"),
        lambda client: client.list_translation_memories(),
    ],
)
def test_what_is_not_offered_says_so(client: deepl.DeepLClient, ask: Callable[[deepl.DeepLClient], object]) -> None:
    with pytest.raises(deepl.DeepLException, match="is not offered here"):
        ask(client)


def watched(client: deepl.DeepLClient, handle: deepl.DocumentHandle) -> deepl.DocumentStatus:
    """Ask more often than the client's own waiting, which is every five seconds."""
    while not (status := client.translate_document_get_status(handle)).done:
        assert status.ok
    return status


def test_document_is_translated_from_file_to_file(client: deepl.DeepLClient, tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text(f"<h1>{HELLO}</h1>\n")
    status = client.translate_document_from_filepath(
        tmp_path / "page.html", tmp_path / "page.pt.html", source_lang="EN", target_lang="PT-BR"
    )
    assert OLA in (tmp_path / "page.pt.html").read_text()
    assert (status.status.value, status.error_message) == ("done", None)
    assert status.billed_characters is not None
    assert status.billed_characters >= len(HELLO)


@pytest.mark.usefixtures("lines")
def test_document_is_detected_and_takes_glossaries(client: deepl.DeepLClient) -> None:
    made = client.create_glossary("Houses", "EN", "PT", {"house": "moradia"})
    other = client.create_glossary("Colours", "EN", "PT", {"red": "rubra", "house": "vivenda"})
    for wanted, words in (
        ({}, ["casa"]),
        ({"glossary": made, "source_lang": "EN"}, ["moradia"]),
        ({"glossary_ids": [made, other], "source_lang": "EN"}, ["moradia", "rubra"]),
    ):
        handle = client.translate_document_upload(HELLO, filename="a.txt", target_lang="PT-BR", **wanted)
        assert watched(client, handle).billed_characters == len(HELLO)
        sink = io.BytesIO()
        client.translate_document_download(handle, sink)
        assert all(word in sink.getvalue().decode() for word in words)


def test_document_that_is_not_done_is_not_ready(
    client: deepl.DeepLClient, lines: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deepl.http_client, "max_network_retries", 0)
    handle = client.translate_document_upload(
        f"!hold\n{HELLO}", filename="a.txt", source_lang="EN", target_lang="PT-BR"
    )
    try:
        with pytest.raises(deepl.DocumentNotReadyException):
            client.translate_document_download(handle, io.BytesIO())
        status = client.translate_document_get_status(handle)
        assert status.status.value in {"queued", "translating"}
    finally:
        (lines / "go").touch()
    assert watched(client, handle).done


@pytest.mark.usefixtures("lines")
def test_document_that_cannot_be_read_is_an_error_with_a_sentence(client: deepl.DeepLClient) -> None:
    handle = client.translate_document_upload("!broken", filename="a.txt", target_lang="PT-BR")
    while (status := client.translate_document_get_status(handle)).ok:
        assert not status.done
    assert status.error_message == "The document is damaged."  # type: ignore[comparison-overlap] # says int
    with pytest.raises(deepl.DeepLException, match="Bad request") as raised:
        client.translate_document_download(handle, io.BytesIO())
    assert raised.value.http_status_code == 400


@pytest.mark.usefixtures("lines")
def test_document_is_nobodys_who_has_no_key_of_it(client: deepl.DeepLClient) -> None:
    handle = client.translate_document_upload(HELLO, filename="a.txt", source_lang="EN", target_lang="PT-BR")
    for wrong in (deepl.DocumentHandle(handle.document_id, "0" * 64), deepl.DocumentHandle("0" * 32, "0" * 64)):
        with pytest.raises(deepl.DeepLException, match="document_not_found"):
            client.translate_document_get_status(wrong)
    assert watched(client, handle).done


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"filename": "a.pdf"}, "unsupported_document"),
        ({"filename": "a"}, "unsupported_document"),
        ({"output_format": "docx"}, "keeps its format"),
        ({"target_lang": "DE"}, "unknown_language"),
        ({"formality": "more"}, "option_refused"),
        ({"source_lang": "EN", "glossary": NOBODY}, "glossary_not_found"),
    ],
)
def test_document_that_cannot_be_done_is_refused(client: deepl.DeepLClient, options: dict[str, str], said: str) -> None:
    wanted = {"filename": "a.txt", "target_lang": "PT-BR"} | options
    with pytest.raises(deepl.DeepLException, match=said):
        client.translate_document_upload(HELLO, **wanted)  # type: ignore[arg-type]


def test_unknown_key_and_one_without_the_scope_are_refused(deepl_server: str) -> None:
    for key, said in (("wrong", "not known here"), (MONITOR, "scope translate")):
        with pytest.raises(deepl.AuthorizationException, match=said):
            connect(deepl_server, key).translate_text(HELLO, target_lang="PT-BR")


@pytest.mark.usefixtures("impatient")
def test_key_over_its_rate_is_too_many_requests(deepl_server: str) -> None:
    hasty = connect(deepl_server, HASTY)
    hasty.get_usage()
    with pytest.raises(deepl.TooManyRequestsException, match="1 requests per minute"):
        hasty.get_usage()


def test_retry_after_too_many_requests_succeeds(serve_deepl: ServeDeepl, caplog: pytest.LogCaptureFixture) -> None:
    at_work, opened = threading.Event(), threading.Event()

    def hold(batch: Sequence[EncodedSegment]) -> None:
        if any("slow" in "".join(segment.tokens) for segment in batch):
            at_work.set()
            assert opened.wait(30)

    server = serve_deepl(FakeLoader(hook=hold), tiers={"basic": EN_PT}, limits={"max_requests_in_flight": 1})
    results: dict[str, str] = {}

    def ask(text: str) -> None:
        results[text] = one(connect(server).translate_text(text, source_lang="EN", target_lang="PT-BR")).text

    first, second = (threading.Thread(target=ask, args=(text,)) for text in ("slow", "quick"))
    try:
        with caplog.at_level(logging.INFO, logger="deepl"):
            first.start()
            assert at_work.wait(30)
            second.start()
            while "Starting retry" not in caplog.text:
                second.join(0.02)
    finally:
        opened.set()
    for caller in (first, second):
        caller.join(30)
    assert results == {"slow": "slow", "quick": "quick"}


def test_load_that_outlasts_the_clients_patience_happens_once(
    serve_deepl: ServeDeepl, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deepl.http_client, "min_connection_timeout", 0.1)  # the client's own setting; a second remains
    loads, loaded = [], threading.Event()

    def load(checkpoint: Checkpoint) -> None:
        loads.append(checkpoint.reference)
        assert loaded.wait(30)

    server = serve_deepl(FakeLoader(on_load=load), tiers={"basic": EN_PT | {"preload": False}})
    results: list[str] = []

    def ask() -> None:
        results.append(one(connect(server).translate_text(HELLO, source_lang="EN", target_lang="PT-BR")).text)

    caller = threading.Thread(target=ask)
    try:
        with caplog.at_level(logging.INFO, logger="deepl"):
            caller.start()
            while "Starting retry" not in caplog.text:
                caller.join(0.02)
    finally:
        loaded.set()
    caller.join(30)
    assert results == [HELLO]
    assert loads == ["embedded/en-pt"]


def test_server_without_keys_takes_any(serve_deepl: ServeDeepl) -> None:
    server = serve_deepl(FakeLoader(), tiers={"basic": EN_PT})
    assert one(connect(server, "whatever:fx").translate_text(HELLO, target_lang="PT-BR")).text


def test_errors_are_strings_as_the_client_needs_them(client: deepl.DeepLClient) -> None:
    status, content, _ = client._api_call("v2/translate", json={})
    assert status == 400
    assert isinstance(content, str)
    assert {type(value) for value in json.loads(content).values()} == {str}

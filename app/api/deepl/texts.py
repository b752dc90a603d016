"""`POST /v2/translate`: parse, translate, render."""

from __future__ import annotations

from collections.abc import Sequence

from app.api.context import Asking, Context
from app.api.deepl.codes import source_code
from app.api.deepl.models import model_type_of, tiers_for
from app.api.deepl.problems import OptionRefused
from app.api.deepl.routing import deepl_router
from app.api.deepl.wishes import check_options, terms_of
from app.api.schemas.deepl import DeeplTexts, DeeplTranslation, DeeplTranslations
from app.errors import PairUnsupported
from app.languages import UnknownLanguage
from app.text.markup import Format, Options
from app.text.segmentation import Split
from app.translate import AUTO, Outcome
from app.wishes import Wishes

router = deepl_router("/v2")


@router.post("/translate", response_model_exclude_none=True)
async def translate_texts(wanted: DeeplTexts, asking: Asking) -> DeeplTranslations:
    """Translate texts."""
    check_options(wanted)
    if wanted.custom_instructions:
        raise OptionRefused("custom_instructions cannot be followed here. Leave them out.")
    with asking.services.admission.admitted(wanted.text), asking.charged(wanted.text):
        async with asking.deadline():
            outcomes = await _translate(wanted, asking)
    return DeeplTranslations(translations=[_shown(one, wanted, asking) for one in outcomes])


async def _translate(wanted: DeeplTexts, asking: Context) -> Sequence[Outcome]:
    """Translate on the tier that the model type means, or on the next where that one does not have the pair."""
    terms, library = await terms_of(wanted, asking), asking.services.library
    wording = await library.wording(
        glossary_id=terms.glossary_id, owner=asking.caller.sees, entries=terms.entries, kept=()
    )
    wishes = Wishes(wording, _split(wanted), _markup(wanted))
    *better, last = tiers_for(wanted.model_type, asking.services.tiers)
    for tier in better:
        try:
            return await _on(tier, wanted, asking, wishes)
        except (PairUnsupported, UnknownLanguage):
            continue
    return await _on(last, wanted, asking, wishes)


async def _on(tier: str, wanted: DeeplTexts, asking: Context, wishes: Wishes) -> Sequence[Outcome]:
    return await asking.services.translator.translate(
        wanted.text,
        source=wanted.source_lang or AUTO,
        target=wanted.target_lang,
        tier=tier,
        client=asking.client,
        wishes=wishes,
    )


def _split(wanted: DeeplTexts) -> Split:
    if wanted.split_sentences is not None:
        return wanted.split_sentences
    return Split.SENTENCES_ACROSS_LINES if wanted.tag_handling == "html" else Split.SENTENCES


def _markup(wanted: DeeplTexts) -> Options | None:
    if wanted.tag_handling is None:
        return None
    spelled = str.lower if wanted.tag_handling == "html" else str
    return Options(
        Format(wanted.tag_handling),
        ignore_tags=frozenset(map(spelled, wanted.ignore_tags)),
        splitting_tags=frozenset(map(spelled, wanted.splitting_tags)),
        non_splitting_tags=frozenset(map(spelled, wanted.non_splitting_tags)),
        outline_detection=wanted.outline_detection,
    )


def _shown(outcome: Outcome, wanted: DeeplTexts, asking: Context) -> DeeplTranslation:
    answer, asked = outcome.answer, wanted.model_type
    tier = answer.tier_used or outcome.tier
    return DeeplTranslation(
        detected_source_language=source_code(outcome.source),
        text=answer.text,
        billed_characters=len(outcome.original) if wanted.show_billed_characters else None,
        model_type_used=model_type_of(tier, asked, asking.services.tiers) if asked else None,
        warnings=list(answer.warnings) or None,
    )

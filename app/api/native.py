"""The native dialect: the older system's paths and field names; parse, translate, render."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, TypeVar

from fastapi import APIRouter, Body, Depends
from pydantic import Field

from app.api.context import Asking, Context, Serving
from app.api.lean import LeanRoute
from app.api.schemas.native import (
    BatchResponse,
    Candidate,
    DetectRequest,
    DetectResponse,
    HowToTranslate,
    Language,
    Model,
    ModelsResponse,
    TextFormat,
    TranslateRequest,
    TranslateResponse,
)
from app.auth import require
from app.concurrency import together
from app.languages import display_name
from app.text.markup import Format, Options
from app.tiers import Tier
from app.translate import Outcome
from app.wishes import Wishes

T = TypeVar("T")

router = APIRouter(tags=["translation"], dependencies=[Depends(require("translate"))], route_class=LeanRoute)

public = APIRouter(tags=["translation"])
"""Needs no key: clients of LibreTranslate ask for the languages without theirs."""


@router.post("/translate")
async def translate(request: TranslateRequest, asking: Asking) -> TranslateResponse:
    """Translate a text, or a list of texts in one call."""
    texts = _texts(request)
    with asking.services.admission.admitted(texts), asking.charged(texts):
        async with asking.deadline():
            return await _translate(request, texts, asking)


@router.post("/translate/batch")
async def translate_batch(
    requests: Annotated[list[TranslateRequest], Field(fail_fast=True), Body()], asking: Asking
) -> BatchResponse:
    """Translate a bare array of requests, each with its own languages and tier. One that fails fails the call."""
    texts = [text for request in requests for text in _texts(request)]
    with asking.services.admission.admitted(texts), asking.charged(texts):
        async with asking.deadline():
            results = await together(_translate(one, _texts(one), asking) for one in requests)
    return BatchResponse(results=results)


@router.post("/detect-language")
async def detect_language(request: DetectRequest, asking: Asking) -> DetectResponse:
    """Identify the language of a text among those that this server reads."""
    asking.services.admission.check([request.text])
    async with asking.deadline():
        detection = await asking.services.translator.detect(request.text)
    candidates = [Candidate(language=one.language, confidence=one.confidence) for one in detection.candidates]
    return DetectResponse(language=detection.language, confidence=detection.confidence, candidates=candidates)


@public.get("/languages")
async def languages(serving: Serving) -> list[Language]:
    """Every language, and the targets that some tier translates it to: none for one that is only written."""
    pairs, pivoted = serving.tiers.languages(), serving.tiers.pivoted()
    return [
        Language(code=code, name=display_name(code), targets=pairs.get(code, []), pivoted=pivoted.get(code, {}))
        for code in sorted({*pairs, *(target for targets in pairs.values() for target in targets)})
    ]


@router.get("/models")
async def models(serving: Serving) -> ModelsResponse:
    """Tiers that `model_type` may name."""
    default = serving.tiers.default
    return ModelsResponse(available_models={name: _model(tier, default) for name, tier in serving.tiers.items()})


def _texts(request: TranslateRequest) -> Sequence[str]:
    return [request.text] if isinstance(request.text, str) else request.text


async def _translate(request: TranslateRequest, texts: Sequence[str], asking: Context) -> TranslateResponse:
    outcomes = await asking.services.translator.translate(
        texts,
        source=request.source_language,
        target=request.target_language,
        tier=request.model_type,
        client=asking.client,
        wishes=await wishes_of(request, asking),
    )
    return _response(outcomes, single=isinstance(request.text, str))


async def wishes_of(request: HowToTranslate, asking: Context) -> Wishes:
    """Return what a request asks for beside its languages and its tier. Raises GlossaryNotFound."""
    wording = await asking.services.library.wording(
        glossary_id=request.glossary_id,
        owner=asking.caller.sees,
        entries=request.glossary,
        kept=tuple(request.do_not_translate),
    )
    return Wishes(wording, request.split_sentences, _markup(request))


def _markup(request: HowToTranslate) -> Options | None:
    if request.format is TextFormat.TEXT:
        return None
    spelled = str.lower if request.format is TextFormat.HTML else str
    return Options(
        Format(request.format.value),
        ignore_tags=frozenset(map(spelled, request.ignore_tags)),
        splitting_tags=frozenset(map(spelled, request.splitting_tags)),
        non_splitting_tags=frozenset(map(spelled, request.non_splitting_tags)),
        outline_detection=request.outline_detection,
    )


def _response(outcomes: Sequence[Outcome], *, single: bool) -> TranslateResponse:
    def shaped(values: Sequence[T]) -> T | Sequence[T]:
        return values[0] if single else values

    answers = [outcome.answer for outcome in outcomes]
    return TranslateResponse(
        original_text=shaped([outcome.original for outcome in outcomes]),
        translated_text=shaped([answer.text for answer in answers]),
        source_language=shaped([outcome.source for outcome in outcomes]),
        target_language=outcomes[0].target,
        model_type=outcomes[0].tier,
        tier_used=shaped([answer.tier_used or outcomes[0].tier for answer in answers]),
        model_used=shaped([answer.model_used for answer in answers]),
        route=list(shaped([answer.route for answer in answers])),
        confidence_score=shaped([answer.confidence for answer in answers]),
        processing_time_ms=round(outcomes[0].seconds * 1000),
        from_cache=all(answer.cached for answer in answers),
        warnings=list(dict.fromkeys(warning for answer in answers for warning in answer.warnings)),
    )


def _model(tier: Tier, default: str) -> Model:
    return Model(
        name=tier.name,
        description=tier.description,
        languages=tier.languages,
        pivoted={source: dict(targets) for source, targets in tier.routes.pivoted().items()},
        checkpoints=[spec.checkpoint.reference for spec in tier.specs],
        beam_size=tier.options.beam_size,
        max_length=tier.max_length,
        default=tier.name == default,
    )

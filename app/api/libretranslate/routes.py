"""LibreTranslate's other paths: detection, what a page wants to know, and suggestions, which are refused."""

from __future__ import annotations

from fastapi import APIRouter, Request

from app.api.context import Context, Serving
from app.api.libretranslate.described import ANSWERS, body_of
from app.api.libretranslate.errors import SuggestionsRefused
from app.api.libretranslate.reading import admit, checked, read
from app.api.libretranslate.translating import UNDETECTED, percent
from app.api.schemas.libretranslate import Choice, Choices, Detected, DetectForm, FrontendSettings
from app.detection import Undecidable
from app.documents import FORMATS
from app.languages import display_name
from app.translate import AUTO

router = APIRouter(tags=["LibreTranslate"], responses=ANSWERS)

_TYPING_PAUSE = 500  # ms


@router.post("/detect", openapi_extra=body_of(DetectForm))
async def detect(request: Request) -> list[Detected]:
    """Tell the languages that a text may be in, likeliest first; a list of texts is taken as one text."""
    fields = await read(request)
    return await _detect(checked(DetectForm, fields).q, admit(request, fields))


@router.get("/frontend/settings")
async def settings(request: Request, serving: Serving) -> FrontendSettings:
    """Tell what clients may want to know of the server; needs no key."""
    target = next(iter(serving.tiers[serving.tiers.default].languages))
    has_keys = not request.state.access.open
    return FrontendSettings(
        charLimit=serving.settings.limits.max_characters,
        frontendTimeout=_TYPING_PAUSE,
        apiKeys=has_keys,
        keyRequired=has_keys,
        suggestions=False,
        filesTranslation=serving.settings.documents.enabled,
        supportedFilesFormat=_extensions() if serving.settings.documents.enabled else [],
        language=Choices(
            source=Choice(code=AUTO, name="Auto Detect"), target=Choice(code=target, name=display_name(target))
        ),
    )


def _extensions() -> list[str]:
    return [f".{extension}" for one in FORMATS.values() for extension in (one.name, *one.extensions)]


@router.post("/suggest")
async def suggest() -> None:
    """Refuse: nothing here learns from what visitors write."""
    raise SuggestionsRefused("Suggestions are not taken here. Put better terms into a glossary: POST /glossaries.")


async def _detect(q: str | list[str], asking: Context) -> list[Detected]:
    text = q if isinstance(q, str) else "\n".join(q)
    asking.services.admission.check([text])
    async with asking.deadline():
        try:
            candidates = (await asking.services.translator.detect(text)).candidates
        except Undecidable as error:
            candidates = error.candidates
    return [Detected(confidence=percent(one.confidence), language=one.language) for one in candidates] or [UNDETECTED]

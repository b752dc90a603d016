"""Placeholders and tags through the embedded checkpoints, as the orchestration calls them."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from app.text.inline import Segment
from app.text.masking import mask
from app.text.placeholders import placeholders
from app.text.projection import Projected, project
from model_pool.catalog.catalog import Catalog
from model_pool.engines.ctranslate2 import CTranslate2Loader
from model_pool.pool import ModelPool
from model_pool.replica import make_spec
from model_pool.types import DecodeOptions

TEXTS = {
    "en": (
        "Hello {{name}}, you have {count} new messages.",
        "File %1$s was not found in %2$s.",
        "Visit https://example.com/a_(b)?c=d for more information.",
        "Could not open %s: %s (error %d).",
        "I love this song 😀 and this one too 🎉!",
        "Click <b>here</b> to <i>save your <b>red</b> file</i> now.",
        "The <b>red</b> house near the <a href='x'>old river</a>.",
        "The meeting starts at 10:30 and costs 1,299.50 € or 5% more.",
        "Write to me@example.com or open /etc/hosts with `cat`.",
    ),
    "pt": (
        "Olá {{name}}, você tem {count} novas mensagens.",
        "O arquivo %1$s não foi encontrado em %2$s.",
        "Visite https://example.com/a_(b)?c=d para mais informações.",
        "Adoro esta música 😀 e esta também 🎉!",
        "Clique <b>aqui</b> para salvar o <i>arquivo <b>vermelho</b></i> agora.",
        "A casa <b>vermelha</b> perto do <a href='x'>rio velho</a>.",
        "A reunião começa às 10:30 e custa R$ 1.299,50 ou 5% mais.",
    ),
}


@pytest.fixture
async def pool() -> AsyncIterator[ModelPool]:
    pool = ModelPool([CTranslate2Loader()])
    try:
        yield pool
    finally:
        await pool.close()


async def translated(pool: ModelPool, data: Path, source: str, target: str, *texts: str) -> list[Projected]:
    masked = [mask(Segment(text, tuple(placeholders(text)))) for text in texts]
    spec = make_spec(CTranslate2Loader(), Catalog(data).resolve(f"embedded/{source}-{target}"))
    async with pool.lease(spec) as lease:
        answers = await pool.translate(
            lease,
            [one.text for one in masked],
            source=source,
            target=target,
            options=DecodeOptions(return_attention=True),
        )
    return [project(one, answer.text, answer.links) for one, answer in zip(masked, answers, strict=True)]


@pytest.mark.parametrize(("source", "target"), [("en", "pt"), ("pt", "en")])
async def test_every_placeholder_comes_back_exactly_once(
    pool: ModelPool, tmp_path: Path, source: str, target: str
) -> None:
    texts = TEXTS[source]
    for text, answer in zip(texts, await translated(pool, tmp_path, source, target, *texts), strict=True):
        assert answer.missing == (), text
        expected = Counter(mark.literal for mark in placeholders(text))
        assert Counter(mark.literal for mark in placeholders(answer.text)) == expected, answer.text
        assert answer.text != text


async def test_tags_stand_around_the_words_that_they_stood_around(pool: ModelPool, tmp_path: Path) -> None:
    (portuguese,) = await translated(pool, tmp_path, "en", "pt", "The <b>red</b> house near the <i>river</i>.")
    (english,) = await translated(pool, tmp_path, "pt", "en", "A casa <b>vermelha</b> perto do <i>rio</i>.")
    assert portuguese.text == "A casa <b>vermelha</b> perto do <i>rio</i>."
    assert english.text == "The <b>red</b> house near the <i>river</i>."

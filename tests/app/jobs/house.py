"""Documents without a server: a clock that tests turn, a translator that does as it is told, everything else real."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any, cast

from app.composition import resolve_tiers
from app.detection import Detection, Undecidable
from app.glossaries.library import Library
from app.glossaries.store import GlossaryStore
from app.jobs import DocumentJobs, Job
from app.pairs import Answer
from app.quotas import Usage
from app.settings import Settings
from app.tiers import TierTable
from app.translate import NO_WISHES, Outcome, Translator, Wishes
from model_pool.catalog.catalog import Catalog
from model_pool.engines.fake import FakeLoader


class Words:
    """Tells Portuguese by its articles and English by everything else; "?" alone is neither."""

    languages = frozenset({"en", "pt"})

    def __init__(self) -> None:
        self.seen: list[str] = []

    def detect(self, text: str, served: Collection[str]) -> Detection:
        self.seen.append(text)
        if text.strip() == "hm":
            raise Undecidable("it says too little")
        return Detection("pt" if " o " in f" {text} " else "en", 1.0, ())


@dataclass
class Scripted:
    """Stands in for the translator: shouts. `script` may raise, wait or change what is answered, by call."""

    script: Callable[[Sequence[str]], Any] | None = None
    calls: list[list[str]] = field(default_factory=list)
    asked: list[dict[str, Any]] = field(default_factory=list)
    warnings: tuple[str, ...] = ()

    async def translate(
        self,
        texts: Sequence[str],
        *,
        source: str,
        target: str,
        tier: str | None = None,
        client: str = "",
        wishes: Wishes = NO_WISHES,
    ) -> list[Outcome]:
        self.calls.append(list(texts))
        self.asked.append({"source": source, "target": target, "tier": tier, "client": client, "wishes": wishes})
        if self.script is not None:
            waited = self.script(texts)
            if asyncio.iscoroutine(waited):
                await waited
        return [
            Outcome(text, Answer(text.upper(), warnings=self.warnings), source, target, "basic", 0.0) for text in texts
        ]


@dataclass
class Now:
    """What `Services` has for jobs."""

    tiers: TierTable
    fake: Scripted

    @property
    def translator(self) -> Translator:
        return cast("Translator", self.fake)


@dataclass
class House:
    """One server's documents. `usage`, `now`, `clock` and `detector` are for tests to look at and to change."""

    settings: Settings
    home: Path
    now: Now
    detector: Words = field(default_factory=Words)
    usage: Usage = field(default_factory=Usage)
    time: float = 1_000_000.0
    ended: list[Job] = field(default_factory=list)

    def open(self) -> DocumentJobs:
        """Return the documents, not started; twice, and there are two servers on one directory."""
        documents = DocumentJobs(
            self.home,
            self.settings.documents,
            detector=self.detector,
            library=Library(GlossaryStore(self.home / "glossaries.sqlite3", most=10, most_entries=100)),
            usage=self.usage,
            on_end=self.ended.append,
            clock=lambda: self.time,
        )
        documents.serve(lambda: self.now)
        return documents

    @property
    def root(self) -> Path:
        return self.home / "documents"


def build(settings: Settings, home: Path) -> House:
    tiers = resolve_tiers(settings, Catalog(home), FakeLoader())
    return House(settings, home, Now(tiers, Scripted()))


async def send(documents: DocumentJobs, *lines: str, **wanted: Any) -> Job:  # noqa: ANN401 - of `submit`
    """Submit a text document of these lines, from English to Portuguese unless something else is wanted."""
    usual = {"filename": "a.txt", "source": "en", "target": "pt", "owner": "me", "sees": "me", "client": "me"}
    return await documents.submit(BytesIO("\n".join(lines).encode()), **cast("Any", usual | wanted))


async def until(condition: Callable[[], bool], within: float = 10.0) -> None:
    """Wait for something that a job does."""
    async with asyncio.timeout(within):
        while not condition():  # noqa: ASYNC110 - it is another task's or thread's doing
            await asyncio.sleep(0.005)

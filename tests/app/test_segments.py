from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from app.segments import Attempt, Cutting, SegmentTranslator, Translated, next_attempt
from app.text.checks.faults import Fault, FaultKind
from app.text.inline import Mark, Segment
from app.text.marking import with_literals
from app.text.placeholders import placeholders
from model_pool.types import DecodeOptions, Translation

GREEDY = DecodeOptions()


class Model:
    """Answers each text by `say`; keeps what it was asked."""

    def __init__(self, say: dict[str, str] | None = None, *, drops: str = "") -> None:
        self.asked: list[tuple[str, DecodeOptions]] = []
        self.say = say or {}
        self.drops = drops

    async def decode(self, texts: Sequence[str], options: DecodeOptions) -> list[Translation]:
        self.asked += [(text, options) for text in texts]
        return [self._translation(self.say.get(text, text)) for text in texts]

    def _translation(self, text: str) -> Translation:
        made = " ".join(word for word in text.split(" ") if not self.drops or self.drops not in word)
        return Translation(made, -0.5, 5, 5)


def translator(model: Model, faults: tuple[Fault, ...] = ()) -> SegmentTranslator:
    def check(source: str, translation: str) -> tuple[Fault, ...]:
        return faults if source == translation else ()

    return SegmentTranslator(model.decode, GREEDY, count=lambda text: len(text.split()), check=check)


def marked(text: str) -> Segment:
    return with_literals(Segment(text), placeholders(text))


async def test_plain_segment_is_asked_for_once_and_without_attention() -> None:
    model = Model({"The house.": "A casa."})
    (made,) = await translator(model).translate([Segment("The house.")])
    assert (made.segment.text, made.attempts) == ("A casa.", 1)
    assert model.asked == [("The house.", GREEDY)]


async def test_literal_is_hidden_from_the_model_and_put_back() -> None:
    model = Model()
    (made,) = await translator(model).translate([marked("Hello {name} again")])
    assert made.segment.source == "Hello {name} again"
    assert all("{name}" not in text and options.return_attention for text, options in model.asked)


async def test_model_that_loses_every_stand_in_is_asked_between_the_marks_at_last() -> None:
    model = Model(drops="1")
    (made,) = await translator(model).translate([marked("Hello dear {name} and so on")])
    assert made.segment.source == "Hello dear {name} and so on"
    assert (made.missing, made.attempts) == ((), 4)
    assert [text for text, _ in model.asked[-2:]] == ["Hello dear", "and so on"]


async def test_loop_is_decoded_again_and_the_better_one_is_kept() -> None:
    loop = Fault(FaultKind.REPETITION, "la la")
    model = Model()
    (made,) = await translator(model, (loop,)).translate([Segment("The house is red and the garden is green")])
    assert made.faults == (loop,)  # nothing helped, so it is told
    assert made.attempts > 1
    assert any(options.no_repeat_ngram_size for _, options in model.asked)


async def test_shouting_is_read_in_small_letters_and_written_in_capitals() -> None:
    model = Model({"The house is red.": "A casa é vermelha."})
    (made,) = await translator(model).translate([Segment("THE HOUSE IS RED.")])
    assert made.segment.text == "A CASA É VERMELHA."


def test_attempts_end_whatever_comes() -> None:
    made = Translated(Segment("x"), -1.0, 1, truncated=True, cached=False, missing=(Mark(0, 1, literal="x"),))
    seen = []
    for attempts in range(1, 10):
        again = Translated(**{**{name: getattr(made, name) for name in made.__slots__}, "attempts": attempts})
        seen.append(next_attempt(again, GREEDY))
    assert seen[2] == Attempt(GREEDY, Cutting.BETWEEN_MARKS)
    assert not any(seen[3:])


async def test_bulk_lets_the_loop_turn_while_it_is_checked() -> None:
    turns_at_check: list[int] = []
    turns = 0

    async def tick() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    def check(source: str, translation: str) -> tuple[Fault, ...]:
        turns_at_check.append(turns)
        return ()

    ticker = asyncio.create_task(tick())
    translator = SegmentTranslator(Model().decode, GREEDY, count=len, check=check)
    await translator.translate([Segment(f"House {number}.") for number in range(200)])
    ticker.cancel()
    assert max(Counter(turns_at_check).values()) <= 16


async def test_other_translations_have_their_marks_and_those_with_something_wrong_are_left_out() -> None:
    class Beam(Model):
        def _translation(self, text: str) -> Translation:
            best = super()._translation(text)
            others = [replace(best, text=f"{best.text}!"), replace(best, text="lost"), replace(best, truncated=True)]
            return replace(best, others=tuple(others))

    model = Beam({"The house.": "A casa."})
    plain, literal = await translator(model).others([Segment("The house."), marked("Hello {name} again")], 3)
    assert [one.text for one in plain] == ["A casa.", "A casa.!", "lost"]
    assert [one.source for one in literal] == ["Hello {name} again", "Hello {name} again!"]
    assert {(options.beam_size, options.num_hypotheses) for _, options in model.asked} == {(4, 4)}


async def test_other_translations_with_a_sure_fault_are_left_out() -> None:
    faulty = translator(Model(), (Fault(FaultKind.ECHO, "as it was"),))
    assert await faulty.others([Segment("The house.")], 1) == [[]]

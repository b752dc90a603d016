from __future__ import annotations

from app.jobs.tally import LONGEST, MOST, OTHERS, Tally


def test_each_warning_is_there_once_with_its_count_in_the_order_they_came() -> None:
    tally = Tally({"a": 2})
    tally.hear(["b", "a", "b"])
    assert list(tally.counts.items()) == [("a", 3), ("b", 2)]


def test_different_warnings_are_bounded_and_what_is_left_out_is_counted() -> None:
    tally = Tally({})
    tally.hear(f"warning {number}" for number in range(MOST + 10))
    tally.hear(["warning 0", "another"])
    assert len(tally.counts) == MOST + 1
    assert (tally.counts[OTHERS], tally.counts["warning 0"]) == (11, 2)


def test_a_long_warning_is_cut() -> None:
    tally = Tally({})
    tally.hear(["x" * 10_000, "x" * LONGEST])
    assert list(map(len, tally.counts)) == [LONGEST + 4, LONGEST]

from __future__ import annotations

import pytest

from app.retries import MOST_RETRIES, Candidate, Retry, best, next_retry
from app.text.checks.faults import Fault, FaultKind
from model_pool.types import DecodeOptions

GREEDY = DecodeOptions()


def fault(kind: FaultKind, *, sure: bool = True) -> Fault:
    return Fault(kind, "", sure)


def test_loop_is_decoded_again_without_repeated_n_grams_and_then_in_halves() -> None:
    loops = [fault(FaultKind.REPETITION)]
    first, second = next_retry(loops, 0, GREEDY), next_retry(loops, 1, GREEDY)
    assert first == Retry(DecodeOptions(beam_size=4, no_repeat_ngram_size=3, repetition_penalty=1.1))
    assert second == Retry(DecodeOptions(beam_size=4), halved=True)


@pytest.mark.parametrize("kind", [FaultKind.OMISSION, FaultKind.NUMBER_MISSING, FaultKind.NUMBER_INVENTED])
def test_what_was_lost_is_looked_for_in_halves_once(kind: FaultKind) -> None:
    assert next_retry([fault(kind)], 0, GREEDY) == Retry(DecodeOptions(beam_size=4), halved=True)
    assert next_retry([fault(kind)], 1, GREEDY) is None


def test_wrong_language_gets_a_wider_beam_where_it_was_not_wide() -> None:
    assert next_retry([fault(FaultKind.LANGUAGE)], 0, GREEDY) == Retry(DecodeOptions(beam_size=4))
    assert next_retry([fault(FaultKind.LANGUAGE)], 0, DecodeOptions(beam_size=4)) is None


def test_other_options_of_the_tier_stay_as_they_are() -> None:
    options = DecodeOptions(beam_size=6, length_penalty=1.2, return_attention=True)
    retry = next_retry([fault(FaultKind.OMISSION)], 0, options)
    assert retry == Retry(options, halved=True)


@pytest.mark.parametrize("faults", [[], [fault(FaultKind.ECHO)], [fault(FaultKind.ECHO, sure=False)]])
def test_nothing_and_echoes_are_not_tried_again(faults: list[Fault]) -> None:
    assert next_retry(faults, 0, GREEDY) is None


def test_retries_end() -> None:
    assert next_retry([fault(kind) for kind in FaultKind], MOST_RETRIES, GREEDY) is None


def test_lightest_faults_win_then_the_score_then_the_first() -> None:
    looping = Candidate("a a a", -0.1, (fault(FaultKind.REPETITION),))
    doubled = Candidate("a a", -0.3, (fault(FaultKind.REPETITION, sure=False),))
    fine, finer = Candidate("a", -0.9), Candidate("b", -0.5)
    assert best([looping, doubled]) == 1
    assert best([looping, fine, finer]) == 2
    assert best([fine, fine]) == 0

from __future__ import annotations

import pytest

from model_pool.workshop.evaluate import scores
from model_pool.workshop.evaluate.scoring import perplexity
from model_pool.workshop.evaluate.speeds import quantile, speeds


def test_same_text_has_the_best_score_of_each_kind() -> None:
    texts = ["The red house near the river.", "Save the file, please."]
    assert scores.bleu(texts, texts) == pytest.approx(100)
    assert scores.chrf(texts, texts) == 100
    assert scores.ter(texts, texts) == 0
    assert scores.agreement(texts, texts)["exact"] == 1


def test_same_words_count_whatever_their_case_and_signs() -> None:
    assert scores.near(["Olá, mundo!", "Não"], ["olá mundo", "Nao"]) == 0.5
    assert scores.exact(["Olá, mundo!", "Não"], ["olá mundo", "Não"]) == 0.5


@pytest.mark.parametrize(
    ("text", "times"), [("", 0), ("one two", 1), ("no no no", 3), ("a b a b a b c", 3), ("so so, a b c d a b c d", 2)]
)
def test_longest_loop_is_counted_in_units(text: str, times: int) -> None:
    assert scores.longest_loop(text) == times


def test_repetition_that_the_source_has_too_is_none() -> None:
    assert scores.repetition_rate(["ha ha ha", "yes"], ["ah ah ah", "sim sim sim"]) == 0.5


def test_output_under_half_of_its_reference_is_an_omission_unless_both_are_short() -> None:
    references = ["a sentence with a second clause, which must be kept", "good evening", "thanks"]
    assert scores.omission_rate(["a sentence", "hi", ""], references) == pytest.approx(2 / 3, abs=1e-4)


def test_perplexity_of_an_even_choice_is_the_number_of_choices() -> None:
    assert perplexity([-1.386294361, -2.772588722], [1, 2], ["ab", "cd"]) == {
        "perplexity": 4.0,
        "bits_per_letter": 1.5,
    }


@pytest.mark.parametrize(("share", "value"), [(0.5, 5), (0.95, 10), (1.0, 10), (0.05, 1)])
def test_quantile_is_a_value_that_was_measured(share: float, value: float) -> None:
    assert quantile([float(one) for one in range(10, 0, -1)], share) == value


def test_speeds_are_medians_of_rounds_with_their_range() -> None:
    rounds = [
        {"latencies": [0.01, 0.02], "texts": ["a", "b"], "seconds": seconds, "tokens": 10, "load_seconds": 1.0,
         "model_bytes": 5, "rss": 7, "peak_rss": 9}
        for seconds in (1.0, 2.0, 4.0)
    ]  # fmt: skip
    found = speeds(rounds, ["a", "c"])
    assert (found["sentences_s"], found["sentences_s_lowest"], found["sentences_s_highest"]) == (1.0, 0.5, 2.0)
    assert (found["tokens_s"], found["latency_p95_ms"], found["alone_as_batched"]) == (5.0, 20.0, 0.5)

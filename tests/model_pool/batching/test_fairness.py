from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from itertools import count

from hypothesis import given
from hypothesis import strategies as st

from model_pool.batching.fairness import FairQueue
from model_pool.batching.items import Item, Work
from model_pool.types import DecodeOptions, EncodedSegment

_numbers = count()


class Caller:
    """Stands in for a submission: the queue asks for its client and whether it is alive."""

    def __init__(self, client: str = "", *, alive: bool = True) -> None:
        self.client = client
        self.alive = alive


def items(caller: Caller, number: int, length: int = 10) -> list[Item]:
    return [
        Item(Work(EncodedSegment((str(next(_numbers)),)), DecodeOptions(), length), caller, 0.0)  # type: ignore[arg-type]
        for _ in range(number)
    ]


def queue() -> tuple[FairQueue, list[Item]]:
    left: list[Item] = []
    return FairQueue(on_leave=left.append), left


def first(size: int) -> Callable[[list[Item]], list[Item]]:
    return lambda window: window[:size]


def test_one_liner_is_next_behind_a_request_of_ten_thousand() -> None:
    fair, _ = queue()
    bulk = Caller()
    fair.push(items(bulk, 10_000))
    for _ in range(5):
        fair.next_batch(256, first(16))
    (one_liner,) = items(Caller(), 1)
    fair.push([one_liner])
    assert fair.next_batch(256, first(16))[0] is one_liner


def test_large_request_gets_on_while_one_liners_keep_coming() -> None:
    fair, _ = queue()
    bulk = Caller()
    fair.push(items(bulk, 1000))
    served = 0
    for _ in range(400):
        fair.push(items(Caller(), 1))
        served += sum(id(item.submission) == id(bulk) for item in fair.next_batch(256, first(1)))
    assert served > 20


def test_client_with_many_requests_does_not_push_back_one_with_few() -> None:
    fair, _ = queue()
    for _ in range(100):
        fair.push(items(Caller("greedy"), 4))
    fair.next_batch(256, first(16))
    (other,) = items(Caller("modest"), 1)
    fair.push([other])
    assert fair.next_batch(256, first(16))[0] is other


def test_clients_that_both_wait_share_evenly() -> None:
    fair, _ = queue()
    for _ in range(50):
        fair.push(items(Caller("many"), 4))
    fair.push(items(Caller("one"), 200))
    served: Counter[str] = Counter()
    for _ in range(100):
        served.update(item.submission.client for item in fair.next_batch(256, first(2)))
    assert abs(served["many"] - served["one"]) <= 8


def test_short_requests_are_served_in_the_order_they_came() -> None:
    fair, _ = queue()
    order = [items(Caller(), 1)[0] for _ in range(60)]
    fair.push(order)
    served: list[Item] = []
    while batch := fair.next_batch(16, first(8)):
        served += batch
    assert served == order


def test_items_of_one_request_keep_their_order_whatever_is_picked_of_them() -> None:
    fair, _ = queue()
    own = items(Caller(), 10)
    fair.push(own)
    picked = fair.next_batch(8, lambda window: [window[0], window[5]])
    assert picked == [own[0], own[5]]
    rest = fair.next_batch(100, first(100))
    assert rest == [*own[1:5], *own[6:]]


plans = st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 6), st.booleans()), max_size=12)


@given(plans, st.integers(1, 20), st.integers(1, 5))
def test_every_living_item_leaves_exactly_once_and_no_dead_one_is_served(
    plan: list[tuple[str, int, bool]], window: int, size: int
) -> None:
    fair, left = queue()
    pushed: list[Item] = []
    for client, number, alive in plan:
        own = items(Caller(client, alive=alive), number)
        fair.push(own)
        pushed += own
    assert {id(item) for item in fair} == {id(item) for item in pushed if item.alive}
    served: list[Item] = []
    while fair:
        served += fair.next_batch(window, first(size))
    assert Counter(map(id, served)) == Counter(id(item) for item in pushed if item.alive)
    assert Counter(map(id, left)) == Counter(map(id, pushed))


def test_cleared_queue_gives_up_its_living_items() -> None:
    fair, _ = queue()
    alive, dead = items(Caller(), 3), items(Caller(alive=False), 2)
    fair.push([*alive, *dead])
    assert fair.clear() == alive
    assert not fair

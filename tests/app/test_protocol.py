from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.protocol import DeclinedUpgrade

HEADS = [
    b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
    b"POST / HTTP/1.1\r\nUpgrade: h2c\r\nHost: x\r\n\r\nbody\r\nupgrade: kept",
    b"POST / HTTP/1.1\r\nX-Up: a\r\nUPGRADE: h2c\r\nConnection: Upgrade\r\n\r\n",
    b"GET / HTTP/1.1\r\nUp",
    b"\r\n\r\nGET / HTTP/1.1\r\n\r\n",
]


def expected(data: bytes) -> bytes:
    head, end, rest = data.partition(b"\r\n\r\n")
    for spelling in (b"\r\nUpgrade:", b"\r\nUPGRADE:"):
        head = head.replace(spelling, b"\r\nx-declined-upgrade:")
    return head + end + rest


@pytest.mark.parametrize("data", HEADS[:3])
def test_offer_is_renamed_in_the_head_and_nowhere_else(data: bytes) -> None:
    assert DeclinedUpgrade().pass_on(data) == expected(data)


@given(st.sampled_from(HEADS[:3]), st.lists(st.integers(1, 60), max_size=8))
def test_head_in_any_pieces_comes_out_as_in_one(data: bytes, cuts: list[int]) -> None:
    head = data[: data.index(b"\r\n\r\n") + 4]
    places = sorted({0, len(head), *(cut for cut in cuts if cut < len(head))})
    declined = DeclinedUpgrade()
    pieces = [declined.pass_on(head[start:end]) for start, end in pairwise(places)]
    assert b"".join(pieces) == expected(head)


def test_end_of_the_head_is_never_held_back() -> None:
    declined = DeclinedUpgrade()
    passed = [declined.pass_on(bytes([byte])) for byte in HEADS[0]]
    assert b"".join(passed) == HEADS[0]


def test_what_is_no_http_is_passed_on_at_once() -> None:
    hello = b"\x16\x03\x01\x02\x00\x01"
    assert DeclinedUpgrade().pass_on(hello) == hello

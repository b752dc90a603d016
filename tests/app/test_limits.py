from __future__ import annotations

import pytest

from app.errors import TextTooLarge, TooManyRequests
from app.limits import Admission
from tests.app.conftest import Configure, Serve


@pytest.fixture
def admission(configure: Configure) -> Admission:
    return Admission(configure(limits={"max_texts": 2, "max_characters": 10, "max_requests_in_flight": 1}).limits)


def test_texts_within_the_limits_are_admitted(admission: Admission) -> None:
    with admission.admitted(["12345", "67890"]):
        assert admission.in_flight == 1
    assert admission.in_flight == 0


@pytest.mark.parametrize("texts", [["a", "b", "c"], ["12345678901"], ["123456", "78901"]])
def test_too_much_is_refused_before_any_work(admission: Admission, texts: list[str]) -> None:
    with pytest.raises(TextTooLarge), admission.admitted(texts):
        pass
    assert admission.in_flight == 0


def test_full_server_refuses_at_once_and_says_when_to_come_back(admission: Admission) -> None:
    with admission.admitted(["a"]):
        with pytest.raises(TooManyRequests) as caught, admission.admitted(["b"]):
            pass
        assert caught.value.retry_after == 1.0
    with admission.admitted(["c"]):
        pass


def test_place_is_given_back_when_the_work_fails(admission: Admission) -> None:
    with pytest.raises(ValueError, match="boom"), admission.admitted(["a"]):
        raise ValueError("boom")
    assert admission.in_flight == 0


def test_body_over_the_limit_is_a_413_announced_or_not(serve: Serve) -> None:
    client = serve(server={"max_body_bytes": 1000})
    body = b'{"target_language": "pt", "source_language": "en", "text": "' + b"x" * 2000 + b'"}'
    announced = client.post("/translate", content=body, headers={"content-type": "application/json"})
    streamed = client.post("/translate", content=iter([body]), headers={"content-type": "application/json"})
    for answer in (announced, streamed):
        assert answer.status_code == 413
        assert answer.json()["code"] == "body_too_large"
        assert "server.max_body_bytes" in answer.json()["message"]

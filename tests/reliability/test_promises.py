"""docs/reliability.md names tests: each of them exists, and each failure that it lists has one."""

from __future__ import annotations

import re

import pytest

from tests.reliability.conftest import REPOSITORY

PAGE = (REPOSITORY / "docs" / "reliability.md").read_text(encoding="utf-8")
TESTS = {
    name
    for path in (REPOSITORY / "tests").rglob("test_*.py")
    for name in [path.name, *re.findall(r"def (test_\w+)", path.read_text(encoding="utf-8"))]
}


@pytest.mark.parametrize("name", sorted(set(re.findall(r"`(test_\w+(?:\.py)?)`", PAGE))))
def test_test_that_the_page_names_is_there(name: str) -> None:
    assert name in TESTS


def test_every_failure_in_the_table_is_covered() -> None:
    rows = [row.split("|")[1:3] for row in PAGE.partition("| failure | test |")[2].split("\n\n")[0].splitlines()[2:]]
    assert len(rows) > 30
    assert [failure for failure, tests in rows if not re.search(r"`[\w/]+|every test|the tests of", tests)] == []

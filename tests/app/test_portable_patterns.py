"""Python 3.11.0 to 3.11.4, which Debian 12 has, match possessive groups wrongly: no pattern of ours has one."""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import pytest

import app
import model_pool

# What `re` compiles by; nothing public tells of a pattern's parts.
operators: Any = importlib.import_module("re._constants")
parser: Any = importlib.import_module("re._parser")

SINGLE = {operators.LITERAL, operators.NOT_LITERAL, operators.IN, operators.ANY, operators.RANGE, operators.CATEGORY}


def modules() -> Iterator[ModuleType]:
    for package in (app, model_pool):
        for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if not found.name.endswith("__main__"):
                yield importlib.import_module(found.name)


def patterns(value: object, depth: int = 3) -> Iterator[re.Pattern[str]]:
    if isinstance(value, re.Pattern):
        yield value
    elif depth and isinstance(value, tuple | list | frozenset | set):
        for one in value:
            yield from patterns(one, depth - 1)
    elif depth and isinstance(value, dict):
        yield from patterns(list(value.values()), depth - 1)
    elif depth and hasattr(value, "pattern"):
        yield from patterns(value.pattern, depth - 1)


def possessive_groups(parsed: object) -> Iterator[object]:
    if isinstance(parsed, parser.SubPattern | list | tuple):
        for one in parsed:
            if isinstance(one, tuple) and one and one[0] is operators.POSSESSIVE_REPEAT:
                repeated = one[1][2]
                if len(repeated) != 1 or repeated[0][0] not in SINGLE:
                    yield one
            yield from possessive_groups(one)


@pytest.mark.parametrize(
    ("pattern", "has_one"),
    [(r"\d++[a-z]*+", False), (r"(?:\.\d)*+", True), (r"(?>(?:\.\d)*)", False), (r"a|(?:b(?:cd)?+)", True)],
)
def test_possessive_groups_are_seen(pattern: str, has_one: bool) -> None:
    assert bool(list(possessive_groups(parser.parse(pattern)))) is has_one


def test_no_pattern_repeats_a_group_possessively() -> None:
    seen = 0
    for module in modules():
        for name, value in vars(module).items():
            for pattern in patterns(value):
                seen += 1
                assert not list(possessive_groups(parser.parse(pattern.pattern, pattern.flags))), (
                    f"{module.__name__}.{name}: write (?>(?:...)*) for a possessive group"
                )
    assert seen > 100

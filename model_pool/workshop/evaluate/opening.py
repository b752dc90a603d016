"""Any kind of model as a `Translator`; imports what that kind needs, when it is asked for."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from model_pool.workshop.artifact import Kind
from model_pool.workshop.models.running import Running
from model_pool.workshop.models.translating import Translator


def opener(kind: Kind) -> Callable[[Path, Running], Translator]:
    """Import what a kind of model needs, and return what loads one: servable, trainable or Marian."""
    if kind is Kind.SERVABLE:
        from model_pool.workshop.models.servable import Servable

        return Servable
    from model_pool.workshop.models.torched import Torched
    from model_pool.workshop.teachers.teacher import load_teacher_from

    return lambda directory, running: Torched(load_teacher_from(directory, kind), running)

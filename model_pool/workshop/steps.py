"""Which steps there are, by name; each is a module with a `STEP`, imported when it is asked for."""

from __future__ import annotations

from difflib import get_close_matches
from importlib import import_module

from model_pool.workshop.errors import RecipeInvalid
from model_pool.workshop.step import AnyStep

MODULES: dict[str, str] = {
    "corpus": "model_pool.workshop.corpus.step",
    "mix": "model_pool.workshop.mix.step",
    "student": "model_pool.workshop.student.step",
    "teach": "model_pool.workshop.teach.step",
    "distil": "model_pool.workshop.distil.step",
    "tokenizer": "model_pool.workshop.vocabulary.step",
    "train": "model_pool.workshop.train.step",
    "quantize": "model_pool.workshop.quantize.step",
    "vocabulary-map": "model_pool.workshop.vocabulary_map.step",
    "evaluate": "model_pool.workshop.evaluate.step",
}
"""Name -> module."""


def find_step(name: str) -> AnyStep:
    """Return a step. Raises RecipeInvalid with the names that there are."""
    module = MODULES.get(name)
    if module is None:
        near = get_close_matches(name, MODULES, n=1)
        hint = f" Did you mean {near[0]!r}?" if near else ""
        raise RecipeInvalid(f"There is no step {name!r}; there are: {', '.join(MODULES) or 'none'}.{hint}")
    step: AnyStep = import_module(module).STEP
    return step

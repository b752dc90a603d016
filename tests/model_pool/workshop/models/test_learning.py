from __future__ import annotations

import pytest

from model_pool.workshop.errors import RecipeInvalid
from model_pool.workshop.models.learning import freeze, set_dropout
from tests.model_pool.workshop.models.making import tiny_trainable


def trained(patterns: tuple[str, ...]) -> set[str]:
    model = tiny_trainable().model
    freeze(model, patterns)
    return {name for name, weight in model.named_parameters() if weight.requires_grad}


def test_positions_are_no_weights_that_learn() -> None:
    everything = {name for name, _ in tiny_trainable().model.named_parameters()}
    assert everything - trained(()) == {
        "model.encoder.embed_positions.weight",
        "model.decoder.embed_positions.weight",
    }


def test_weights_stay_by_the_pattern_of_their_names() -> None:
    assert trained(()) - trained(("model.encoder.*",)) == {
        name for name in trained(()) if name.startswith("model.encoder.")
    }


def test_pattern_that_fits_nothing_or_everything_is_refused() -> None:
    with pytest.raises(RecipeInvalid, match="no weight is called encoder"):
        trained(("encoder.*",))
    with pytest.raises(RecipeInvalid, match="nothing is left"):
        trained(("*",))


def test_dropout_is_set_in_every_sublayer() -> None:
    model = tiny_trainable().model
    set_dropout(model, 0.3)
    found = {module.dropout for module in model.modules() if isinstance(getattr(module, "dropout", None), float)}
    assert found == {0.3}
    assert model.config.dropout == 0.3

"""What goes wrong in the workshop.

PoolError
└── WorkshopError
    ├── RecipeInvalid        a recipe, an option or an input that makes no sense
    ├── ArtifactInvalid      a directory that is not what its record says, or not what the step reads
    ├── DataInvalid          a corpus that is empty, malformed or does not suit the vocabulary
    ├── DoesNotFit           it would take more memory or disk than there is
    ├── TrainingDiverged     the loss is no number any more
    └── ExtraMissing         a library of the extra `[workshop]` is not installed
"""

from __future__ import annotations

from model_pool.errors import PoolError


class WorkshopError(PoolError):
    """Base of what the workshop raises on purpose."""

    code = "workshop_error"


class RecipeInvalid(WorkshopError):
    """A recipe, an option or an input that makes no sense."""

    code = "recipe_invalid"


class ArtifactInvalid(WorkshopError):
    """A directory that is not what its record says, or not what the step reads."""

    code = "artifact_invalid"


class DataInvalid(WorkshopError):
    """A corpus that is empty, malformed or does not suit the vocabulary."""

    code = "data_invalid"


class DoesNotFit(WorkshopError):
    """It would take more memory or disk than there is."""

    code = "does_not_fit"


class TrainingDiverged(WorkshopError):
    """The loss is no number any more."""

    code = "training_diverged"


class ExtraMissing(WorkshopError):
    """A library of the extra `[workshop]` is not installed."""

    code = "extra_missing"

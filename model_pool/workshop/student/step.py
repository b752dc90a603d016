"""The step `student`: a checkpoint that begins with what its teacher knows; touches disk."""

from __future__ import annotations

from pydantic import Field

from model_pool.workshop.artifact import Kind
from model_pool.workshop.progress import Figures
from model_pool.workshop.step import Input, Job, Step, StepOptions


class StudentOptions(StepOptions):
    """The student's shape; 0 is the teacher's."""

    encoder_layers: int = Field(
        default=0, ge=0, description="Layers of the encoder; 0: as the teacher. Each is a copy of the nearest one."
    )
    decoder_layers: int = Field(
        default=0, ge=0, description="Layers of the decoder; 0: as the teacher. Each is a copy of the nearest one."
    )
    d_model: int = Field(
        default=0,
        ge=0,
        description="Width; 0: as the teacher. A narrower student keeps the dimensions in which the embeddings vary "
        "most, a wider one draws the rest at random: either knows little at first.",
    )
    ffn: int = Field(
        default=0,
        ge=0,
        description="Inner width; 0: as the teacher. A narrower one keeps the units with the largest weights; what is "
        "added to a wider one changes nothing at first.",
    )
    heads: int = Field(default=0, ge=0, description="Attention heads; 0: as the teacher.")
    dropout: float = Field(default=0.0, ge=0, lt=1, description="Dropout that the checkpoint says, for later training.")
    source: str = Field(default="", description="BCP 47 code of the source; by default what the teacher says.")
    target: str = Field(default="", description="BCP 47 code of the target; by default what the teacher says.")


def _run(job: Job[StudentOptions]) -> Figures:
    from model_pool.workshop.student.making import make_student

    return make_student(job)


STEP = Step(
    name="student",
    version=1,
    summary="Make a student out of a teacher's weights. An SSRU becomes self-attention, which is then to be distilled.",
    example="babelpool workshop student --teacher teachers/enpt --decoder-layers 2",
    inputs={"teacher": Input((Kind.MARIAN, Kind.TRAINABLE), "a Bergamot directory or a trainable checkpoint")},
    options=StudentOptions,
    output=Kind.TRAINABLE,
    run=_run,
    libraries=("torch", "transformers", "sentencepiece"),
)

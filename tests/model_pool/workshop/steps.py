"""Small steps for tests of what runs them."""

from __future__ import annotations

from pydantic import Field

from model_pool.workshop.artifact import Kind
from model_pool.workshop.progress import Figures
from model_pool.workshop.step import Estimate, Input, Job, Step, StepOptions

BOTH = (Kind.CORPUS, Kind.REPORT)


class UpperOptions(StepOptions):
    times: int = Field(default=1, ge=1, description="How often to repeat the text.")
    fail: bool = Field(default=False, description="Stop in the middle.")
    words: tuple[str, ...] = Field(default=(), description="Words to add.")


def _run(job: Job[UpperOptions]) -> Figures:
    seen = job.scratch / "seen"
    runs = int(seen.read_text()) + 1 if seen.exists() else 1
    seen.write_text(str(runs))
    text = "".join(path.read_text() for path in job.inputs["text"].paths if path.is_file())
    if job.inputs["text"].kind is Kind.REPORT:
        text = (job.inputs["text"].path / "text.txt").read_text()
    (job.output / "text.txt").write_text(text.upper() * job.options.times + " ".join(job.options.words))
    if job.options.fail and runs == 1:
        raise RuntimeError("stopped in the middle")
    job.progress.phase("upper", len(text), "letters")
    job.progress.advance(len(text), loss=0.5)
    return {"letters": len(text), "runs": runs}


STEP = Step(
    name="upper",
    version=1,
    summary="Write a text in capitals.",
    example="babelpool workshop upper --text notes.txt --times 2",
    inputs={
        "text": Input(BOTH, "what to read"),
        "other": Input((Kind.CORPUS,), "not read", required=False),
    },
    options=UpperOptions,
    output=Kind.REPORT,
    run=_run,
    estimate=lambda job: Estimate(seconds=float(job.options.times), disk_bytes=10),
)

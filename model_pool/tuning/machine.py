"""What a measurement holds for: processor, CPUs that we may use, version of the engine; reads /proc and the card."""

from __future__ import annotations

import hashlib
from functools import cache
from importlib.metadata import PackageNotFoundError, version

from pydantic import BaseModel, ConfigDict, Field

from model_pool.devices import available_cpus, processor_name


class Machine(BaseModel):
    """A machine as far as speed is concerned. `processor` is the card's name for a CUDA device."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    processor: str
    cpus: int = Field(ge=1)
    engine_version: str

    def __str__(self) -> str:
        return f"{self.processor}, {self.cpus} CPUs, engine {self.engine_version or 'without a version'}"

    @property
    def fingerprint(self) -> str:
        """A short name that differs where anything here differs."""
        return hashlib.sha256(self.model_dump_json().encode()).hexdigest()[:12]


def this_machine(device: str, engine: str) -> Machine:
    """Return the machine that we run on, for an engine's name and a device of it."""
    return Machine(processor=_processor(device), cpus=available_cpus(), engine_version=_version(engine))


@cache
def _processor(device: str) -> str:
    return processor_name(device)


@cache
def _version(engine: str) -> str:
    """Return the version of the distribution that an engine is named after; "" where there is none (the fake)."""
    try:
        return version(engine)
    except PackageNotFoundError:
        return ""

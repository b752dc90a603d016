"""`Tunings`: what `babelpool tune` found out, a file per checkpoint, way of computing and machine; touches disk.

    tunings/<digest>/<engine>.<device kind>.<compute type>.<machine>.json

They are beside the checkpoints and not in them: those never change, and some belong to the package. The name holds
the machine too, so machines that share a data directory do not overwrite one another.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from model_pool.catalog.files import write_durably, writing
from model_pool.errors import TuningInvalid
from model_pool.tuning.machine import Machine, this_machine
from model_pool.tuning.plan import Setting
from model_pool.types import Digest, ReplicaKey


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Measured(_Part):
    """How it was found. `text`: what was translated; `gain`: over the rule's setting, 0.1 is a tenth more."""

    text: str
    beam_size: int = Field(ge=1)
    waiting_segments: int = Field(ge=1)
    seconds: float = Field(ge=0)
    sentences_per_second: float = Field(ge=0)
    rule_sentences_per_second: float = Field(ge=0)
    gain: float


class TuningRecord(_Part):
    """One file."""

    tuning_version: Literal[1] = 1
    digest: str
    engine: str
    device: str
    compute_type: str
    machine: Machine
    inter_threads: int = Field(ge=1)
    intra_threads: int = Field(ge=1)
    max_items: int = Field(ge=1)
    max_tokens: int = Field(ge=1)
    measured: Measured

    @classmethod
    def of(cls, key: ReplicaKey, setting: Setting, measured: Measured) -> TuningRecord:
        """Return the record of a measurement on this machine."""
        return cls(
            digest=key.digest,
            engine=key.engine,
            device=_kind(key),
            compute_type=key.compute_type,
            machine=this_machine(key.device, key.engine),
            inter_threads=setting.inter,
            intra_threads=setting.intra,
            max_items=setting.max_items,
            max_tokens=setting.max_tokens,
            measured=measured,
        )

    @property
    def setting(self) -> Setting:
        """What was chosen."""
        return Setting(self.inter_threads, self.intra_threads, self.max_items, self.max_tokens)


@dataclass(frozen=True, slots=True)
class Found:
    """A tuning for this machine, or a note on why there is none of use; neither where nothing was tuned."""

    record: TuningRecord | None = None
    note: str = ""


class Tunings:
    """The tunings of the data directory `root`; made with the first one."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._tunings = root / "tunings"

    def find(self, key: ReplicaKey) -> Found:
        """Return what there is for a replica on this machine. Never raises: a server starts without a tuning, too."""
        path = self._path(key, this_machine(key.device, key.engine))
        try:
            if path.is_file():
                return Found(_read(path, key))
            others = sorted(path.parent.glob(f"{_prefix(key)}.*.json"))
        except TuningInvalid as error:
            return Found(note=f"{error} The rule by model size is used instead.")
        except OSError as error:
            return Found(note=f"The tunings in {path.parent} cannot be read ({error.strerror}); the rule is used.")
        return Found(note=_elsewhere(others[0], key)) if others else Found()

    def of(self, digest: Digest) -> list[TuningRecord]:
        """Return every tuning of a checkpoint that can be read, of all machines."""
        records = []
        for path in sorted((self._tunings / digest).glob("*.json")):
            try:
                records.append(_read(path))
            except TuningInvalid:
                continue
        return records

    def check_writable(self, digest: Digest) -> None:
        """Find out before the measuring whether its outcome can be stored. Raises StorageFailed."""
        directory = self._tunings / digest
        with writing(self._root):
            directory.mkdir(parents=True, exist_ok=True)
            with TemporaryFile(dir=directory):
                pass

    def save(self, record: TuningRecord) -> Path:
        """Write a tuning in one step, in place of an older one. Raises StorageFailed."""
        key = ReplicaKey(Digest(record.digest), record.engine, record.device, record.compute_type)
        path = self._path(key, record.machine)
        with writing(self._root):
            path.parent.mkdir(parents=True, exist_ok=True)
            write_durably(path, (record.model_dump_json(indent=2) + "\n").encode())
        return path

    def clear(self, digest: Digest) -> int:
        """Remove every tuning of a checkpoint; return how many there were. Raises StorageFailed."""
        paths = list((self._tunings / digest).glob("*.json"))
        with writing(self._root):
            for path in paths:
                path.unlink(missing_ok=True)
        return len(paths)

    def _path(self, key: ReplicaKey, machine: Machine) -> Path:
        return self._tunings / key.digest / f"{_prefix(key)}.{machine.fingerprint}.json"


def _kind(key: ReplicaKey) -> str:
    return key.device.partition(":")[0]


def _prefix(key: ReplicaKey) -> str:
    return f"{key.engine}.{_kind(key)}.{key.compute_type}"


def _read(path: Path, key: ReplicaKey | None = None) -> TuningRecord:
    """Read one file; with a key, it must also be for that replica. Raises TuningInvalid."""
    try:
        record = TuningRecord.model_validate_json(path.read_bytes())
    except OSError as error:
        raise TuningInvalid(f"{path} cannot be read: {error.strerror}.") from error
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "the file"
        raise TuningInvalid(f"{path} is damaged or of another version ({where}: {first['msg']}).") from error
    if key is not None and record.digest != key.digest:
        raise TuningInvalid(f"{path} is about another checkpoint.")
    return record


def _elsewhere(path: Path, key: ReplicaKey) -> str:
    try:
        where = f"on another machine or engine ({_read(path).machine}; this is {this_machine(key.device, key.engine)})"
    except TuningInvalid:
        where = "on another machine or engine"
    return f"It was tuned {where}, so the rule by model size is used. Measure here with: babelpool tune"

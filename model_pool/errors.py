"""The exception tree of the pool; imports nothing.

PoolError
├── CatalogError                a checkpoint cannot be found or trusted
│   ├── UnknownReference        nothing answers to this reference
│   ├── CheckpointNotPulled     a hub id that is not in the data directory
│   ├── ManifestInvalid         manifest.json is missing, malformed or of another version
│   ├── CheckpointUnreadable    a directory does not hold what a checkpoint is made of
│   ├── TuningInvalid           a stored measurement is damaged or of another version; the rule is used instead
│   ├── CheckpointCorrupted     a file's bytes are not those that its manifest promises
│   ├── RemovalRefused          this checkpoint is not the data directory's to remove
│   ├── StorageFailed           the data directory cannot be written
│   ├── UnsafeCheckpoint        only pickled weights on offer
│   ├── ConversionFailed        the hub files could not be turned into a servable checkpoint
│   └── DownloadFailed          the hub or the network said no
├── LanguageUnsupported         this checkpoint does not translate that pair
├── ComputeTypeUnsupported      this machine cannot compute that way
├── SegmentTooLong              a segment is over the limit that its caller set
├── ResidencyError              a replica cannot be had now
│   ├── LoadFailed              the load raised; holds until a cooldown has passed
│   ├── LeaseRevoked            the drain deadline passed while the replica was in use
│   ├── PoolSaturated           no memory is left
│   ├── QueueFull               too many tokens are waiting already
│   └── PoolClosed              the pool is shutting down
└── EngineError                 the runtime failed while translating
    ├── OutOfMemory             the device has no room for this load or batch; a smaller one may pass
    ├── SegmentFailed           this segment alone makes the engine raise
    └── DeviceLost              the device is gone: nothing on it can go on

Every error carries `code` (stable, snake_case, for programs) and a message that says what to do (for people).
"""

from __future__ import annotations

from typing import ClassVar


class PoolError(Exception):
    """Base of everything that the pool raises on purpose."""

    code: ClassVar[str] = "pool_error"


class CatalogError(PoolError):
    code = "catalog_error"


class UnknownReference(CatalogError):
    code = "unknown_reference"


class CheckpointNotPulled(CatalogError):
    code = "checkpoint_not_pulled"

    def __init__(self, hub_id: str) -> None:
        super().__init__(
            f"{hub_id!r} is not in the data directory. Fetch and convert it first: babelpool pull {hub_id}"
        )
        self.hub_id = hub_id


class ManifestInvalid(CatalogError):
    code = "manifest_invalid"


class CheckpointUnreadable(CatalogError):
    code = "checkpoint_unreadable"


class TuningInvalid(CatalogError):
    code = "tuning_invalid"


class CheckpointCorrupted(CatalogError):
    """`file` is relative to the checkpoint directory."""

    code = "checkpoint_corrupted"

    def __init__(self, reference: str, file: str, reason: str) -> None:
        super().__init__(f"{reference}: {file} {reason}. Restore the file, or reinstall or pull the checkpoint again.")
        self.reference = reference
        self.file = file


class RemovalRefused(CatalogError):
    code = "removal_refused"


class StorageFailed(CatalogError):
    code = "storage_failed"


class UnsafeCheckpoint(CatalogError):
    code = "unsafe_checkpoint"


class ConversionFailed(CatalogError):
    code = "conversion_failed"


class DownloadFailed(CatalogError):
    code = "download_failed"


class LanguageUnsupported(PoolError):
    code = "language_unsupported"


class ComputeTypeUnsupported(PoolError):
    code = "compute_type_unsupported"


class SegmentTooLong(PoolError):
    code = "segment_too_long"


class ResidencyError(PoolError):
    """`retry_after` is in seconds; None where trying again cannot help."""

    code = "residency_error"

    def __init__(self, message: str, *, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class LoadFailed(ResidencyError):
    code = "load_failed"


class LeaseRevoked(ResidencyError):
    code = "lease_revoked"


class PoolSaturated(ResidencyError):
    code = "pool_saturated"


class QueueFull(ResidencyError):
    code = "queue_full"


class PoolClosed(ResidencyError):
    code = "pool_closed"


class EngineError(PoolError):
    code = "engine_error"


class OutOfMemory(EngineError):
    code = "out_of_memory"


class SegmentFailed(EngineError):
    code = "segment_failed"


class DeviceLost(EngineError):
    code = "device_lost"

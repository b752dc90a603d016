"""What can be set: the shape of config.toml, checked by pydantic; reads the environment, which wins."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from platformdirs import user_data_path
from pydantic import AfterValidator, BaseModel, ByteSize, ConfigDict, Field, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from app.keys import ApiKey, check_distinct
from app.languages import normalise
from app.routes import ANY_PIVOT

ENV_PREFIX = "BABELPOOL_"


def _device(value: str) -> str:
    kind, _, index = value.partition(":")
    if value and (kind not in {"cpu", "cuda"} or (":" in value and not (kind == "cuda" and index.isdecimal()))):
        raise ValueError('write "cpu", "cuda" or "cuda:<number>"')
    return value


def _pivot(value: str) -> str:
    return value if value == ANY_PIVOT else normalise(value)


Seconds = Annotated[float, Field(gt=0)]
Pivot = Annotated[str, AfterValidator(_pivot)]
Device = Annotated[str, AfterValidator(_device)]


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


def _origin(value: str) -> str:
    scheme, _, host = value.partition("://")
    if value != "*" and (scheme not in {"http", "https"} or not host or set(host) & set("/?#*@ ")):
        raise ValueError('write "*", or an origin as browsers send it: "https://example.org", with no path and no "/"')
    return value


class ServerSettings(_Section):
    """Where and how to listen."""

    host: str
    port: int = Field(ge=0, le=65535)
    shutdown_deadline: Seconds
    log_level: Literal["debug", "info", "warning", "error"]
    access_log: bool
    max_body_bytes: int = Field(ge=1)
    read_timeout: Seconds
    cors_origins: tuple[Annotated[str, AfterValidator(_origin)], ...]
    watch_config: float = Field(ge=0)


class AuthSettings(_Section):
    """Who may call."""

    keys: tuple[ApiKey, ...] = ()
    key_file: str
    protect_monitoring: bool

    @model_validator(mode="after")
    def _keys_are_distinct_and_enough(self) -> AuthSettings:
        check_distinct(self.keys)
        if self.protect_monitoring and not self.keys and not self.key_file:
            raise ValueError("protect_monitoring needs keys: without any it protects nothing")
        return self


class LimitSettings(_Section):
    """What one request may be."""

    max_characters: int = Field(ge=1)
    max_texts: int = Field(ge=1)
    max_requests_in_flight: int = Field(ge=1)
    request_timeout: Seconds


class EngineSettings(_Section):
    """Where to compute, and on how many threads."""

    device: Annotated[Device, Field(min_length=1)]
    inter_threads: int = Field(ge=0)
    intra_threads: int = Field(ge=0)


class BatchingSettings(_Section):
    """How large a batch may grow; 0 is as tuned, else by the rule."""

    max_items: int = Field(ge=0)
    max_tokens: int = Field(ge=0)
    window: int = Field(ge=1)
    max_queued_tokens: int = Field(ge=1)


class CacheSettings(_Section):
    """Translations that were made before."""

    max_bytes: ByteSize


Budget = Literal["auto", "none"] | ByteSize


class PoolSettings(_Section):
    """Room and patience of the pool."""

    memory_budget: Budget
    demote: bool
    minimum_age: float = Field(ge=0)
    failure_cooldown: Seconds
    drain_deadline: Seconds
    load_timeout: Seconds


class GlossarySettings(_Section):
    """How much may be kept."""

    max_glossaries: int = Field(ge=0)
    max_entries: int = Field(ge=1)


class DocumentSettings(_Section):
    """What may be uploaded, how much of it at a time, and how long it is kept."""

    enabled: bool
    max_bytes: int = Field(ge=1)
    max_unpacked: int = Field(ge=1)
    max_characters: int = Field(ge=1)
    max_uploads: int = Field(ge=1)
    upload_timeout: Seconds
    concurrency: int = Field(ge=1)
    max_queued: int = Field(ge=1)
    max_jobs_per_client: int = Field(ge=1)
    max_stored: ByteSize
    keep: Seconds


class HealthSettings(_Section):
    """What readiness asks for."""

    canary_max_age: Seconds
    canary_timeout: Seconds


class TierSettings(_Section):
    """One named choice of quality and speed."""

    description: str = ""
    checkpoints: tuple[Annotated[str, Field(min_length=1)], ...] = Field(min_length=1)
    max_length: int = Field(default=256, ge=8)
    beam_size: int = Field(default=1, ge=1, le=32)
    length_penalty: float = Field(default=1.0, ge=0, le=10)
    compute_type: str = Field(default="auto", min_length=1)
    device: Device = ""
    preload: bool = True
    keep_alive: Literal["never"] | Annotated[float, Field(ge=0)] = "never"
    pin: bool = False
    fallback: str = ""
    pivots: tuple[Pivot, ...] = ("en", ANY_PIVOT)


class Settings(BaseSettings):
    """Everything that config.toml holds. Build it with `load_settings`."""

    model_config = SettingsConfigDict(
        frozen=True,
        extra="forbid",
        env_prefix=ENV_PREFIX,
        env_nested_delimiter="__",
        case_sensitive=False,
        hide_input_in_errors=True,  # a key in the wrong place shall not be repeated in a log
    )

    default_tier: str
    data_dir: str
    server: ServerSettings
    auth: AuthSettings
    limits: LimitSettings
    engine: EngineSettings
    batching: BatchingSettings
    cache: CacheSettings
    pool: PoolSettings
    glossaries: GlossarySettings
    documents: DocumentSettings
    health: HealthSettings
    tiers: dict[Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]*$")], TierSettings] = Field(min_length=1)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Let the environment win over the file, which comes as init values."""
        return env_settings, init_settings

    @model_validator(mode="after")
    def _default_tier_exists(self) -> Settings:
        if self.default_tier not in self.tiers:
            raise ValueError(f"default_tier is {self.default_tier!r}, but the tiers are: {', '.join(self.tiers)}")
        return self

    @model_validator(mode="after")
    def _fallbacks_exist(self) -> Settings:
        for name, tier in self.tiers.items():
            if tier.fallback and (tier.fallback == name or tier.fallback not in self.tiers):
                others = ", ".join(other for other in self.tiers if other != name)
                raise ValueError(f"tiers.{name}.fallback is {tier.fallback!r}, but the other tiers are: {others}")
        return self

    @property
    def data_path(self) -> Path:
        """The data directory, absolute."""
        return Path(self.data_dir).expanduser().resolve() if self.data_dir else user_data_path("babelpool")

"""Settings over config.toml and the environment; the sole reader of both."""

from app.settings.models import Settings, TierSettings
from app.settings.reading import ConfigurationError, find_config, load_settings

__all__ = ["ConfigurationError", "Settings", "TierSettings", "find_config", "load_settings"]

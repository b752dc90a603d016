"""Wire model of every error."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, Field


class ErrorResponse(BaseModel):
    """What went wrong, for programs (`code`, `detail`) and for people (`message`)."""

    code: str = Field(examples=["unsupported_pair"])
    message: str = Field(examples=["Tier 'basic' does not translate pt to fr. From pt it reaches: en."])
    detail: Any = Field(default=None, description="More about it, where there is more: fields, choices, causes.")

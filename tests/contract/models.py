"""Every message, and what a later release might add to one."""

from typing import Any

from pydantic import BaseModel

from contract import (
    BaselineAnswer,
    BaselineAsk,
    Capture,
    Comparison,
    DayList,
    EnrolmentAnswer,
    EnrolmentRequest,
    Health,
    Receipt,
    RenewalAnswer,
    RenewalRequest,
    Review,
    Status,
    Visit,
)

MODELS: tuple[type[BaseModel], ...] = (
    BaselineAnswer,
    BaselineAsk,
    Capture,
    Comparison,
    DayList,
    EnrolmentAnswer,
    EnrolmentRequest,
    Health,
    Receipt,
    RenewalAnswer,
    RenewalRequest,
    Review,
    Status,
    Visit,
)
"""What crosses the wire as JSON."""


def with_more(value: Any) -> Any:  # noqa: ANN401  any JSON
    """Return JSON with fields that no release knows, in every object."""
    if isinstance(value, dict):
        return {
            "a_later_field": {"a": [1, None]},
            **{name: with_more(inner) for name, inner in value.items()},
            "z": "z",
        }
    if isinstance(value, list):
        return [with_more(inner) for inner in value]
    return value

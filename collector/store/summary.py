"""A message without its lists of hairs, as a column: what pages, studies and other systems ask for of most messages.

The lists are nine tenths of a message, and a site over years is some sixty of them: read whole they would be megabytes
of hairs of which a chart shows none.
"""

from typing import TypeVar

from pydantic import ValidationError

from collector.ingestion.decisions import without_lists
from collector.store.stored import StoreFailed
from contract import Capture, Comparison

SummarisedT = TypeVar("SummarisedT", Capture, Comparison)


def summary_json(message: Capture | Comparison) -> str:
    """Return a message without its lists, and without what it does not say."""
    return without_lists(message).model_dump_json(exclude_none=True)


def summarised(model: type[SummarisedT], summary: str) -> SummarisedT:
    """Return a message with its lists empty.

    Raises
    ------
    StoreFailed
        If this release cannot read it; the error says nothing of what it holds.
    """
    try:
        return model.model_validate_json(summary)
    except ValidationError as error:
        raise StoreFailed(
            f"a stored {model.__name__.lower()} cannot be read by this release ({error.error_count()} faults)"
        ) from None

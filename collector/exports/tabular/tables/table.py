"""A table: its columns, what a row is, and what tells two rows apart."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from collector.exports.tabular.columns import Column


@dataclass(frozen=True, slots=True)
class Table:
    """A table as the codebook describes it.

    Parameters
    ----------
    name
        Of its files too.
    about
        What one row is.
    columns
        In their order.
    key
        The columns that tell two rows apart.
    of
        Columns that name a row of another table, with that table's name and column.
    """

    name: str
    about: str
    columns: tuple[Column[Any], ...]
    key: tuple[str, ...]
    of: Mapping[str, tuple[str, str]] = field(default_factory=dict)

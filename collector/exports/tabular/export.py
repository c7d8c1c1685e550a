"""Writes the tables: from messages that stream by, to a folder that appears whole or not at all."""

import json
import os
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing
from datetime import UTC, datetime
from pathlib import Path

from collector.exports.tabular import codebook
from collector.exports.tabular.manifest import MANIFEST, manifest
from collector.exports.tabular.rows import CorrectedRow, HairRow, RatingRow, Source, VisitRow
from collector.exports.tabular.table_writing import Format, TableWriting
from collector.exports.tabular.tables import (
    CAPTURES,
    CHANGES,
    CORRECTED,
    CORRECTED_HAIRS,
    HAIRS,
    RATINGS,
    TABLES,
    VISIT_SITES,
    VISITS,
    Table,
)
from collector.exports.tabular.tables.visits import sites_of
from collector.exports.tabular.whole_folder import FolderExists, whole_folder
from contract import Capture, Measurement


class ExportCancelled(Exception):
    """The export was called off; nothing is left of it."""


class ExportExists(Exception):
    """There is something of the export's name already."""


class ExportFailed(Exception):
    """The export could not be written; nothing is left of it."""


def export_tables(
    folder: Path,
    source: Source,
    *,
    formats: Collection[Format] = tuple(Format),
    tables: Collection[Table] = TABLES,
    with_arms: bool = False,
    progress: Callable[[str, int], None] = lambda _table, _rows: None,
    cancelled: Callable[[], bool] = lambda: False,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> Mapping[str, int]:
    """Write the tables of some captures, comparisons and visits, with their codebook and a manifest.

    Parameters
    ----------
    folder
        Where; it must not be there yet, the folder that holds it must. It appears when all is written and forced to
        the disk, readable by its owner only.
    source
        What. Gone through once; at no time more than a piece of each table is held.
    formats, tables
        How, and which.
    with_arms
        Whether the treatment arms of studies are written: only where they were unlocked.
    progress
        Told after each piece how many rows of which table are written.
    cancelled
        Asked before each message whether to stop.
    now
        The clock.

    Returns
    -------
    Mapping of str to int
        Rows of each table.

    Raises
    ------
    ExportCancelled
        If it was stopped.
    ExportExists
        If there is something of that name.
    ExportFailed
        If the disk could not take it.
    """
    chosen = [table for table in TABLES if table in tables]
    try:
        with whole_folder(folder) as partial:
            rows = _write(
                partial,
                source,
                chosen,
                formats=formats,
                with_arms=with_arms,
                progress=progress,
                cancelled=cancelled,
            )
            _write_file(partial / "codebook.csv", codebook.as_csv(chosen))
            _write_file(partial / "codebook.md", codebook.as_markdown(chosen))
            _write_file(partial / MANIFEST, json.dumps(manifest(partial, chosen, formats, rows, now()), indent=1))
    except FolderExists as error:
        raise ExportExists(str(error)) from error
    except OSError as error:
        raise ExportFailed(
            f"the export to {folder} could not be written ({error.strerror or error}): free space or choose another"
            " folder; nothing is left of it"
        ) from error
    return rows


def _write(
    folder: Path,
    source: Source,
    chosen: Sequence[Table],
    *,
    formats: Collection[Format],
    with_arms: bool,
    progress: Callable[[str, int], None],
    cancelled: Callable[[], bool],
) -> dict[str, int]:
    with ExitStack() as open_files:
        writing = {
            table.name: open_files.enter_context(closing(TableWriting(table, folder, formats, progress)))
            for table in chosen
        }
        for table, rows in _pieces(source, with_arms):
            if cancelled():
                raise ExportCancelled("the export was called off; nothing is left of it")
            if table.name in writing:
                writing[table.name].add(rows)
        for one in writing.values():
            one.finish()
        return {name: one.rows for name, one in writing.items()}


def _pieces(source: Source, with_arms: bool) -> Iterator[tuple[Table, Sequence[object]]]:
    """Give the rows that each message makes, table by table."""
    for row in source.captures:
        yield CAPTURES, (row,)
        yield HAIRS, _hairs(row.capture, row.capture.measurement)
        if row.review is not None and row.review.corrected is not None:
            yield CORRECTED, (CorrectedRow(row.capture, row.review, row.review.corrected),)
            yield CORRECTED_HAIRS, _hairs(row.capture, row.review.corrected)
    for compared in source.comparisons:
        yield CHANGES, (compared,)
    for said in source.visits:
        visit = said.visit if with_arms else said.visit.model_copy(update={"treatment_arm": None})
        yield VISITS, (VisitRow(visit, said.received_at),)
        yield VISIT_SITES, sites_of(visit)
        yield RATINGS, [RatingRow(visit, rating) for rating in visit.ratings]


def _hairs(capture: Capture, measured: Measurement) -> list[HairRow]:
    return [HairRow(capture, number, hair) for number, hair in enumerate(measured.hairs)]


def _write_file(path: Path, text: str) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())

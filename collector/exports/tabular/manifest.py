"""The manifest: which files there are, with their rows, sizes and digests, and what each table is."""

import hashlib
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from collector.exports.tabular import codebook
from collector.exports.tabular.table_writing import Format
from collector.exports.tabular.tables import Table

MANIFEST = "datapackage.json"
"""A Frictionless data package: it lists the files with rows, size and SHA-256, and holds each table's schema."""


def manifest(
    folder: Path, chosen: Sequence[Table], formats: Collection[Format], rows: Mapping[str, int], now: datetime
) -> dict[str, Any]:
    """Return the data package of what lies in a folder."""
    resources: list[dict[str, Any]] = []
    for table in chosen:
        for form in (one for one in Format if one in formats):
            name = table.name if form is Format.CSV else f"{table.name}-{form}"
            described = {"name": name, "title": table.about, **_file(folder / f"{table.name}.{form}")}
            resources.append({**described, "rows": rows[table.name], "schema": codebook.table_schema(table)})
    resources += [
        {"name": "codebook", **_file(folder / "codebook.csv")},
        {"name": "codebook-md", **_file(folder / "codebook.md")},
    ]
    return {
        "name": "trichoscope-tables",
        "description": " ".join(codebook.CONVENTIONS),
        "created": now.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
        "generator": f"trichoscope {version('trichoscope')}",
        "resources": resources,
    }


_MEDIA_TYPES = {".csv": "text/csv", ".parquet": "application/vnd.apache.parquet", ".md": "text/markdown"}


def _file(path: Path) -> dict[str, Any]:
    with path.open("rb") as content:
        digest = hashlib.file_digest(content, "sha256").hexdigest()
    described = {
        "path": path.name,
        "format": path.suffix.removeprefix("."),
        "mediatype": _MEDIA_TYPES[path.suffix],
        "bytes": path.stat().st_size,
        "hash": f"sha256:{digest}",
    }
    return described if path.suffix == ".parquet" else described | {"encoding": "utf-8"}

"""Writes docs/contract from the contract's models: `make contract`.

JSON Schema 2020-12 for each message, AsyncAPI 3.0 for what travels by MQTT, OpenAPI 3.1 for what travels by HTTPS, the
code system of what leaves for other systems. The same models give the same bytes: a test compares them with the files.
"""

import json
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel

from collector.exports.fhir import as_json, code_system
from collector.interface.application import described
from tools.contract_by_https import MESSAGES, openapi
from tools.contract_by_mqtt import KINDS, asyncapi
from tools.contract_schemas import schema, schema_file

FOLDER = Path(__file__).parent.parent / "docs" / "contract"

MODELS: tuple[type[BaseModel], ...] = (*(kind.model for kind in KINDS.values()), *MESSAGES)
"""What crosses the wire as JSON."""


def main() -> None:
    """Write every document, and remove schemas of messages that are no more."""
    (FOLDER / "schemas").mkdir(parents=True, exist_ok=True)
    written = documents()
    for stale in set(_present()) - set(written):
        (FOLDER / stale).unlink()
    for name, text in written.items():
        (FOLDER / name).write_text(text, encoding="utf-8")


def documents() -> dict[str, str]:
    """Return every document by its name below docs/contract."""
    return {
        **{schema_file(model): json.dumps(schema(model), indent=1) + "\n" for model in MODELS},
        "asyncapi.yaml": _yaml(asyncapi()),
        "openapi.yaml": _yaml(openapi()),
        "interface.yaml": _yaml(described()),
        "codesystem-tricho.json": as_json(code_system()) + "\n",
    }


def _present() -> list[str]:
    return [str(path.relative_to(FOLDER)) for path in FOLDER.glob("schemas/*.json")]


class _Dumper(yaml.SafeDumper):
    """Lists stand below their key, and nothing is said by reference within the text."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: ARG002  PyYAML's own
        super().increase_indent(flow, False)

    def ignore_aliases(self, data: object) -> bool:  # noqa: ARG002  as PyYAML declares it
        return True


def _yaml(document: dict[str, Any]) -> str:
    text = yaml.dump(document, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=120)
    return f"# Made from the models of contract/ by `make contract`; not to be edited.\n{text}"


if __name__ == "__main__":
    main()

"""The messages as JSON Schema 2020-12, and what a document on them needs."""

import re
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import CoreSchema

from contract import CONTRACT_VERSION

CERTIFICATE = "A certificate of the clinic's authority; its common name is the device's id, or the collector's name."
"""What both sides prove themselves with."""

_DIALECT = "https://json-schema.org/draft/2020-12/schema"


def schema_file(model: type[BaseModel]) -> str:
    """Return the name of a model's schema below docs/contract."""
    return f"schemas/{hyphened(model)}.json"


class _Schema(GenerateJsonSchema):
    """Without a title for each field, which would say its name again."""

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ANN401, ARG002  as pydantic declares it
        return False

    def generate(self, schema: CoreSchema, mode: Any = "validation") -> JsonSchemaValue:  # noqa: ANN401  likewise
        return super().generate(schema, mode)


def schema(model: type[BaseModel]) -> dict[str, Any]:
    """Return what is read of a message, as JSON Schema: fields it does not name are passed over."""
    own = model.model_json_schema(schema_generator=_Schema)
    name = f"urn:trichoscope:contract:{CONTRACT_VERSION}:{hyphened(model)}"
    return {"$schema": _DIALECT, "$id": name, **own}


def first_sentence(model: type[BaseModel]) -> str:
    """Return what a model's documentation begins with."""
    return " ".join((model.__doc__ or "").split("\n\n")[0].split())


def hyphened(model: type[BaseModel]) -> str:
    """Return a model's name in lower case: ``baseline-ask``."""
    return re.sub(r"(?<!^)(?=[A-Z])", "-", model.__name__).lower()

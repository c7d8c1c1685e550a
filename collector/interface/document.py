"""The OpenAPI 3.1 document, made from the declarations that answer requests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from collector.interface import problems
from collector.interface.asked import PathPart
from collector.interface.problems import Problem
from collector.interface.resource import Query, Resource

VERSION = "1.0.0"

_COMPONENTS = "#/components/schemas/{model}"
_TAG = {"description": "Changes where the answer does.", "schema": {"type": "string"}}
_IF_NONE_MATCH = {
    "name": "If-None-Match",
    "in": "header",
    "description": "The entity tag of an earlier answer: what has not changed is not sent again.",
    "schema": {"type": "string"},
}
_REFUSALS = {
    401: "No token came with it, or one that does not hold.",
    403: "The account behind the token has no right to this.",
    404: "There is no such thing; or the address or the cursor is not of the documented shape.",
    422: "A parameter is unknown, given twice, or not of the documented shape.",
    429: "Too much is asked at once. Wait as Retry-After says.",
    500: "The program or the picture's file failed.",
    503: "The store or the place for pictures cannot be read now. Ask again later.",
}


def openapi(resources: Sequence[Resource]) -> dict[str, Any]:
    """Return the document.

    Parameters
    ----------
    resources
        What is described.
    """
    models: list[type[BaseModel]] = [Problem, *(one.shown for one in resources if one.shown is not None)]
    _, schemas = models_json_schema([(model, "serialization") for model in models], ref_template=_COMPONENTS)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "trichoscope: the clinic's interface",
            "version": VERSION,
            "description": "What a clinic's collector gives to other systems: figures with their intervals, pictures,"
            " changes, studies. It gives out and takes nothing in. Patients are codes.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/api/v1"}],
        "security": [{"token": []}],
        "paths": {one.path: _path(one) for one in resources},
        "components": {
            "schemas": schemas["$defs"],
            "securitySchemes": {
                "token": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "A token that an administrator of the clinic made, with the rights of an account.",
                }
            },
        },
    }


def _path(resource: Resource) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": resource.name,
        "summary": resource.about,
        "description": f"Needs the right {resource.right.value}.",
        "parameters": [*_query_parameters(resource.query), _IF_NONE_MATCH],
        "responses": _responses(resource),
    }
    parts = [_path_parameter(part) for part in resource.parts]
    return ({"parameters": parts} if parts else {}) | {"get": operation}


def _path_parameter(part: PathPart) -> dict[str, Any]:
    return {
        "name": part.name,
        "in": "path",
        "required": True,
        "description": part.about,
        "schema": part.schema | {"examples": [part.example]},
    }


def _query_parameters(query: type[Query]) -> list[dict[str, Any]]:
    schema = query.model_json_schema()
    required = schema.get("required", ())
    return [
        _query_parameter(name, field, required=name in required) for name, field in schema.get("properties", {}).items()
    ]


def _query_parameter(name: str, field: Mapping[str, Any], *, required: bool) -> dict[str, Any]:
    # A parameter that may be left out cannot be null: nothing stands for that in an address.
    choices = [one for one in field.get("anyOf", ()) if one.get("type") != "null"]
    (of_value,) = choices or [field]
    beside = {key: value for key, value in field.items() if key not in ("anyOf", "title")}
    merged = {key: value for key, value in (beside | of_value).items() if key not in ("description", "title")}
    if merged.get("default", "") is None:
        del merged["default"]
    described = field.get("description") or of_value.get("description", "")
    return {"name": name, "in": "query", "required": required, "description": described, "schema": merged}


def _responses(resource: Resource) -> dict[str, Any]:
    if resource.shown is not None:
        reference = {"$ref": _COMPONENTS.format(model=resource.shown.__name__)}
        content: dict[str, Any] = {"application/json": {"schema": reference}}
    else:
        content = {kind: {"schema": dict(schema)} for kind, schema in (resource.media or {}).items()}
    refused = {"schema": {"$ref": _COMPONENTS.format(model=Problem.__name__)}}
    return {
        "200": {"description": _first_line(resource), "headers": {"ETag": _TAG}, "content": content},
        "304": {"description": "Not changed since `If-None-Match`.", "headers": {"ETag": _TAG}},
        **{
            str(status): {"description": said, "content": {problems.MEDIA_TYPE: refused}} | _headers(status)
            for status, said in _REFUSALS.items()
        },
    }


def _headers(status: int) -> dict[str, Any]:
    named = {401: "WWW-Authenticate", 403: "WWW-Authenticate", 429: "Retry-After"}.get(status)
    return {"headers": {named: {"required": True, "schema": {"type": "string"}}}} if named else {}


def _first_line(resource: Resource) -> str:
    model = resource.shown
    return (model.__doc__ or resource.about).strip().splitlines()[0] if model else resource.about

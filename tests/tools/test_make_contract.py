"""docs/contract is what the models give, and is what its formats say it has to be."""

import json
import sys
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft7Validator, Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator
from pydantic import BaseModel

from contract import FROM_DEVICE, TO_DEVICE, Channel, Topic
from tests.contract import strategies
from tools.contract_by_mqtt import KINDS
from tools.contract_schemas import schema, schema_file
from tools.make_contract import FOLDER, MODELS, documents

ASYNCAPI_SCHEMA = Path(sys.prefix, "asyncapi/node_modules/@asyncapi/specs/schemas/3.0.0-without-$id.json")


def read(name: str) -> dict[str, Any]:
    """Return a committed document."""
    document: dict[str, Any] = yaml.safe_load((FOLDER / name).read_text(encoding="utf-8"))
    return document


def test_the_documents_are_what_the_models_give() -> None:
    """Breaks when a message was changed and its documents were not."""
    committed = {
        str(path.relative_to(FOLDER)): path.read_text(encoding="utf-8") for path in FOLDER.rglob("*") if path.is_file()
    }
    given = documents()
    differing = sorted(name for name in committed | given if committed.get(name) != given.get(name))
    assert not differing, f"docs/contract differs from the models in {', '.join(differing)}: run `make contract`"


@pytest.fixture(scope="module")
def asyncapi_validator() -> Draft7Validator:
    """Return AsyncAPI's own schema, as `tools/prepare test` fetches it."""
    if not ASYNCAPI_SCHEMA.exists():
        pytest.skip("AsyncAPI's schema is not here: `tools/prepare test` fetches it where there is npm")
    return Draft7Validator(json.loads(ASYNCAPI_SCHEMA.read_text(encoding="utf-8")))


def test_what_travels_by_mqtt_is_asyncapi(asyncapi_validator: Draft7Validator) -> None:
    """Breaks when a tool that reads AsyncAPI 3.0 cannot read ours."""
    assert [error.message for error in asyncapi_validator.iter_errors(read("asyncapi.yaml"))] == []


@pytest.mark.parametrize(
    ("way", "value"),
    [
        (("operations", "deviceSendsCapture", "bindings", "mqtt", "qos"), 3),
        (("operations", "deviceSendsCapture", "action"), "publish"),
        (("channels", "capture", "nonsense"), 1),
        (("components", "messages", "Capture", "headers"), 1),
        (("servers", "broker", "protocol"), None),
        (("components", "securitySchemes", "certificate", "type"), "passport"),
    ],
)
def test_what_is_no_asyncapi_is_noticed(
    asyncapi_validator: Draft7Validator, way: tuple[str, ...], value: object
) -> None:
    """Breaks when the check of the document before passes everything."""
    broken = deepcopy(read("asyncapi.yaml"))
    part = broken
    for step in way[:-1]:
        part = part[step]
    part[way[-1]] = value
    assert not asyncapi_validator.is_valid(broken)


def test_every_reference_leads_somewhere() -> None:
    """Breaks when a channel, message or schema is named that is not there."""
    document = read("asyncapi.yaml")
    references = list(references_in(document))
    assert len(references) > 3 * len(KINDS)
    for reference in references:
        file, _, within = reference.partition("#")
        target: Any = document if not file else json.loads((FOLDER / file).read_text(encoding="utf-8"))
        for step in within.strip("/").split("/") if within else ():
            assert step in target, reference
            target = target[step]


def references_in(value: object) -> list[str]:
    """Return all references of a document."""
    if isinstance(value, dict):
        here = [value["$ref"]] if "$ref" in value else []
        return here + [found for inner in value.values() for found in references_in(inner)]
    if isinstance(value, list):
        return [found for inner in value for found in references_in(inner)]
    return []


def test_every_channel_has_a_writer_and_a_reader() -> None:
    """Breaks when a channel is added and is not described, or under another topic than the code's."""
    document = read("asyncapi.yaml")
    addresses = {channel["address"] for channel in document["channels"].values()}
    assert addresses == {str(Topic("{clinic}", "{device}", channel)) for channel in Channel}
    roles = {
        (operation["tags"][0]["name"], operation["action"], address_of(document, operation))
        for operation in document["operations"].values()
    }
    device_writes = [("device", "send", channel) for channel in FROM_DEVICE]
    device_writes += [("collector", "receive", channel) for channel in FROM_DEVICE]
    clinic_writes = [("collector", "send", channel) for channel in TO_DEVICE]
    clinic_writes += [("device", "receive", channel) for channel in TO_DEVICE]
    assert roles == {
        (role, action, str(Topic("{clinic}", "{device}", channel)))
        for role, action, channel in device_writes + clinic_writes
    }


def address_of(document: dict[str, Any], operation: dict[str, Any]) -> str:
    """Return the topic of an operation."""
    address: str = document["channels"][operation["channel"]["$ref"].rsplit("/", 1)[-1]]["address"]
    return address


def test_what_travels_by_https_is_openapi() -> None:
    """Breaks when a tool that reads OpenAPI 3.1 cannot read ours, or a schema it names is not there."""
    document = read("openapi.yaml")
    OpenAPIV31SpecValidator(document, base_uri=(FOLDER / "openapi.yaml").as_uri()).validate()
    for reference in references_in(document):
        assert (FOLDER / reference).exists()


def test_the_schemas_are_json_schema_with_names_of_their_own() -> None:
    """Breaks when a schema is none, two have one name, or a name is an address that somebody else may come to own."""
    schemas = [read(schema_file(model)) for model in MODELS]
    for one in schemas:
        Draft202012Validator.check_schema(one)
    names = [one["$id"] for one in schemas]
    assert len(set(names)) == len(MODELS)
    assert all(name.startswith("urn:trichoscope:contract:1:") for name in names)


@pytest.mark.parametrize("model", MODELS)
@settings(max_examples=15, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(data=st.data())
def test_whatever_is_written_keeps_to_its_schema(model: type[BaseModel], data: st.DataObject) -> None:
    """Breaks when a reader that goes by the documents would refuse what is sent."""
    written = json.loads(data.draw(strategies.message(model)).encode())
    validator = Draft202012Validator(schema(model))
    assert [error.message for error in validator.iter_errors(written)] == []
    missing = data.draw(st.sampled_from(schema(model)["required"]))
    assert not validator.is_valid({name: value for name, value in written.items() if name != missing})

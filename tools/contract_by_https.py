"""What travels by HTTPS, as OpenAPI 3.1."""

from typing import Any

from pydantic import BaseModel

from contract import (
    CONTRACT_VERSION,
    MAX_PICTURE_BYTES,
    EnrolmentAnswer,
    EnrolmentRequest,
    RenewalAnswer,
    RenewalRequest,
)
from contract.enrolment import MAX_ENROLMENT_BYTES
from tools.contract_schemas import CERTIFICATE, first_sentence, schema_file

MESSAGES: tuple[type[BaseModel], ...] = (EnrolmentRequest, EnrolmentAnswer, RenewalRequest, RenewalAnswer)
"""What travels so as JSON."""


def openapi() -> dict[str, Any]:
    """Return what travels by HTTPS, as OpenAPI 3.1."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "trichoscope: pictures and certificates",
            "version": f"{CONTRACT_VERSION}.0.0",
            "description": "What an instrument sends to its clinic's collector by HTTPS; the rest is in asyncapi.yaml.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "https://{collector}", "variables": {"collector": {"default": "collector"}}}],
        "security": [{"certificate": []}],
        "paths": {
            "/images/{sha256}": {
                "parameters": [
                    {
                        "name": "sha256",
                        "in": "path",
                        "required": True,
                        "description": "The SHA-256 of the picture's bytes, by which a capture names it.",
                        "schema": {"type": "string", "pattern": "^[0-9a-f]{64}$"},
                    }
                ],
                "put": _put_picture(),
                "head": {
                    "operationId": "askForPicture",
                    "responses": _responses({200: "The collector holds it.", 404: "It does not."}, known=True),
                },
            },
            "/enrolments": {"post": _enrol()},
            "/certificates": {"post": _renew()},
        },
        "components": {
            "securitySchemes": {"certificate": {"type": "mutualTLS", "description": CERTIFICATE}},
        },
    }


def _put_picture() -> dict[str, Any]:
    body: dict[str, Any] = {kind: {"schema": {}} for kind in ("image/jpeg", "image/png")}
    answers = {
        200: "It was there already; what is there is never replaced.",
        201: "It is durable.",
        400: "The address is no digest, or the body is empty or broke off.",
        408: "It took too long. Send it again.",
        413: f"It has more than {MAX_PICTURE_BYTES} bytes.",
        422: "It can never be taken: another than the address says, no picture, or one with tags that may identify.",
        500: "The disk failed. Send it again later.",
        503: "The collector is stopping. Send it again later.",
        507: "The disk is full. Send it again later.",
    }
    return {
        "operationId": "putPicture",
        "parameters": [{"name": "If-None-Match", "in": "header", "schema": {"const": "*"}}],
        "requestBody": {"required": True, "content": body},
        "responses": _responses(answers, known=True),
    }


def _enrol() -> dict[str, Any]:
    refusals = {403: "No code that holds is known to the asker.", 409: "The code was used for another key."}
    exchange = _exchange("enrol", "A first certificate, by a one-time code.", EnrolmentRequest, EnrolmentAnswer)
    exchange["responses"] |= _responses(refusals)
    exchange["security"] = []  # nobody has a certificate yet: the proofs stand in for it
    return exchange


def _renew() -> dict[str, Any]:
    about = "A new certificate, for the name of the one that is shown."
    exchange = _exchange("renew", about, RenewalRequest, RenewalAnswer)
    exchange["responses"] |= _responses({404: "This clinic does not renew by network."}, known=True)
    return exchange


def _exchange(name: str, about: str, request: type[BaseModel], answer: type[BaseModel]) -> dict[str, Any]:
    def content(model: type[BaseModel]) -> dict[str, Any]:
        return {"application/json": {"schema": {"$ref": f"./{schema_file(model)}"}}}

    answers = {
        400: "It is no request of the contract.",
        408: "It took too long. Send it again.",
        413: f"It has more than {MAX_ENROLMENT_BYTES} bytes.",
        422: "The signing request cannot be signed.",
        429: "Too much is asked. Ask again later.",
        500: "The disk failed. Ask again later.",
        503: "The collector is stopping. Ask again later.",
    }
    answered = {"200": {"description": first_sentence(answer), "content": content(answer)}}
    return {
        "operationId": name,
        "summary": about,
        "requestBody": {"required": True, "content": content(request)},
        "responses": answered | _responses(answers),
    }


def _responses(sentences: dict[int, str], *, known: bool = False) -> dict[str, Any]:
    """Word responses; ``known`` is for requests that a certificate comes with."""
    refused = {403: "The certificate is none of this clinic's, was taken back, or has expired."} if known else {}
    return {str(status): {"description": sentence} for status, sentence in sorted((sentences | refused).items())}

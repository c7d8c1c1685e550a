"""Which certificates cannot be had from the collector: another's, and those of who knows no code."""

from __future__ import annotations

import http.client
import json
import secrets
import ssl
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from http import HTTPStatus

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

from benchmarks.delivery.rights.act import Act
from benchmarks.delivery.rights.bare_client import WITHIN_S
from benchmarks.delivery.rights.scene import COLLECTOR, HOSTILE, OTHER, REVOKED, Scene
from collector.identity.codes import EnrolmentCodes, now
from collector.service import CODES
from contract.enrolment import EnrolmentRequest, RenewalRequest, code_letters, new_code, request_proof

NEW, LATE = "chair-4", "chair-5"
"""A device that is to be enrolled, and one that came too late."""


def enrolling(scene: Scene) -> Iterator[Act]:
    """Try to be enrolled without a code, or as another than the code is for. The collector takes one try a second."""
    (folder := scene.clinic.folder / "collector" / CODES).mkdir(mode=0o700, exist_ok=True)
    codes = EnrolmentCodes(folder)
    code, _ = codes.give(NEW, timedelta(hours=1), now())
    late, _ = codes.give(LATE, timedelta(seconds=-1), now())
    tries = {
        "with a code that was guessed": _request(NEW, NEW, new_code()),
        f"as {OTHER}, for which there is no code": _request(OTHER, OTHER, code),
        "as the collector, for which there is no code": _request(COLLECTOR, COLLECTOR, code),
        "with a code whose time is over": _request(LATE, LATE, late),
        f"with a code for {NEW} and a signing request for {OTHER}": _request(NEW, OTHER, code),
        f"with a code for {NEW} and a signing request for the collector": _request(NEW, COLLECTOR, code),
    }
    results = {words: _enrol(scene, request) for words, request in tries.items()}
    control = _enrol(scene, _request(NEW, NEW, code))[0] == HTTPStatus.OK
    results["with a code that was used, and another key"] = _enrol(scene, _request(NEW, NEW, code))
    for words, (status, answer) in results.items():
        gained = "certificate" in answer
        yield Act("enrolment", words, _in_words(status), status >= HTTPStatus.BAD_REQUEST and not gained, control)


def renewing(scene: Scene) -> Iterator[Act]:
    """Try to have a certificate renewed as another's, or one that was taken back."""
    weak = rsa.generate_private_key(65537, 2048)
    results = {
        f"as {OTHER}": _renew(scene, HOSTILE, _signing_request(OTHER)),
        "as the collector": _renew(scene, HOSTILE, _signing_request(COLLECTOR)),
        "under no name": _renew(scene, HOSTILE, _signing_request("")),
        "for a key of another kind": _renew(scene, HOSTILE, _signing_request(HOSTILE, weak)),
        "for no signing request": _renew(scene, HOSTILE, "none"),
        "after it was revoked": _renew(scene, REVOKED, _signing_request(REVOKED)),
    }
    # for the key that it has: another one is signed only once an hour
    status, answer = _renew(scene, OTHER, _signing_request(OTHER, _key_of(scene, OTHER)))
    control = status == HTTPStatus.OK and _name_of(answer) == OTHER
    for words, (status, answer) in results.items():
        gained = "certificate" in answer
        yield Act("renewal", words, _in_words(status), status >= HTTPStatus.BAD_REQUEST and not gained, control)


def _request(device_id: str, common_name: str, code: str) -> EnrolmentRequest:
    nonce, signing_request = secrets.token_hex(32), _signing_request(common_name)
    return EnrolmentRequest(
        device_id=device_id,
        nonce=nonce,
        signing_request=signing_request,
        proof=request_proof(code_letters(code), device_id, nonce, signing_request),
    )


def _key_of(scene: Scene, client: str) -> ec.EllipticCurvePrivateKey:
    _, path = scene.pem(client)
    key = serialization.load_pem_private_key(path.read_bytes(), None)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise TypeError(f"{path} holds no key of an elliptic curve")
    return key


def _signing_request(common_name: str, key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | None = None) -> str:
    signing_key = key or ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)] if common_name else [])
    request = x509.CertificateSigningRequestBuilder().subject_name(name).sign(signing_key, hashes.SHA256())
    return request.public_bytes(serialization.Encoding.PEM).decode()


def _enrol(scene: Scene, request: EnrolmentRequest) -> tuple[int, dict[str, str]]:
    return _post(scene.enrolment_port, scene.context(), "/enrolments", request.encode())


def _renew(scene: Scene, client: str, signing_request: str) -> tuple[int, dict[str, str]]:
    request = RenewalRequest(signing_request=signing_request)
    return _post(scene.picture_port, scene.context(*scene.pem(client)), "/certificates", request.encode())


def _post(port: int, context: ssl.SSLContext, path: str, body: bytes) -> tuple[int, dict[str, str]]:
    """Return the status and, of an answer in JSON, its fields."""
    connection = http.client.HTTPSConnection("localhost", port, timeout=2 * WITHIN_S, context=context)
    with closing(connection):
        connection.request("POST", path, body)
        answer = connection.getresponse()
        content = answer.read()
    return answer.status, json.loads(content) if content.startswith(b"{") else {}


def _name_of(answer: dict[str, str]) -> str:
    names = x509.load_pem_x509_certificate(answer["certificate"].encode()).subject
    return str(names.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value)


def _in_words(status: int) -> str:
    return f"{status} {HTTPStatus(status).phrase}"

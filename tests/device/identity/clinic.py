"""A stand-in for the clinic's enrolment and renewal, as contract/enrolment.py has them, on loopback over real TLS."""

import contextlib
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import cast

import uvicorn
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from contract.enrolment import (
    EnrolmentAnswer,
    EnrolmentRequest,
    RenewalAnswer,
    RenewalRequest,
    answer_proof,
    code_letters,
    request_proof,
    same_proof,
)
from tests.device.identity.authority import Authority, PublicKey, key_pem, pem, write_pair

CODE = "7KQM-2XWF-9DHT-P4RB"
CLINIC, DEVICE = "riverside", "chair-1"


class Clinic:
    """What the clinic would sign and say; a test changes what it wants to go wrong.

    Parameters
    ----------
    folder
        For its own certificate.
    """

    def __init__(self, folder: Path) -> None:
        self.authority = Authority()
        self.url = self.renewal_url = ""
        self.begin_anew()
        server_key = ec.generate_private_key(ec.SECP256R1())
        server = self.authority.issue(server_key.public_key(), "server", purpose=ExtendedKeyUsageOID.SERVER_AUTH)
        write_pair(folder, "server", key_pem(server_key), server)
        (folder / "authority.crt").write_text(pem(self.authority.certificate))
        self._folder = folder

    def begin_anew(self) -> None:
        """Forget what a test did: starting the servers anew costs 0.4 s."""
        self.clinic_id = CLINIC
        self.code = CODE
        self.renewed_authority: Authority | None = None
        self.issue: Callable[[PublicKey, str], x509.Certificate] = self.authority.issue
        self.enrolled: dict[str, EnrolmentAnswer] = {}
        """What was answered, by signing request."""
        self.renewed = 0
        self.instead: Callable[[bytes], Response] | None = None
        """Replaces the next answers, given what would have been said."""

    @contextlib.contextmanager
    def running(self) -> Iterator[None]:
        """Serve both addresses for the length of the block."""
        with (
            self._served("/enrolments", self._enrol, ssl.CERT_NONE) as port,
            self._served("/certificates", self._renew, ssl.CERT_REQUIRED) as renewal_port,
        ):
            self.url, self.renewal_url = f"https://127.0.0.1:{port}", f"https://127.0.0.1:{renewal_port}"
            yield

    async def _enrol(self, request: Request) -> Response:
        asked = EnrolmentRequest.model_validate_json(await request.body())
        letters = code_letters(self.code)
        proof = request_proof(letters, asked.device_id, asked.nonce, asked.signing_request)
        if not same_proof(proof, asked.proof):
            return PlainTextResponse("The code is not known, or its time is over.", 403)
        if asked.signing_request not in self.enrolled:
            certificate, authority = self._certificate(asked.signing_request), pem(self.authority.certificate)
            self.enrolled[asked.signing_request] = EnrolmentAnswer(
                clinic_id=self.clinic_id,
                certificate=certificate,
                authority=authority,
                proof=answer_proof(letters, asked.nonce, self.clinic_id, certificate, authority),
            )
        return self._said(self.enrolled[asked.signing_request].encode())

    async def _renew(self, request: Request) -> Response:
        asked = RenewalRequest.model_validate_json(await request.body())
        self.renewed += 1
        later = None if self.renewed_authority is None else pem(self.renewed_authority.certificate)
        answer = RenewalAnswer(certificate=self._certificate(asked.signing_request), authority=later)
        return self._said(answer.encode())

    def _certificate(self, signing_request: str) -> str:
        asked = x509.load_pem_x509_csr(signing_request.encode())
        assert asked.is_signature_valid
        (name,) = asked.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
        return pem(self.issue(cast(PublicKey, asked.public_key()), str(name.value)))

    def _said(self, answer: bytes) -> Response:
        return Response(answer) if self.instead is None else self.instead(answer)

    @contextlib.contextmanager
    def _served(
        self, path: str, handler: Callable[[Request], object], client_certificate: ssl.VerifyMode
    ) -> Iterator[int]:
        config = uvicorn.Config(
            Starlette(routes=[Route(path, handler, methods=["POST"])]),
            host="127.0.0.1",
            port=0,
            ssl_certfile=self._folder / "server.crt",
            ssl_keyfile=self._folder / "server.key",
            ssl_ca_certs=str(self._folder / "authority.crt"),
            ssl_cert_reqs=client_certificate,
            log_level="error",
            lifespan="off",
            ws="none",
        )
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run)
        thread.start()
        try:
            until_s = time.monotonic() + 10
            while not server.started:
                assert thread.is_alive()
                assert time.monotonic() < until_s
                time.sleep(0.005)
            yield server.servers[0].sockets[0].getsockname()[1]
        finally:
            server.should_exit = True
            thread.join()

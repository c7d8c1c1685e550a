"""What is decided on an instrument that asks for its first certificate: bytes in, answer or refusal out.

Whoever does not prove to know a code that holds is told one sentence, whatever was wrong; who does is told more.
"""

import hashlib
import logging
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from pydantic import ValidationError

from collector.identity import issued
from collector.identity.certificates import Authority, sign_client
from collector.identity.codes import CodeUnusable, EnrolmentCode, EnrolmentCodes, now
from collector.identity.signing_request import SigningRequestRefused, requested_key
from contract import ClinicId, EnrolmentAnswer, EnrolmentRequest
from contract.enrolment import answer_proof, request_proof, same_proof

_log = logging.getLogger(__name__)

REFUSAL = "This enrolment is refused: the code is wrong, has run out, or is for another instrument. Ask for a new one."
_NOBODY = "0" * 16  # letters that prove nothing: what they are compared with is thrown away


class EnrolmentRefused(Exception):
    """An instrument is not enrolled; ``status`` is that of HTTP, the message is for its technician."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status


class Enrolments:
    """Enrols instruments of one clinic.

    Parameters
    ----------
    clinic_id
        The clinic.
    codes
        The codes that were given out.
    authority
        Who signs.
    issued_folder
        Where each certificate is recorded before it is handed out.
    clock
        Gives the time by which codes are judged.
    """

    def __init__(
        self,
        clinic_id: ClinicId,
        codes: EnrolmentCodes,
        authority: Authority,
        issued_folder: Path,
        clock: Callable[[], datetime] = now,
    ) -> None:
        self._clinic_id = clinic_id
        self._codes = codes
        self._authority = authority
        self._authority_pem = authority.certificate.public_bytes(serialization.Encoding.PEM).decode()
        self._issued_folder = issued_folder
        self._clock = clock

    def answer(self, body: bytes) -> EnrolmentAnswer:
        """Return the answer to a request.

        The same signing request gets the same certificate again for as long as the code holds: an answer may be lost.

        Raises
        ------
        EnrolmentRefused
            If the instrument is not enrolled.
        OSError
            If certificate or code cannot be kept: it may be tried again.
        """
        try:
            request = EnrolmentRequest.model_validate_json(body)
        except ValidationError:
            raise EnrolmentRefused(400, "This is no enrolment request as the contract has it.") from None
        code = self._proven(request)
        digest = hashlib.sha256(request.signing_request.encode()).hexdigest()
        certificate = code.certificate
        if certificate is None:
            certificate = self._sign(request, code, digest)
        elif digest != code.signing_request_sha256:
            raise _used(request.device_id)
        return EnrolmentAnswer(
            clinic_id=self._clinic_id,
            certificate=certificate,
            authority=self._authority_pem,
            proof=answer_proof(code.letters, request.nonce, self._clinic_id, certificate, self._authority_pem),
        )

    def _proven(self, request: EnrolmentRequest) -> EnrolmentCode:
        try:
            code = self._codes.find(request.device_id)
        except CodeUnusable as damaged:
            _log.error("%s", damaged)
            code = None
        letters = code.letters if code else _NOBODY
        proof = request_proof(letters, request.device_id, request.nonce, request.signing_request)
        is_proven = same_proof(proof, request.proof)
        if code is None:
            reason = "no code was given for it"
        elif not code.holds(self._clock()):
            reason = "its code's time is over"
        elif not is_proven:
            reason = "it does not know the code"
        else:
            return code
        _log.warning("Somebody was not enrolled as %s: %s.", request.device_id, reason)
        raise EnrolmentRefused(403, REFUSAL)

    def _sign(self, request: EnrolmentRequest, code: EnrolmentCode, digest: str) -> str:
        try:
            key = requested_key(request.signing_request, request.device_id)
        except SigningRequestRefused as refused:
            _log.warning("%s was not enrolled: %s", request.device_id, refused)
            raise EnrolmentRefused(422, str(refused)) from refused
        certificate = sign_client(self._authority, request.device_id, key)
        issued.record(self._issued_folder, certificate)
        encoded = certificate.public_bytes(serialization.Encoding.PEM).decode()
        try:
            is_used = self._codes.use(code, digest, encoded)
        except CodeUnusable as damaged:
            _log.error("%s", damaged)
            is_used = False
        if not is_used:  # withdrawn meanwhile
            raise EnrolmentRefused(403, REFUSAL)
        _log.info(
            "Enrolled %s: certificate %x, until %s.",
            request.device_id,
            certificate.serial_number,
            f"{certificate.not_valid_after_utc:%Y-%m-%d}",
        )
        return encoded


def _used(device_id: str) -> EnrolmentRefused:
    _log.warning("%s was not enrolled: its code was used for another signing request.", device_id)
    return EnrolmentRefused(409, "This code has been used for another key. Ask for a new one.")

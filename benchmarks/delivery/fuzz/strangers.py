"""What comes by HTTPS: requests for certificates and the answers to them, and picture files."""

from __future__ import annotations

import hashlib
import struct
import zlib
from base64 import b64decode, b64encode
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import cache
from io import BytesIO
from pathlib import Path
from random import Random

import numpy as np
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from PIL import Image
from pydantic import ValidationError

from benchmarks.delivery.fuzz.mutations import bytes_changed, chance_of, mutated, noise
from benchmarks.delivery.fuzz.tally import Tally
from collector.identity.certificates import Authority, self_signed
from collector.identity.codes import EnrolmentCodes
from collector.identity.enrolment import EnrolmentRefused, Enrolments
from collector.identity.signing_request import SigningRequestRefused, requested_key
from collector.pictures.folder import PicturesInFolder
from collector.pictures.media_types import media_type
from collector.pictures.pictures import is_sha256
from collector.pictures.receiving import PictureRejected
from collector.pictures.reduced import reduce
from contract import EnrolmentAnswer, EnrolmentRequest, RenewalAnswer, RenewalRequest
from contract.enrolment import MAX_ENROLMENT_BYTES, answer_proof, code_letters, request_proof, same_proof
from device.identity.certificate import new_key, signing_request, verified
from device.identity.errors import CertificateUnfit

_CLINIC, _DEVICE = "riverside", "chair-1"
_UM_PER_PX = 5.3


class Registry:
    """A clinic that enrols and renews, and an instrument that believes it or not.

    Parameters
    ----------
    folder
        Where codes and certificates are kept.
    tally
        What became of requests and answers.
    """

    def __init__(self, folder: Path, tally: Tally) -> None:
        folder.mkdir(exist_ok=True)
        self._tally = tally
        authority_key = ec.generate_private_key(ec.SECP256R1())
        authority = Authority(self_signed(authority_key), authority_key)
        self._authority_pem = authority.certificate.public_bytes(serialization.Encoding.PEM).decode()
        codes = EnrolmentCodes(folder / "codes")
        code, _ = codes.give(_DEVICE, timedelta(days=1), datetime.now(UTC))
        self._letters = code_letters(code)
        self._enrolments = Enrolments(_CLINIC, codes, authority, folder / "issued")
        self._key = new_key()
        self._signing_request = signing_request(self._key, _DEVICE)
        self._certificate = self._enrolments.answer(self._request(self._signing_request)).certificate

    def _request(self, asked: str) -> bytes:
        nonce = "0f" * 32
        proof = request_proof(self._letters, _DEVICE, nonce, asked)
        return EnrolmentRequest(device_id=_DEVICE, nonce=nonce, signing_request=asked, proof=proof).encode()

    def _answered(self, certificate: str, authority: str) -> bytes:
        proof = answer_proof(self._letters, "0f" * 32, _CLINIC, certificate, authority)
        return EnrolmentAnswer(clinic_id=_CLINIC, certificate=certificate, authority=authority, proof=proof).encode()

    def exchange(self, seed: int, number: int) -> None:
        """Send the message of that number to whom it is for."""
        chance = chance_of("certificates", seed, number)
        handle, name, payload = self._message(chance)
        share = chance.random()
        if share < 0.1:
            payload = noise(chance)
        elif share < 0.6:
            payload = mutated(chance, payload)
        self._tally.sent += 1
        if len(payload) > MAX_ENROLMENT_BYTES:  # both sides' readers of HTTPS stop there
            self._tally.became["too long to be read"] += 1
            return
        try:
            self._tally.became[self._tally.timed(f"{name} {number}", lambda: handle(payload))] += 1
        except Exception as error:  # noqa: BLE001  any exception is what is looked for
            self._tally.fault(f"number {number}, {name}: {error!r}")

    def _message(self, chance: Random) -> tuple[Callable[[bytes], str], str, bytes]:
        """Draw whom it is for, and what: the parts that a proof covers go wrong before it is made."""

        def part(text: str) -> str:
            if chance.random() < 0.4:
                return text
            if chance.random() < 0.5:
                text = _pem_changed(chance, text)
            return bytes_changed(chance, text.encode()).decode("ascii", "replace")[:6000] or "-"

        match chance.randrange(4):
            case 0:
                return self._enrol, "an enrolment", self._request(part(self._signing_request))
            case 1:
                answer = self._answered(part(self._certificate), part(self._authority_pem))
                return self._enrolled, "an enrolment's answer", answer
            case 2:
                return _renew, "a renewal", RenewalRequest(signing_request=part(self._signing_request)).encode()
            case _:
                return self._renewed, "a renewal's answer", RenewalAnswer(certificate=part(self._certificate)).encode()

    def _enrol(self, payload: bytes) -> str:
        try:
            answer = self._enrolments.answer(payload)
        except EnrolmentRefused as refused:
            return f"refused with {refused.status}" if str(refused) else "refused without a reason"
        if answer.certificate != self._certificate:
            self._tally.fault("one code gave two certificates")
        return "answered"

    def _enrolled(self, payload: bytes) -> str:
        try:
            answer = EnrolmentAnswer.model_validate_json(payload)
        except ValidationError:
            return "no answer of the contract"
        proof = answer_proof(self._letters, "0f" * 32, answer.clinic_id, answer.certificate, answer.authority)
        if not same_proof(proof, answer.proof):
            return "not believed"
        return self._believed(answer.certificate, answer.authority)

    def _renewed(self, payload: bytes) -> str:
        try:
            answer = RenewalAnswer.model_validate_json(payload)
        except ValidationError:
            return "no answer of the contract"
        return self._believed(answer.certificate, self._authority_pem)

    def _believed(self, certificate: str, authority: str) -> str:
        try:
            verified(certificate, authority, key=self._key, device_id=_DEVICE, at=datetime.now(UTC))
        except CertificateUnfit:
            return "certificate unfit"
        return "certificate taken"


def _renew(payload: bytes) -> str:
    try:
        requested_key(RenewalRequest.model_validate_json(payload).signing_request, _DEVICE)
    except ValidationError:
        return "refused with 400"
    except SigningRequestRefused:
        return "refused with 422"
    return "would be signed"


def _pem_changed(chance: Random, text: str) -> str:
    """Change what a PEM holds, and word it as a PEM again: its letters alone would seldom hold after a change."""
    first, *body, last = text.strip().splitlines()
    changed = b64encode(bytes_changed(chance, b64decode("".join(body)))).decode()
    return "\n".join((first, *(changed[at : at + 64] for at in range(0, len(changed), 64)), last, ""))


class PictureDesk:
    """A clinic's folder of pictures.

    Parameters
    ----------
    folder
        Where they go.
    tally
        What became of them.
    """

    def __init__(self, folder: Path, tally: Tally) -> None:
        self._pictures = PicturesInFolder(folder)
        self._tally = tally

    def receive(self, seed: int, number: int) -> None:
        """Receive the file of that number as ``PUT /images`` does; one that is kept is made small, then removed."""
        chance = chance_of("pictures", seed, number)
        content = noise(chance) if chance.random() < 0.1 else chance.choice(_files())
        for _ in range(chance.choice((0, 1, 1, 2))):
            content = bytes_changed(chance, content)
        name = hashlib.sha256(content).hexdigest()
        if chance.random() < 0.1:
            name = chance.choice(("0" * 64, name.upper(), f"../{name}", name[:-1], ""))
        self._tally.sent += 1
        try:
            self._tally.became[self._tally.timed(f"picture {number}", lambda: self._received(name, content))] += 1
        except Exception as error:  # noqa: BLE001  any exception is what is looked for
            self._tally.fault(f"number {number}: {error!r}")

    def _received(self, name: str, content: bytes) -> str:
        if not is_sha256(name):
            return "no address"
        incoming = self._pictures.receive(name, len(content))
        try:
            incoming.write(content)
            incoming.finish()
        except PictureRejected as rejected:
            return "rejected" if str(rejected) else "rejected without a reason"
        finally:
            incoming.discard()
        file = self._pictures.open(name)
        if file is None:
            self._tally.fault(f"picture {name[:12]} is not there")
            return "lost"
        with file:
            if media_type(file) is None or file.read() != content:
                self._tally.fault(f"picture {name[:12]} is not there as it was sent")
                return "lost"
            small = reduce(file, _UM_PER_PX)
        self._pictures.delete(name)
        return "kept, and cannot be decoded" if small is None else "kept, and made small"


@cache
def _files() -> tuple[bytes, ...]:
    """Return pictures in the formats and kinds that are taken, and with what is not taken."""
    pixels = np.random.default_rng(1).integers(0, 255, (30, 40, 3), np.uint8)
    files = []
    for settings in (
        {"format": "JPEG", "quality": 95},
        {"format": "JPEG", "progressive": True},
        {"format": "PNG"},
        {"format": "GIF"},
        {"format": "JPEG", "comment": b"of whom it is"},
    ):
        file = BytesIO()
        Image.fromarray(pixels).save(file, **settings)
        files.append(file.getvalue())
    return (*files, _bomb(60_000), _bomb(6_000))


def _bomb(side_px: int) -> bytes:
    """Return a small file that says it is a large picture, of one colour."""
    head = struct.pack(">IIBBBBB", side_px, side_px, 8, 0, 0, 0, 0)
    data = zlib.compress(bytes(1_000_000))
    chunks = ((b"IHDR", head), (b"IDAT", data), (b"IEND", b""))
    framed = (
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body)) for kind, body in chunks
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(framed)

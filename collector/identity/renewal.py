"""``POST /certificates``: an instrument renews its certificate with the one it has.

It stays who it is: the name is that of the certificate it came with. Asked for the same key again it is handed the same
certificate while that is fresh, and another key only once an hour, so that no instrument fills the clinic's disk.
"""

import asyncio
import logging
from datetime import UTC, datetime, timedelta
from pathlib import Path

from anyio import to_thread
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from pydantic import ValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from collector.identity import issued
from collector.identity.body import read_body
from collector.identity.certificates import BACKDATED, Authority, CertificateError, common_name, is_due, sign_client
from collector.identity.peer import Peer, peer_of
from collector.identity.revocation_list import RevocationList
from collector.identity.signing_request import SigningRequestRefused, requested_key
from contract import RenewalAnswer, RenewalRequest

_log = logging.getLogger(__name__)

_ANOTHER_KEY_AFTER = timedelta(hours=1)
NO_RENEWAL = "This clinic does not renew certificates over the network: its administrator makes new ones."


class Renewals:
    """Renews certificates of those who hold one.

    Parameters
    ----------
    authority
        Who signs.
    issued_folder
        Where each certificate is recorded before it is handed out.
    revocations
        Whose certificates do not hold any more.
    """

    def __init__(self, authority: Authority, issued_folder: Path, revocations: RevocationList | None) -> None:
        self._authority = authority
        self._issued_folder = issued_folder
        self._revocations = revocations
        self._one_at_a_time = asyncio.Lock()

    async def post(self, request: Request) -> Response:
        """Answer 200 with a :class:`contract.RenewalAnswer`, or refuse in a sentence."""
        peer = peer_of(request)
        if peer is None:
            raise HTTPException(403, "Only the holder of a certificate can renew it.")
        try:
            body = await read_body(request)
            async with self._one_at_a_time:
                answer = await to_thread.run_sync(self._answer, peer, body)
        except asyncio.CancelledError as stopped:
            # uvicorn cancels only when it stops, and would log this as a fault.
            raise HTTPException(503, "The collector is stopping. Try again later.") from stopped
        return Response(answer.encode(), media_type="application/json")

    def _answer(self, peer: Peer, body: bytes) -> RenewalAnswer:
        try:
            key = requested_key(RenewalRequest.model_validate_json(body).signing_request, peer.common_name)
        except ValidationError:
            raise HTTPException(400, "This is no renewal request as the contract has it.") from None
        except SigningRequestRefused as refused:
            raise HTTPException(422, str(refused)) from refused
        try:
            certificate = self._fresh(peer, key) or self._sign(peer, key)
        except (CertificateError, OSError) as error:
            _log.error("The certificate of %s could not be renewed: %s", peer.common_name, error)
            raise HTTPException(500, "The clinic's records of certificates failed. Try again later.") from error
        if self._revocations is not None and self._revocations.revokes(peer.serial):
            # Taken back since the request began: what was signed meanwhile is recorded, and not handed out.
            raise HTTPException(403, "This certificate was taken back by the clinic.")
        return RenewalAnswer(
            certificate=certificate.public_bytes(serialization.Encoding.PEM).decode(),
            authority=self._authority.certificate.public_bytes(serialization.Encoding.PEM).decode(),
        )

    def _fresh(self, peer: Peer, key: ec.EllipticCurvePublicKey) -> x509.Certificate | None:
        now = datetime.now(UTC)
        its_own = [one for one in issued.recorded(self._issued_folder) if common_name(one) == peer.common_name]
        for one in its_own:
            is_revoked = self._revocations is not None and self._revocations.revokes(one.serial_number)
            if one.public_key() == key and not is_due(one, now) and not is_revoked:
                return one
        if any(now < one.not_valid_before_utc + BACKDATED + _ANOTHER_KEY_AFTER for one in its_own):
            raise HTTPException(
                429,
                "A certificate was issued to this instrument within the last hour. Try again later.",
                {"Retry-After": "3600"},
            )
        return None

    def _sign(self, peer: Peer, key: ec.EllipticCurvePublicKey) -> x509.Certificate:
        certificate = sign_client(self._authority, peer.common_name, key)
        issued.record(self._issued_folder, certificate)
        _log.info(
            "Renewed the certificate of %s: %x, until %s.",
            peer.common_name,
            certificate.serial_number,
            f"{certificate.not_valid_after_utc:%Y-%m-%d}",
        )
        return certificate


async def renewal_unavailable(_request: Request) -> Response:
    """Answer where the collector has no authority to sign with."""
    raise HTTPException(404, NO_RENEWAL)

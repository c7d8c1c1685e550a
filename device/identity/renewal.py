"""The certificate renewed before it runs out, by the service, with the certificate itself as the proof.

The key stays: one atomic rename of the certificate's file is the whole renewal, and a key that systemd hands over as a
credential, which no service can write, is renewed like any other. Another key comes by enrolling anew. Whatever
connects next reads the new certificate; what is connected stays so.
"""

import logging
import threading
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from pydantic import ValidationError

from contract.enrolment import RenewalAnswer, RenewalRequest
from device import clock
from device.backoff import waiting_times_s
from device.identity.certificate import loaded, pem, renewed_authority, signing_request, verified
from device.identity.errors import CertificateUnfit, ExchangeFailed
from device.identity.exchange import post
from device.identity.places import alone_in
from device.settings import DeviceSettings
from groundwork.client_tls import client_context
from groundwork.durable_file import write_durably

_log = logging.getLogger(__name__)

_LOOK_EVERY_S = 60.0
_RETRY_AFTER_S, _RETRY_AFTER_AT_MOST_S = 60.0, 3600.0
_SAY_AGAIN_AFTER_MS = 24 * 3600 * 1000


class NotRenewed(Exception):
    """The certificate is due and is still the old one; the message is a sentence that says why and what to do."""


class CertificateRenewal:
    """Renews the certificate of one instrument in the last third of its life.

    Parameters
    ----------
    settings
        The instrument's settings.
    """

    def __init__(self, settings: DeviceSettings) -> None:
        self._settings = settings
        self._url = f"{str(settings.pictures.url).rstrip('/')}/certificates"
        self._said_ms: dict[str, int] = {}

    def run(self, stop: threading.Event) -> None:
        """Look once a minute until ``stop`` is set; what fails is tried again, ever more rarely, at least hourly."""
        waits_s = waiting_times_s(_RETRY_AFTER_S, _RETRY_AFTER_AT_MOST_S)
        while not stop.is_set():
            try:
                self.renew_if_due()
            except NotRenewed as error:
                self._say_once_a_day(str(error))
                stop.wait(next(waits_s))
            else:
                waits_s = waiting_times_s(_RETRY_AFTER_S, _RETRY_AFTER_AT_MOST_S)
                stop.wait(_LOOK_EVERY_S)

    def renew_if_due(self) -> bool:
        """Renew the certificate if it is due; return whether it is another one now.

        Raises
        ------
        NotRenewed
            If it is due and could not be renewed.
        """
        broker, at = self._settings.broker, clock.now()
        try:
            text = broker.certificate.read_text("ascii")
            present = loaded(text, "it")
            if not _is_due(present, at):
                return False
            if not clock.is_trusted():
                raise NotRenewed(
                    f"The certificate {broker.certificate} is to be renewed by {present.not_valid_after_utc:%Y-%m-%d},"
                    " and this clock is not synchronised: let the instrument reach a time server."
                )
            if at >= present.not_valid_after_utc:
                raise NotRenewed(
                    f"The certificate {broker.certificate} ran out on {present.not_valid_after_utc:%Y-%m-%d}: ask the"
                    " clinic for a code and run 'trichoscope enrol'."
                )
            renewed = self._renewed(present, at)
            _replace(broker.certificate, text, renewed)
        except (OSError, UnicodeDecodeError, CertificateUnfit) as error:
            raise NotRenewed(
                f"The certificate {broker.certificate} cannot be renewed: {error}. It is tried again; mend what is"
                " said, or ask the clinic for a code and run 'trichoscope enrol'."
            ) from error
        _log.info("The certificate is renewed and holds until %s.", f"{renewed.not_valid_after_utc:%Y-%m-%d}")
        return True

    def _renewed(self, present: x509.Certificate, at: datetime) -> x509.Certificate:
        broker, device_id = self._settings.broker, self._settings.device_id
        tls = client_context(broker.authority, broker.certificate, broker.key)
        key = broker.key.read_text("ascii")
        request = RenewalRequest(signing_request=signing_request(key, device_id))
        last_day = f"{present.not_valid_after_utc:%Y-%m-%d}"
        try:
            answer = RenewalAnswer.model_validate_json(post(self._url, request.encode(), tls))
        except ExchangeFailed as error:
            cure = "Tell the clinic" if error.refused else "It is tried again"
            raise NotRenewed(
                f"The certificate is not renewed: {error}. {cure}: after {last_day} nothing is delivered without"
                " another."
            ) from error
        except ValidationError as error:
            raise CertificateUnfit("what the clinic answered is no certificate") from error
        known = broker.authority.read_text("ascii")
        renewed = verified(answer.certificate, known, key=key, device_id=device_id, at=at)
        if renewed.not_valid_after_utc <= present.not_valid_after_utc:
            raise CertificateUnfit("the clinic sent one that holds no longer than the present one")
        # Of the same key: whichever of the two files a power cut leaves new, they belong together.
        if answer.authority and (authority := renewed_authority(known, answer.authority, at)) is not None:
            _replace(broker.authority, known, authority)
        return renewed

    def _say_once_a_day(self, sentence: str) -> None:
        now_ms = clock.since_boot_ms()
        self._said_ms = {
            said: when_ms for said, when_ms in self._said_ms.items() if now_ms - when_ms < _SAY_AGAIN_AFTER_MS
        }
        if sentence not in self._said_ms:
            self._said_ms[sentence] = now_ms
            _log.error("%s", sentence)


def _is_due(present: x509.Certificate, at: datetime) -> bool:
    life: timedelta = present.not_valid_after_utc - present.not_valid_before_utc
    return at >= present.not_valid_after_utc - life / 3


def _replace(path: Path, renewed_from: str, renewed: x509.Certificate) -> None:
    with alone_in(path.absolute().parent):
        if path.read_text("ascii") != renewed_from:
            raise CertificateUnfit("another was put in its place meanwhile")
        write_durably(path, pem(renewed).encode())

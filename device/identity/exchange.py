"""One question to the clinic over HTTPS, with bounds on its answer's size and time."""

import ssl
import time

import httpx

from contract.enrolment import MAX_ENROLMENT_BYTES
from device.identity.errors import ExchangeFailed

_TIMEOUT = httpx.Timeout(10.0, connect=5.0)
_LONGEST_S = 30.0
_LATER = frozenset({408, 425, 429})  # RFC 9110, 8470, 6585: the same request may be taken later
_MOST_WORDS = 200


def unverified_context() -> ssl.SSLContext:
    """Return a TLS context that believes nobody: for the one exchange in which the authority itself is fetched."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def post(url: str, message: bytes, tls: ssl.SSLContext) -> bytes:
    """Send a message and return what the clinic answers: at most :data:`MAX_ENROLMENT_BYTES`.

    Redirections are not followed and proxies of the environment not used: it is the named host or nobody.

    Raises
    ------
    ExchangeFailed
        If the clinic gives no answer, refuses, or answers what is too long or too slow.
    """
    headers = {"Content-Type": "application/json", "Accept-Encoding": "identity"}  # what is bounded is what is read
    try:
        with (
            httpx.Client(verify=tls, timeout=_TIMEOUT, trust_env=False) as client,
            client.stream("POST", url, content=message, headers=headers) as response,
        ):
            answer = _bounded(response)
    except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
        raise ExchangeFailed(
            f"the clinic gave no answer ({str(error) or type(error).__name__})", refused=False
        ) from error
    if not response.is_success:
        refused = response.is_client_error and response.status_code not in _LATER
        raise ExchangeFailed(f"the clinic answered {response.status_code}: {_words(answer)}", refused=refused)
    return answer


def _bounded(response: httpx.Response) -> bytes:
    until_s = time.monotonic() + _LONGEST_S
    answer = b""
    for chunk in response.iter_raw():
        answer += chunk
        if len(answer) > MAX_ENROLMENT_BYTES:
            raise ExchangeFailed(f"the clinic's answer is longer than {MAX_ENROLMENT_BYTES} bytes", refused=False)
        if time.monotonic() > until_s:
            raise ExchangeFailed(f"the clinic's answer took longer than {_LONGEST_S:.0f} s", refused=False)
    return answer


def _words(answer: bytes) -> str:
    """Return what can be shown of a text from an unproven sender: no control characters, not long."""
    text = answer.decode("utf-8", "replace")[:_MOST_WORDS]
    return "".join(letter if letter.isprintable() else " " for letter in text).strip(" .") or "no reason given"

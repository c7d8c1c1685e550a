"""A clinician at the demonstration's pages: turned away as a stranger, then signed in and shown the patient."""

from __future__ import annotations

import secrets
from collections.abc import Mapping

import httpx

from device.demo.processes import DemoFailed

_WITHIN_S = 60.0  # a report's pictures are aligned while it is asked for


def look(link: str, pages: Mapping[str, str]) -> list[str]:
    """Look at pages before and after a clinician signs in, and return what is wrong, a sentence each.

    Parameters
    ----------
    link
        The account's one-time link; used up here, with a password that nobody learns.
    pages
        Addresses, and what each must say once somebody is signed in.

    Raises
    ------
    DemoFailed
        If the clinic's pages do not answer, or the link sets no password.
    """
    try:
        with httpx.Client(timeout=_WITHIN_S, trust_env=False) as browser:
            before = {address: browser.get(address) for address in pages}
            browser.post(link, json={"password": secrets.token_urlsafe(24)}).raise_for_status()
            after = {address: browser.get(address) for address in pages}
    except httpx.HTTPError as error:
        raise DemoFailed(f"The clinic's pages could not be looked at: {error}") from error
    leaked = [
        f"{address} is shown to a stranger." for address, answer in before.items() if not _leads_to_sign_in(answer)
    ]
    missing = [
        f"{address} does not show {pages[address]!r} (status {answer.status_code})."
        for address, answer in after.items()
        if answer.status_code != httpx.codes.OK or pages[address] not in answer.text
    ]
    return leaked + missing


def _leads_to_sign_in(answer: httpx.Response) -> bool:
    return answer.status_code == httpx.codes.SEE_OTHER and answer.headers["location"].startswith("/sign-in")

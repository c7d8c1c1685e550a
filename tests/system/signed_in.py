"""Somebody signed in at a collector that runs: an account by the command line, a password by its one-time link."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
from click.testing import CliRunner
from playwright.sync_api import BrowserContext

from collector.commands.user import user
from collector.people.one_time_links import PATH
from collector.people.roles import Role
from device.demo.clinic import Clinic

PASSWORD = "nine grey herons wading"


def link_for(settings: Path, role: Role, name: str | None = None) -> str:
    """Add an account, and return its one-time link from the server's root on.

    Parameters
    ----------
    settings
        The collector's.
    role
        Of the account.
    name
        Of the account; by default the role's.
    """
    done = CliRunner().invoke(user, ["add", name or role.value, role.value, "--settings", str(settings)])
    assert done.exit_code == 0, done.output
    return PATH + done.output.partition(PATH)[2].split()[0]


@contextmanager
def signed_in(settings: Path, address: str, role: Role = Role.CLINICIAN) -> Iterator[httpx.Client]:
    """Give somebody who looks at a running collector's pages.

    Parameters
    ----------
    settings
        The collector's.
    address
        Of its pages.
    role
        Of a new account.
    """
    with httpx.Client(base_url=address, timeout=30.0, trust_env=False) as client:
        client.post(link_for(settings, role), json={"password": PASSWORD}).raise_for_status()
        yield client


def session_of(settings: Path, address: str, role: Role = Role.CLINICIAN) -> httpx.Cookies:
    """Return the session of somebody new; the parameters are those of :func:`signed_in`."""
    with signed_in(settings, address, role) as client:
        return client.cookies


def let_in(context: BrowserContext, session: httpx.Cookies, address: str) -> None:
    """Have somebody be signed in at a browser too.

    Parameters
    ----------
    context
        The browser's.
    session
        As :func:`session_of` returns it.
    address
        Of the pages.
    """
    context.add_cookies([{"name": name, "value": value, "url": address} for name, value in session.items()])


def pages_of(clinic: Clinic) -> tuple[Path, str]:
    """Return a demonstration's settings of the collector, and where its pages are."""
    return clinic.collector_settings, f"http://127.0.0.1:{clinic.ports.page}"

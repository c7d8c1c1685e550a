"""``trichoscope-collector user``: the accounts, for who looks after the collector's machine."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import click
from pydantic import TypeAdapter

from collector.commands.options import Fault, Identifier, settings_option
from collector.opening import CannotOpen, open_store
from collector.page.access.addresses import base_url
from collector.people.accounts import COMMAND_LINE, AccountRefused, Accounts
from collector.people.one_time_links import VALID, address, first_link
from collector.people.roles import Role
from collector.people.sessions import utc_now
from collector.settings import CollectorSettings
from collector.store.people import Account
from collector.store.store import Store
from collector.store.stored import StoreFailed
from contract import PersonCode
from groundwork.settings_file import SettingsFileError, read

_NAME = Identifier(
    "name",
    "code of a person",
    TypeAdapter(PersonCode),
    "use letters, digits, dots and hyphens, 32 at most, such as mk; never a person's name",
)
_ROLE = click.Choice([role.value for role in Role])
_HOURS = int(VALID.total_seconds() // 3600)


@click.group()
def user() -> None:
    """Accounts of the clinic's pages: add, list, give another role, close, reset, and the first administrator's."""


@user.command()
@click.argument("name", type=_NAME)
@click.argument("role", type=_ROLE)
@settings_option
def add(*, name: str, role: str, settings: Path) -> None:
    """Add an account NAME, a code, with a ROLE; its holder sets a password by the link that is shown."""
    with _opened(settings) as (store, known):
        _show_link(known, name, Accounts(store).add(COMMAND_LINE, name, Role(role)))


@user.command("list")
@settings_option
def list_(*, settings: Path) -> None:
    """Show all accounts."""
    with _opened(settings) as (store, _):
        found = Accounts(store).everyone()
    for account in found:
        click.echo(f"{account.name:32}  {account.role:13}  {_state(account)}")
    if not found:
        click.echo("there are no accounts; 'trichoscope-collector user first' makes the first administrator's")


@user.command("role")
@click.argument("name", type=_NAME)
@click.argument("role", type=_ROLE)
@settings_option
def change_role(*, name: str, role: str, settings: Path) -> None:
    """Give the account NAME another ROLE; its sessions end."""
    with _opened(settings) as (store, _):
        Accounts(store).change_role(COMMAND_LINE, name, Role(role))
    click.echo(f"{name} is {role} now")


@user.command()
@click.argument("name", type=_NAME)
@settings_option
def close(*, name: str, settings: Path) -> None:
    """Close the account NAME for good: sessions, links and tokens end, its entries in the audit trail stay."""
    with _opened(settings) as (store, _):
        Accounts(store).close(COMMAND_LINE, name)
    click.echo(f"{name} is closed")


@user.command()
@click.argument("name", type=_NAME)
@settings_option
def reset(*, name: str, settings: Path) -> None:
    """Take the password of NAME away and show a link for a new one; also where the account waits after wrong tries."""
    with _opened(settings) as (store, known):
        _show_link(known, name, Accounts(store).reset(COMMAND_LINE, name))


@user.command()
@settings_option
def first(*, settings: Path) -> None:
    """Show a link for the first administrator, where none can sign in yet."""
    with _opened(settings, new=True) as (store, known):
        link = first_link(store, base_url(known.page))
    if link is None:
        raise Fault(
            "There is an administrator already, who adds accounts on the page. If nobody knows the password any more,"
            " run 'trichoscope-collector user list' and 'user reset'."
        )
    click.echo(f"{link}\nfor the first administrator, once, for {_HOURS} hours")


@contextmanager
def _opened(settings: Path, *, new: bool = False) -> Iterator[tuple[Store, CollectorSettings]]:
    try:
        known = read(CollectorSettings, settings)
        with closing(open_store(known, new=new, bring_forward=False)) as store:
            yield store, known
    except (SettingsFileError, CannotOpen, AccountRefused) as error:
        raise Fault(str(error)) from error
    except StoreFailed as error:
        raise Fault(f"Nothing was changed: {error}. Check the disk or the database, and try again.") from error


def _show_link(settings: CollectorSettings, name: str, secret: str) -> None:
    link = address(base_url(settings.page), secret)
    click.echo(f"{link}\nfor {name}, once, for {_HOURS} hours: hand it over yourself")


def _state(account: Account) -> str:
    if account.closed_at is not None:
        return f"closed {account.closed_at:%Y-%m-%d}"
    if account.password_hash is None:
        return "no password yet"
    if account.locked_until is not None and account.locked_until > utc_now():
        return f"waits after wrong passwords until {account.locked_until:%H:%M} UTC"
    return "open"

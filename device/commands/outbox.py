"""``trichoscope outbox``: what has not reached the clinic, why, and a person's word on what the clinic refused."""

from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar
from uuid import UUID

import click

from device import clock
from device.commands.options import check_person, settings_option
from device.outbox import Event, Outbox, Remaining, Word, decide, room, send_again_since
from device.settings import DeviceSettings
from device.store import Store
from groundwork.settings_file import read

_MOST_LISTED = 200

_CommandT = TypeVar("_CommandT", bound=Callable[..., object])


@click.group(invoke_without_command=True)
@settings_option
@click.pass_context
def outbox(context: click.Context, settings_file: Path) -> None:
    """Show what has not reached the clinic, and decide on what it refused."""
    settings = read(DeviceSettings, settings_file)
    context.obj = settings
    if context.invoked_subcommand is None:
        with closing(Store(settings.state_folder)) as store:
            _show(Outbox(store), settings)


def _said_by(command: _CommandT) -> _CommandT:
    for option in (
        click.option("--note", required=True, help="Why; it is kept with your code and the time."),
        click.option("--by", required=True, callback=check_person, metavar="CODE", help="Code of who decides it."),
    ):
        command = option(command)
    return command


@outbox.command("send")
@click.argument("message_id", type=click.UUID)
@_said_by
@click.pass_obj
def send_again(settings: DeviceSettings, message_id: UUID, by: str, note: str) -> None:
    """Send a message again that the clinic refused, byte for byte as it was."""
    _decide(settings, message_id, Event.SENT_AGAIN, by, note)
    click.echo("It is sent again; the clinic's answer shows here.")


@outbox.command("withdraw")
@click.argument("message_id", type=click.UUID)
@_said_by
@click.pass_obj
def withdraw(settings: DeviceSettings, message_id: UUID, by: str, note: str) -> None:
    """Keep a message here for good that the clinic refused; nothing is deleted."""
    _decide(settings, message_id, Event.WITHDRAWN, by, note)
    click.echo("It stays on the instrument and is not sent.")


@outbox.command("resend")
@click.option(
    "--since",
    required=True,
    type=click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M"]),
    help="From when on, in UTC: 2026-11-01 or 2026-11-01T14:30.",
)
@_said_by
@click.pass_obj
def resend(settings: DeviceSettings, since: datetime, by: str, note: str) -> None:
    """Send again what the clinic confirmed since then, after it was restored from an older copy.

    What it still holds it keeps once and confirms again.
    """
    moment = since.replace(tzinfo=UTC)
    with closing(Store(settings.state_folder)) as store:
        sent = send_again_since(store, moment, Word(by, _checked(note), clock.now()))
    click.echo(f"{sent} messages, and the pictures since then, are sent again.")


def _decide(settings: DeviceSettings, message_id: UUID, event: Event, by: str, note: str) -> None:
    with closing(Store(settings.state_folder)) as store:
        decide(store, message_id, event, Word(by, _checked(note), clock.now()))


def _checked(note: str) -> str:
    if not 1 <= len(note.strip()) <= 300:
        raise click.BadParameter("a note has 1 to 300 characters.", param_hint="--note")
    return note.strip()


def _show(box: Outbox, settings: DeviceSettings) -> None:
    listed = 0
    for remaining in box.remaining():
        listed += 1
        if listed <= _MOST_LISTED:
            click.echo(_line(remaining))
    if listed > _MOST_LISTED:
        click.echo(f"and {listed - _MOST_LISTED} more")
    for picture in box.waiting_pictures(_MOST_LISTED):
        size_mb = picture.size_bytes / 1e6
        click.echo(f"picture {picture.sha256[:12]}, {size_mb:.1f} MB: {picture.trouble or 'waiting'}")
    counts = box.counts()
    left = room(box, settings.state_folder, settings.storage.keep_free_mb)
    click.echo(
        f"{counts.waiting_captures} captures, {counts.waiting_pictures} pictures, {counts.waiting_others} comparisons,"
        f" visits and reviews wait for the clinic; it refused {counts.refused_captures + counts.refused_others}."
    )
    if (oldest := box.oldest_waiting()) is not None:
        click.echo(f"The oldest waits since {oldest:%Y-%m-%d %H:%M} UTC.")
    click.echo(
        f"The disk takes about {left.captures} captures more before {settings.storage.keep_free_mb} MB are left, which"
        " stay free; nothing is deleted that the clinic has not confirmed."
    )


def _line(remaining: Remaining) -> str:
    where = f"{remaining.patient_code} visit {remaining.visit_number}"
    if remaining.site is not None:
        where += f" {remaining.site}"
    why = f": {remaining.reason}" if remaining.reason else ""
    return f"{remaining.message_id}  {remaining.channel:<8} {where}  {remaining.state}{why}"

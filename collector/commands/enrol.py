"""``trichoscope-collector enrol``."""

import re
from datetime import timedelta
from pathlib import Path

import click

from collector.broker import COLLECTOR_USER
from collector.commands.options import DEVICE, Fault, settings_option
from collector.identity import codes
from collector.identity.certificates import CertificateError, client_name
from collector.identity.codes import EnrolmentCodes
from collector.service import CODES
from collector.settings import CollectorSettings
from groundwork.settings_file import SettingsFileError, read

_UNITS = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1)}
_LONGEST = timedelta(days=7)


class _Span(click.ParamType[timedelta]):
    name = "time"

    def convert(self, value: str | timedelta, param: click.Parameter | None, ctx: click.Context | None) -> timedelta:
        if isinstance(value, timedelta):
            return value
        written = re.fullmatch(r"([1-9][0-9]{0,4})([mhd])", value)
        span = int(written[1]) * _UNITS[written[2]] if written else timedelta(0)
        if not timedelta(0) < span <= _LONGEST:
            self.fail(f"{value!r} is no time from 1m to 7d: write it like 60m, 8h or 2d", param, ctx)
        return span


@click.command()
@click.argument("device", type=DEVICE, required=False)
@settings_option
@click.option(
    "--valid-for", default="60m", show_default=True, type=_Span(), help="How long the code holds, 7d at most."
)
@click.option("--withdraw", is_flag=True, help="Take the device's code back.")
@click.option("--list", "show", is_flag=True, help="Show for whom there are codes, and until when; not the codes.")
def enrol(*, device: str | None, settings: Path, valid_for: timedelta, withdraw: bool, show: bool) -> None:
    """Give a one-time code with which DEVICE gets its certificate: 'trichoscope enrol' there asks for it."""
    if show == (device is not None) or (show and withdraw):
        raise Fault("Name the device to enrol, or give --list alone.")
    try:
        known = read(CollectorSettings, settings)
        kept = EnrolmentCodes(known.state_folder / CODES)
        if device is None:
            _show(kept)
        elif withdraw:
            click.echo(f"withdrawn: the code of {device}" if kept.withdraw(device) else f"there is no code of {device}")
        else:
            _give(kept, known, device, valid_for)
    except (SettingsFileError, CertificateError) as error:
        raise Fault(str(error)) from error
    except OSError as error:
        raise Fault(
            f"{error.filename or known.state_folder} cannot be used ({error.strerror}). Run this as the collector's own"
            " user."
        ) from error


def _give(kept: EnrolmentCodes, settings: CollectorSettings, device: str, valid_for: timedelta) -> None:
    if settings.enrolment is None:
        raise Fault("The collector enrols nobody: its settings have no [enrolment] table. Add it, and start it anew.")
    if client_name(device) == COLLECTOR_USER:
        raise Fault(f"{device!r} is the collector's own name at the broker: choose another for the device.")
    now = codes.now()
    code, replaced = kept.give(device, valid_for, now)
    if replaced:
        click.echo(f"the code that {device} had holds no more")
    click.echo(f"{code}  for {device}, once, until {now + valid_for:%Y-%m-%d %H:%M} UTC")


def _show(kept: EnrolmentCodes) -> None:
    found = kept.open(codes.now())
    for code in found:
        used = "used" if code.certificate else "not used yet"
        click.echo(f"{code.device_id}  until {code.expires_at:%Y-%m-%d %H:%M} UTC, {used}")
    if not found:
        click.echo("there are no codes")

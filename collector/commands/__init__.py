"""``trichoscope-collector``: one module a command."""

import click

from collector.commands.backup import backup
from collector.commands.broker import write_broker
from collector.commands.certificates import certificates
from collector.commands.check import check
from collector.commands.enrol import enrol
from collector.commands.erase import erase
from collector.commands.expect import expect
from collector.commands.export import export
from collector.commands.migrate import migrate
from collector.commands.report import report
from collector.commands.restore import restore
from collector.commands.revoke import revoke
from collector.commands.run import run
from collector.commands.send import send
from collector.commands.study import study
from collector.commands.user import user


@click.group()
@click.version_option(package_name="trichoscope")
def main() -> None:
    """Take in what instruments send, keep it, and show it: the clinic's service."""


for command in (
    run,
    user,
    study,
    expect,
    report,
    export,
    send,
    backup,
    restore,
    check,
    migrate,
    erase,
    certificates,
    write_broker,
    enrol,
    revoke,
):
    main.add_command(command)

"""``trichoscope-collector``: one module a command."""

import click

from collector.commands.broker import write_broker
from collector.commands.certificates import certificates
from collector.commands.enrol import enrol
from collector.commands.erase import erase
from collector.commands.expect import expect
from collector.commands.report import report
from collector.commands.revoke import revoke
from collector.commands.run import run
from collector.commands.user import user


@click.group()
@click.version_option(package_name="trichoscope")
def main() -> None:
    """Take in what instruments send, keep it, and show it: the clinic's service."""


for command in (run, report, expect, erase, certificates, write_broker, enrol, revoke, user):
    main.add_command(command)

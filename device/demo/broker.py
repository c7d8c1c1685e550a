"""The broker of the demonstration: mosquitto, or an embedded one where no mosquitto can be had.

iotcore carries rumqttd in a wheel. As built there it cannot ask for client certificates and knows no access list, so it
listens on this machine only and is for looking; a clinic's broker is mosquitto.
"""

import importlib.util
import os
import shutil
import sys
from pathlib import Path

from device.demo.processes import DemoFailed

# Keys are rumqttd's; the payload's bound is above the contract's.
_IOTCORE = """\
id = 0

[router]
id = 0
max_connections = 100
max_outgoing_packet_count = 200
max_segment_size = 104857600
max_segment_count = 10

[v5.1]
name = "trichoscope"
listen = "127.0.0.1:{port}"
next_connection_delay_ms = 1

[v5.1.tls]
capath = "{certificates}/authority.crt"
certpath = "{certificates}/server.crt"
keypath = "{certificates}/server.key"

[v5.1.connections]
connection_timeout_ms = 60000
max_payload_size = 4194304
max_inflight_count = 200
dynamic_filters = true
"""


KINDS = ("mosquitto", "iotcore")


def installed() -> list[str]:
    """Return the kinds of broker that are installed, the better one first.

    Raises
    ------
    DemoFailed
        If none is.
    """
    there = {"mosquitto": mosquitto() is not None, "iotcore": importlib.util.find_spec("iotcore") is not None}
    kinds = [kind for kind in KINDS if there[kind]]
    if not kinds:
        raise DemoFailed("There is no MQTT broker here. Install mosquitto (apt-get install mosquitto) and try again.")
    return kinds


def mosquitto() -> str | None:
    """Return the path of mosquitto; Debian puts it where a user's PATH does not look."""
    return shutil.which("mosquitto", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")


def iotcore_command(folder: Path, certificates: Path, port: int) -> list[str]:
    """Write iotcore's settings into ``folder`` and return the command that runs it."""
    settings = folder / "rumqttd.toml"
    settings.write_text(_IOTCORE.format(port=port, certificates=certificates), encoding="utf-8")
    return [sys.executable, "-m", "iotcore", "--config", str(settings)]

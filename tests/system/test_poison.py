"""Messages that are legal and odd, through the real broker: none stops the clinic's intake for others."""

import sqlite3
import time
from contextlib import closing

import httpx
import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from contract import Channel, Topic
from device.demo.clinic import CLINIC, DEVICE, Clinic
from device.store import Store
from groundwork.client_tls import client_context
from tests.system.test_delivery import MakeClinic, await_empty_outbox, keep
from tests.system.test_device_delivery import WITHIN_S, await_true


def publish(clinic: Clinic, channel: Channel, odd: dict[str, object], *, retain: bool) -> None:
    """Publish rubbish with odd properties in the device's name."""
    folder = clinic.folder / "certificates"
    tls = client_context(folder / "authority.crt", folder / f"{DEVICE}.crt", folder / f"{DEVICE}.key")
    client = mqtt.Client(CallbackAPIVersion.VERSION2, protocol=mqtt.MQTTv5)
    client.tls_set_context(tls)
    client.connect("127.0.0.1", clinic.ports.broker)
    client.loop_start()
    properties = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]  # paho leaves it untyped
    for name, value in odd.items():
        setattr(properties, name, value)
    sent = client.publish(str(Topic(CLINIC, DEVICE, channel)), b"odd", qos=1, retain=retain, properties=properties)
    sent.wait_for_publish(WITHIN_S)
    client.disconnect()
    client.loop_stop()


def is_connected(clinic: Clinic) -> bool:
    """Say whether the collector takes messages in, by its own word."""
    return httpx.get(f"http://127.0.0.1:{clinic.ports.page}/healthz", trust_env=False).status_code == httpx.codes.OK


@pytest.mark.parametrize(
    ("odd", "retain"),
    [
        ({"UserProperty": ("a", "\ufeff")}, False),
        ({"UserProperty": ("\ufeffb" * 900, "")}, True),
        ({"ContentType": "\ufeff", "CorrelationData": bytes(60_000)}, False),
        ({"ResponseTopic": "a\ufeffb"}, False),
    ],
    ids=["user property", "retained", "content type", "response topic"],
)
def test_an_odd_message_stops_nobody_s_figures(make_clinic: MakeClinic, odd: dict[str, object], retain: bool) -> None:
    """Breaks when one message that paho will not read ends each connection of the collector, for ever."""
    clinic = make_clinic("mosquitto")
    with clinic.broker(), clinic.collector(), closing(Store(clinic.folder / "device")) as store:
        # Until its first subscription the broker keeps nothing for the collector; a device would send again.
        await_true(lambda: is_connected(clinic), "the collector has subscribed")
        publish(clinic, Channel.STATUS if retain else Channel.CAPTURE, odd, retain=retain)
        database = clinic.folder / "collector" / "collector.sqlite3"

        def is_quarantined() -> bool:
            with closing(sqlite3.connect(database)) as there:
                (count,) = there.execute("SELECT count(*) FROM quarantine").fetchone()
            return bool(count)

        await_true(is_quarantined, "the odd message is in quarantine")
        keep(store, 1)
        time.sleep(0.1)
        with clinic.device():
            await_empty_outbox(store, within_s=30)

"""What has still to reach the clinic, and what the clinic and people said of it."""

from device.outbox.decisions import Word, decide, release, send_again_since
from device.outbox.outbox import CHANNELS, Counts, Outbox, Remaining, Waiting, WaitingPicture
from device.outbox.room import NoRoom, Room, refuse_without_room, room
from device.outbox.states import Event, State
from device.outbox.words import warnings

__all__ = [
    "CHANNELS",
    "Counts",
    "Event",
    "NoRoom",
    "Outbox",
    "Remaining",
    "Room",
    "State",
    "Waiting",
    "WaitingPicture",
    "Word",
    "decide",
    "refuse_without_room",
    "release",
    "room",
    "send_again_since",
    "warnings",
]

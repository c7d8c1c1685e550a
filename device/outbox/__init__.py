"""What has still to reach the clinic, and what the clinic said of it."""

from device.outbox.outbox import CHANNELS, Counts, Outbox, Waiting, WaitingPicture

__all__ = ["CHANNELS", "Counts", "Outbox", "Waiting", "WaitingPicture"]

"""Who the instrument is to the clinic: its key, its certificate and the clinic's authority, enrolled and renewed."""

from device.identity.errors import EnrolmentFailed
from device.identity.expiry import expiry

__all__ = ["EnrolmentFailed", "expiry"]

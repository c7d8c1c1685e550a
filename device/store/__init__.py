"""The instrument's memory: captures, comparisons and visits, whole or not there, with the captures' pictures."""

from device.store.store import MessageTooLong, NoSuchCapture, Store, StoreUnusable

__all__ = ["MessageTooLong", "NoSuchCapture", "Store", "StoreUnusable"]

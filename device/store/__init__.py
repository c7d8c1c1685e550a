"""The instrument's memory: captures, comparisons and visits, whole or not there, with the captures' pictures."""

from device.store.pictures import PictureDamaged
from device.store.sealing import NotAsSealed, PictureKeyUnusable
from device.store.store import MessageTooLong, NoSuchMessage, Store, StoreUnusable

__all__ = [
    "MessageTooLong",
    "NoSuchMessage",
    "NotAsSealed",
    "PictureDamaged",
    "PictureKeyUnusable",
    "Store",
    "StoreUnusable",
]

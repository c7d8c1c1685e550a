"""The instrument's memory: what is to reach the clinic and the captures' pictures, whole or not there."""

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

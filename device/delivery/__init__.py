"""The way of what was kept to the clinic: figures by MQTT, pictures by HTTPS beside them."""

from device.delivery.figures import Delivery
from device.delivery.pictures import PictureDelivery

__all__ = ["Delivery", "PictureDelivery"]

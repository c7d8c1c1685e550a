"""The demonstration: the whole way from a simulated camera to the clinic's page, on this machine, in real processes."""

from device.demo.clinic import Ports
from device.demo.processes import DemoFailed
from device.demo.visit import demonstrate

__all__ = ["DemoFailed", "Ports", "demonstrate"]

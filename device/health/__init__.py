"""How the instrument fares: named checks, each with a word, a sentence, and what a person does about it."""

from device.health.check import Check, State
from device.health.looking import checks, worst

__all__ = ["Check", "State", "checks", "worst"]

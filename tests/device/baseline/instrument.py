"""An instrument with a store, and a clinic behind it that answers as the test wishes."""

import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from contract import BaselineAnswer, BaselineAsk, Capture
from device import clock
from device.baseline import Asks
from device.settings import DeviceSettings
from device.store import Store
from tests import examples

PATIENT, SITE = "P-0042", "frontal"


def settings(folder: Path, answer_within_s: float = 0.2) -> DeviceSettings:
    """Return the settings of an instrument whose clinic is nowhere."""
    nowhere = folder / "none"
    return DeviceSettings.model_validate(
        {
            "clinic_id": "riverside",
            "device_id": "chair-1",
            "state_folder": folder / "state",
            "camera": {"kind": "simulated", "seed": 1, "um_per_px": 5.3},
            "lens": {"name": "lens 7", "nominal_um_per_px": 5.3},
            "baseline": {"answer_within_s": answer_within_s},
            "broker": {"host": "127.0.0.1", "authority": nowhere, "certificate": nowhere, "key": nowhere},
            "pictures": {"url": "https://127.0.0.1"},
        }
    )


def keep(store: Store, visit_number: int, **changes: object) -> Capture:
    """Keep one capture of the site."""
    example = examples.capture(visit_number=visit_number, **changes)
    return store.keep(
        example.picture, examples.PICTURE_BYTES, lambda sequence: example.model_copy(update={"sequence": sequence})
    )


@contextmanager
def answering(
    store: Store, answer: Callable[[BaselineAsk], BaselineAnswer | str | None]
) -> Iterator[list[BaselineAsk]]:
    """Do what the delivery does with asks: record the clinic's answers, or why none will come. Gives what was asked."""
    stop, asked = threading.Event(), list[BaselineAsk]()

    def deliver() -> None:
        with closing(Store(store.folder, store.pictures.key_file)) as own:
            while not stop.wait(0.005):
                for pending in Asks(own).pending(clock.now()):
                    ask = BaselineAsk.model_validate_json(pending.payload)
                    if ask in asked:
                        continue
                    asked.append(ask)
                    match answer(ask):
                        case BaselineAnswer() as answered:
                            Asks(own).record_answer(answered)
                        case str(trouble):
                            Asks(own).give_up(ask.message_id, trouble)

    thread = threading.Thread(target=deliver)
    thread.start()
    try:
        yield asked
    finally:
        stop.set()
        thread.join()


def answer_with(baseline: Capture) -> Callable[[BaselineAsk], BaselineAnswer]:
    """Return a clinic that knows one baseline."""
    return lambda ask: BaselineAnswer(message_id=ask.message_id, answered_at=clock.now(), baseline=baseline)


def answer_later(ask: BaselineAsk) -> BaselineAnswer:
    """Answer that the clinic cannot tell at the moment."""
    trouble = "The clinic's store cannot be read at the moment."
    return BaselineAnswer(message_id=ask.message_id, answered_at=clock.now(), reason=trouble, passing=True)


def answer_none(ask: BaselineAsk) -> BaselineAnswer:
    """Answer that there is no baseline."""
    return BaselineAnswer(message_id=ask.message_id, answered_at=clock.now(), reason="The clinic has none.")

"""Whatever one side may write, the other reads as it was meant, and writes again in the same bytes."""

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

from tests.contract import strategies
from tests.contract.models import MODELS, with_more

LARGE = settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])


@pytest.mark.parametrize("model", MODELS)
@LARGE
@given(data=st.data())
def test_a_message_comes_back_as_it_was_sent(model: type[BaseModel], data: st.DataObject) -> None:
    """Breaks when a value that is allowed is lost or changed on its way, or is written differently the second time."""
    sent: Any = data.draw(strategies.message(model))
    payload = sent.encode()
    read: Any = model.model_validate_json(payload)
    assert read == sent
    assert read.encode() == payload


@pytest.mark.parametrize("model", MODELS)
@LARGE
@given(data=st.data())
def test_fields_of_a_later_release_are_passed_over_at_every_level(model: type[BaseModel], data: st.DataObject) -> None:
    """Breaks when a reader of this release refuses, or takes another meaning from, what a later one added."""
    sent: Any = data.draw(strategies.message(model))
    later = with_more(json.loads(sent.encode()))
    assert model.model_validate_json(json.dumps(later)) == sent

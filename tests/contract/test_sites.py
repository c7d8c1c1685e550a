"""Sites: one spelling a place, its side in its key alone, nothing off the scalp."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from contract import (
    DONOR_CONTROL,
    PROTOCOL,
    Capture,
    MarkKind,
    Place,
    Side,
    Site,
    SiteKey,
    landmark_key,
    place_of,
    side_of,
    site_name,
)
from contract.sites import MAX_BEHIND_GLABELLA_MM, MAX_BESIDE_MIDLINE_MM, MIN_BEHIND_GLABELLA_MM
from tests import examples

KEY: TypeAdapter[str] = TypeAdapter(SiteKey)
PLACES = st.builds(
    Place,
    st.integers(MIN_BEHIND_GLABELLA_MM, MAX_BEHIND_GLABELLA_MM),
    st.integers(-MAX_BESIDE_MIDLINE_MM, MAX_BESIDE_MIDLINE_MM),
)


@given(PLACES)
def test_a_place_and_its_key_are_one(place: Place) -> None:
    """Breaks when a place has two spellings, or a key two places: a series would part, or two be mixed."""
    key = landmark_key(place)
    assert KEY.validate_python(key) == key
    assert place_of(key) == place
    assert examples.capture(site=key).site == key


@given(PLACES)
def test_the_side_is_the_sign_of_the_distance(place: Place) -> None:
    """Breaks when a key can say one side and lie on the other."""
    key = landmark_key(place)
    mirrored = landmark_key(Place(place.behind_glabella_mm, -place.right_mm))
    sides = {Side.LEFT: Side.RIGHT, Side.RIGHT: Side.LEFT, Side.MIDLINE: Side.MIDLINE}
    assert side_of(mirrored) is sides[side_of(key)]
    assert ("left" in site_name(key)) == (place.right_mm < 0)
    assert ("right" in site_name(key)) == (place.right_mm > 0)


@given(st.text(max_size=20) | st.from_regex(r"g[0-9]{1,4}-[lrm][0-9]{0,4}", fullmatch=True))
def test_what_is_taken_for_a_site_is_its_one_spelling(text: str) -> None:
    """Breaks when a slip of the keyboard makes a new site, or raises another error than a refusal."""
    try:
        key = KEY.validate_python(text)
    except ValidationError:
        return
    assert key in set(Site) or landmark_key(place_of(key)) == key


@pytest.mark.parametrize(
    "key",
    [
        "crown",
        "Vertex",
        "g120-l0",
        "g120-r0",
        "g120-m",
        "g120-m5",
        "g120-l035",
        "g0120-l35",
        "g120-35",
        "g120-l35\n",
        " g120-l35",
        "g120-l-35",
        "g120-l3.5",
        "g12\uff10-m0",
        "g29-m0",
        "g421-m0",
        "g120-l161",
        "g120-r999",
    ],
)
def test_what_is_no_site_is_refused(key: str) -> None:
    """Breaks when a name, another spelling, or a place off the scalp begins a series."""
    with pytest.raises(ValidationError):
        examples.capture(site=key)


def test_every_controlled_site_has_a_place_on_its_side() -> None:
    """Breaks when a head map cannot draw a site, or draws it on the other side."""
    assert {side_of(site) for site in (Site.FRONTAL, Site.MID_SCALP, Site.VERTEX, Site.OCCIPITAL)} == {Side.MIDLINE}
    assert side_of(Site.TEMPORAL_LEFT) is Side.LEFT
    assert side_of(Site.TEMPORAL_RIGHT) is Side.RIGHT
    left, right = place_of(Site.TEMPORAL_LEFT), place_of(Site.TEMPORAL_RIGHT)
    assert (left.behind_glabella_mm, left.right_mm) == (right.behind_glabella_mm, -right.right_mm)
    along = [place_of(site).behind_glabella_mm for site in PROTOCOL[:4]]
    assert along == sorted(along)
    assert all(KEY.validate_python(landmark_key(place_of(site))) for site in Site)


def test_sites_are_named_with_the_patient_s_side() -> None:
    """Breaks when a technician is told left, and not whose."""
    assert [site_name(site) for site in PROTOCOL] == [
        "frontal",
        "mid-scalp",
        "vertex",
        "occipital (donor control)",
        "temporal, patient's left",
        "temporal, patient's right",
    ]
    assert site_name("g120-l35") == "120 mm behind the glabella, 35 mm to the patient's left"
    assert site_name("g120-m0") == "120 mm behind the glabella, on the midline"
    assert DONOR_CONTROL in PROTOCOL


def test_a_message_of_the_first_release_is_read() -> None:
    """Breaks when captures of the controlled list, which said nothing of a mark, can no longer be read."""
    for site in PROTOCOL:
        old = json.loads(examples.capture(site=site).encode())
        assert old.pop("mark") is None
        read = Capture.model_validate_json(json.dumps(old))
        assert (read.site, read.mark) == (site, None)


@pytest.mark.parametrize("mark", list(MarkKind))
def test_the_mark_survives_the_wire(mark: MarkKind) -> None:
    """Breaks when the clinic cannot tell a site without a mark from one of which nothing was said."""
    assert Capture.model_validate_json(examples.capture(mark=mark).encode()).mark is mark

"""What of a visit's protocol is there, what is missing, and how that is said."""

from collections.abc import Collection, Sequence

from contract import DONOR_CONTROL, Capture, SiteKey, Verdict, Visit, site_name


def counts(capture: Capture) -> bool:
    """Say whether a capture counts: the gate let it through, or a person did."""
    return capture.quality.verdict is not Verdict.REFUSE or capture.quality.forced is not None


def refused_only(captures: Sequence[Capture]) -> frozenset[SiteKey]:
    """Return the sites of which all captures were refused by the gate, and released by nobody."""
    counting = {capture.site for capture in captures if counts(capture)}
    return frozenset({capture.site for capture in captures} - counting)


def sentences(visit: Visit, captures: Sequence[Capture], taken_before: Collection[SiteKey] = ()) -> tuple[str, ...]:
    """Say what is missing of a visit and what was left out; one sentence says so where nothing is.

    Parameters
    ----------
    visit
        The visit as it stands.
    captures
        Its captures, those that the gate refused among them.
    taken_before
        Sites of the patient's earlier visits: a series that the protocol does not know is not to break unnoticed.
    """
    refused = refused_only(captures)
    said = [
        f"Missing: {site_name(site)} - taken, but refused by the gate; take it again or release it."
        if site in refused
        else f"Missing: {site_name(site)}."
        for site in visit.missing
    ]
    said += [f"Left out: {site_name(skip.site)} - {skip.reason}" for skip in visit.skipped]
    beside = sorted(set(taken_before) - set(visit.protocol) - set(visit.taken))
    said += [f"Taken at an earlier visit and not at this one: {site} ({site_name(site)})." for site in beside]
    if not said:
        return ("All sites of the protocol are taken.",)
    if DONOR_CONTROL not in visit.taken:
        said.append(
            "Without the donor control, a change at this visit cannot be told from one of the instrument: take it"
            " before the patient leaves."
        )
    return tuple(said)

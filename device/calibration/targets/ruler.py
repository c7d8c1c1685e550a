"""Finding the marks of a stage micrometer: their direction, rows in which they are evenly spaced, their middles.

Of the three lengths of marks the picture may tell the short ones apart or not: 10 um are 2 px of a usual scale.
Rows are grouped by the spacing they show, and the finest spacing that is told apart is used.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from device.calibration.certificate import StageMicrometer
from device.calibration.targets.corners import edge_sigma_of
from device.calibration.targets.light import Picture, Plane, light_of
from device.calibration.targets.points import Places, RulerMarks
from device.calibration.targets.refusals import AnotherTarget, HalfOutOfView, NoTarget, TooBlurred, WrongPitch

_LEAST_DARKNESS = 0.06
_LEAST_COHERENCE = 0.4
_LEAST_GAP_PX = 5.0
_LEAST_MARKS, _LEAST_ROWS = 6, 5
_ROW_STEP = 4
_SPACING_TOLERANCE, _PITCH_TOLERANCE = 0.15, 0.05
_LEAST_SHARE = 0.6
_LEAST_EVEN = 0.6
_DEEPEST_VALLEY = 0.8
_TUKEY = 4.685
_WINDOW_UM = 800.0
_COARSE_UM_PER_PX = 5.5
_MOST_MISSING = 3


def find_ruler(picture: Picture, certificate: StageMicrometer, nominal_um_per_px: float) -> RulerMarks:
    """Find the marks of a certified stage micrometer, lying at any angle.

    Turned by 180 degrees it looks the same and is read alike; so does its back.

    Parameters
    ----------
    picture : ndarray, shape (rows, columns) or (rows, columns, 3)
        uint8, sRGB-coded, or float32, linear, 0 to 1.
    certificate : StageMicrometer
    nominal_um_per_px : float
        Of the optics: what the marks' spacing has to agree with, within 5 %.

    Raises
    ------
    TargetRefused
        One of its children, with the reason: no target, another target, wrong pitch, half out of view, saturated, too
        dark, too blurred.
    """
    light = light_of(picture)
    darkness = _darkness(light)
    axis, place = _where(darkness, nominal_um_per_px)
    sigma = edge_sigma_of(_about(light, place))
    half_px = round(1200 * certificate.major_mm / nominal_um_per_px) + 60
    straight, origin, level = _straightened(darkness, axis, place, half_px)
    spacing_um, rows = _rows_to_read(straight, level, certificate, nominal_um_per_px, sigma)
    axis = _squared(straight, rows, level, axis, spacing_um / nominal_um_per_px)
    straight, origin, level = _straightened(darkness, axis, place, half_px)
    spacing_um, rows = _rows_to_read(straight, level, certificate, nominal_um_per_px, sigma)
    along_px, number = _marks(straight[rows].mean(axis=0), level, spacing_um / nominal_um_per_px)
    gap_px = float(np.polyfit(number, along_px, 1)[0]) if len(number) >= _LEAST_MARKS else 0.0
    _require_view(along_px, gap_px, spacing_um, certificate, light)
    if abs(spacing_um / gap_px / nominal_um_per_px - 1) > _PITCH_TOLERANCE:
        raise WrongPitch(
            f"By certificate {certificate.certificate_id} the scale would be {spacing_um / gap_px:.3f} "
            "um/px, and the lens "
            f"has {nominal_um_per_px:.3f}: lay down the ruler that the certificate is of, and check lens and distance."
        )
    down = np.array([-axis[1], axis[0]])
    return RulerMarks(
        points_px=origin + along_px[:, None] * axis + float(np.mean(rows)) * down,
        along_mm=(number - number[0]) * spacing_um / 1000,
        relative_pitch_sd=certificate.division_sd_um / certificate.division_um,
        certificate_id=certificate.certificate_id,
        spacing_um=spacing_um,
    )


def _darkness(light: Plane) -> Plane:
    """Share of the ground's light that is missing, shape (rows, columns)."""
    brightest = cv2.dilate(cv2.GaussianBlur(light, (0, 0), 1.0), np.ones((41, 41), np.uint8))
    ground = cv2.blur(brightest, (41, 41))
    return np.asarray(1 - light / np.maximum(ground, 1e-4), np.float32)


def _where(darkness: Plane, nominal_um_per_px: float) -> tuple[Places, Places]:
    """Direction across the marks, shape (2,); and the place about which most edges run alike, shape (2,).

    Steep edges count no more than others: a smear is darker than fine marks, and they are many.
    """
    # fine sensors see the marks well enough at half their size
    shrink = max(1, int(_COARSE_UM_PER_PX / nominal_um_per_px))
    small = cv2.resize(darkness, None, fx=1 / shrink, fy=1 / shrink, interpolation=cv2.INTER_AREA)
    smooth = cv2.GaussianBlur(small, (0, 0), 1.0)
    if float(np.quantile(smooth[::2, ::2], 0.9985)) - float(np.median(smooth[::4, ::4])) < _LEAST_DARKNESS:
        raise NoTarget("No dark marks are in view: lay the ruler under the camera and focus on it.")
    right, down = cv2.Sobel(smooth, cv2.CV_32F, 1, 0), cv2.Sobel(smooth, cv2.CV_32F, 0, 1)
    steep = cv2.magnitude(right, down)
    noise = float(np.median(steep[::4, ::4]))
    enough = float(np.clip(0.3 * np.quantile(steep[::2, ::2], 0.999), 4 * noise, None))
    counted = np.where(steep > 0.5 * enough, np.minimum(steep, enough), 0) / np.maximum(steep, 1e-9) ** 2
    side = max(9, round(_WINDOW_UM / nominal_um_per_px / shrink))
    # doubled angles: both sides of a mark agree, and what stands square to it speaks against
    cosine, sine, all_ = (
        cv2.blur(plane, (side, side), borderType=cv2.BORDER_CONSTANT)
        for plane in ((right * right - down * down) * counted, 2 * right * down * counted, steep * steep * counted)
    )
    alike = cv2.magnitude(cosine, sine)
    row, column = np.unravel_index(int(np.argmax(alike)), alike.shape)
    if alike[row, column] < _LEAST_COHERENCE * all_[row, column]:
        raise AnotherTarget("What is in view is no ruler, its edges run all ways: lay down the stage micrometer.")
    angle = 0.5 * np.arctan2(sine[row, column], cosine[row, column])
    place = (np.array([column, row]) + 0.5) * shrink - 0.5
    return np.array([np.cos(angle), np.sin(angle)]), np.asarray(place, float)


def _straightened(darkness: Plane, axis: Places, place: Places, half_px: int) -> tuple[Plane, Places, float]:
    """Turn a band of the picture so that the ruler runs along rows; its origin; and what is darker is a mark."""
    height, width = darkness.shape
    side = int(np.ceil(np.hypot(height, width)))
    down = np.array([-axis[1], axis[0]])
    middle = np.array([width - 1, height - 1]) / 2
    # as long as the picture's diagonal, about the ruler's own row
    origin = middle - (side - 1) / 2 * axis + float((place - middle) @ down - half_px) * down
    turned = cv2.warpAffine(
        darkness,
        np.column_stack([axis, down, origin]),
        (side, 2 * half_px + 1),
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
    )
    # along the marks, so that specks fade and marks do not
    straight = np.asarray(cv2.blur(turned, (1, 15)), np.float32)
    marks = _about(straight, (place - origin) @ np.column_stack([axis, down]))
    noise = float(np.median(np.abs(np.diff(straight[::8, ::2], axis=1))))
    return straight, origin, max(0.45 * float(np.quantile(marks, 0.92)), 6 * noise)


def _about(plane: Plane, place: Places) -> Plane:
    column, row = np.rint(place).astype(int)
    return plane[max(row - 60, 0) : row + 61, max(column - 60, 0) : column + 61]


def _rows_to_read(
    straight: Plane, level: float, certificate: StageMicrometer, nominal_um_per_px: float, sigma_px: float
) -> tuple[float, NDArray[np.int64]]:
    """Find the finest spacing that rows show, in um, and those rows."""
    gaps, uneven = {}, 0
    for row in range(0, len(straight), _ROW_STEP):
        peaks = _peaks(straight[row], level)
        if len(peaks) >= _LEAST_MARKS:
            steps = np.diff(peaks)
            gap = float(np.median(steps))
            off = np.abs(steps / gap - np.rint(steps / gap))
            if gap >= _LEAST_GAP_PX and np.mean(off < 0.2) >= _LEAST_EVEN:
                gaps[row] = gap
            else:
                uneven += 1
    division_px = certificate.division_um / nominal_um_per_px
    for every in sorted({1, certificate.medium_every, certificate.major_every}):
        rows = [row for row, gap in gaps.items() if abs(gap / (every * division_px) - 1) < _SPACING_TOLERANCE]
        if len(rows) >= _LEAST_ROWS:
            return every * certificate.division_um, np.array(rows)
        if division_px > max(2 * _LEAST_GAP_PX, 5 * sigma_px):
            break  # the divisions would be seen
    seen = np.array(list(gaps.values()))
    alike = (np.abs(seen[:, None] / seen - 1) < _SPACING_TOLERANCE).sum(axis=1)
    if alike.max(initial=0) >= max(2 * _LEAST_ROWS, 0.3 * len(seen)):
        usual = float(seen[alike.argmax()])
        raise WrongPitch(
            f"Marks are {usual:.1f} px apart, and by certificate {certificate.certificate_id} and the lens "
            f"they would be {division_px:.1f}: lay down the ruler that the certificate is of, and check "
            "lens and distance."
        )
    if not gaps and sigma_px > _LEAST_GAP_PX - 1.5:
        raise TooBlurred(
            "No mark can be told from the next, for blur: focus on the ruler, then take the picture again."
        )
    if uneven + len(gaps) >= _LEAST_ROWS:
        raise AnotherTarget(
            "What is in view is no ruler, nothing in it is evenly spaced: lay down the stage micrometer, clean."
        )
    raise HalfOutOfView(
        f"Fewer than {_LEAST_MARKS} marks of the ruler are seen: move it until it runs across the picture's middle."
    )


def _peaks(profile: NDArray[np.float32], level: float) -> NDArray[np.int64]:
    """Where marks may be: darkest places, between which it gets lighter by a fifth of the paler one at least."""
    middle = profile[1:-1]
    tops = 1 + np.flatnonzero((middle > level) & (middle >= profile[:-2]) & (middle > profile[2:]))
    if len(tops) < 2:
        return tops
    valleys = np.minimum.reduceat(profile, tops)[:-1]
    kept, valley = [int(tops[0])], np.inf
    for top, before in zip(tops[1:], valleys, strict=True):
        valley = min(valley, float(before))
        if valley <= _DEEPEST_VALLEY * min(profile[kept[-1]], profile[top]):
            kept.append(int(top))
            valley = np.inf
        elif profile[top] > profile[kept[-1]]:
            kept[-1], valley = int(top), np.inf
    return np.array(kept, np.int64)


def _marks(profile: NDArray[np.float32], level: float, gap_px: float) -> tuple[Places, NDArray[np.int64]]:
    """Middles of the marks along a mean of rows, and their numbers; what is not evenly spaced is left out."""
    peaks = _peaks(profile, level)
    half = max(2, int(0.45 * gap_px))
    peaks = peaks[(peaks > half) & (peaks < len(profile) - half - 1)]
    if len(peaks) < _LEAST_MARKS:
        return np.zeros(0), np.zeros(0, np.int64)
    window = profile[peaks[:, None] + np.arange(-half, half + 1)].astype(float)
    # the least of either side is the ground there
    ground = np.maximum(window[:, : half + 1].min(axis=1), window[:, half:].min(axis=1))
    weight = np.maximum(window - ground[:, None], 0)
    along = peaks + (weight * np.arange(-half, half + 1)).sum(axis=1) / np.maximum(weight.sum(axis=1), 1e-9)
    along, number = max((_chain(along, seed, gap_px) for seed in range(len(along))), key=lambda chain: len(chain[0]))
    keep = np.ones(len(along), bool)
    for _ in range(5):
        if keep.sum() < _LEAST_MARKS:
            break
        degree = 3 if keep.sum() >= 20 else 1
        off = along - np.polyval(np.polyfit(number[keep], along[keep], degree), number)
        keep = np.abs(off) < max(_TUKEY * 1.4826 * float(np.median(np.abs(off))), 0.05)
    return along[keep], number[keep]


def _chain(along: Places, seed: int, gap_px: float) -> tuple[Places, NDArray[np.int64]]:
    """Collect marks that follow one by one at even gaps from a first, over two missing at most."""
    chosen, numbers, gap = [seed], [0], gap_px
    for index in range(seed + 1, len(along)):
        passed = (along[index] - along[chosen[-1]]) / gap
        steps = round(passed)
        if steps > _MOST_MISSING:
            break
        if steps >= 1 and abs(passed - steps) < 0.15 + 0.1 * (len(chosen) == 1):
            gap += 0.3 * ((along[index] - along[chosen[-1]]) / steps - gap)
            chosen.append(index)
            numbers.append(numbers[-1] + steps)
    return along[chosen], np.array(numbers)


def _squared(straight: Plane, rows: NDArray[np.int64], level: float, axis: Places, gap_px: float) -> Places:
    """Turn the axis until marks stand square to it: by how far marks lean between the upper and the lower rows."""
    upper, lower = rows[: len(rows) // 2], rows[len(rows) // 2 :]
    (first, _), (second, _) = (_marks(straight[half].mean(axis=0), level, gap_px) for half in (upper, lower))
    if not len(first) or not len(second):
        return axis
    nearest = second[np.abs(first[:, None] - second).argmin(axis=1)] - first
    lean = float(np.median(nearest)) / float(lower.mean() - upper.mean())
    turned = axis - lean * np.array([-axis[1], axis[0]])
    return np.asarray(turned / np.hypot(*turned))


def _require_view(
    along_px: Places, gap_px: float, spacing_um: float, certificate: StageMicrometer, light: Plane
) -> None:
    if len(along_px) < _LEAST_MARKS:
        raise HalfOutOfView(
            f"Fewer than {_LEAST_MARKS} marks of the ruler are seen: move it until it runs across the picture's middle."
        )
    whole_px = certificate.divisions * certificate.division_um / spacing_um * gap_px
    asked_px = _LEAST_SHARE * min(whole_px, *light.shape)
    if float(np.ptp(along_px)) < asked_px:
        raise HalfOutOfView(
            f"The ruler is seen over {np.ptp(along_px):.0f} px and {asked_px:.0f} are needed: move it "
            "until it runs across "
            "the picture's middle, and clean it."
        )

// The geometry of what is drawn and touched: distances to lines, hulls of units, strokes of few points.

/** Distance from a point to a line of points. */
export function distance(point, line) {
  let least = Infinity;
  for (let i = 1; i < line.length; i++) least = Math.min(least, toPiece(point, line[i - 1], line[i]));
  return least;
}

/** The hair whose line or root lies nearest to a point, within a reach; null where none does. */
export function nearest(hairs, point, reach) {
  let found = null;
  for (const hair of hairs) {
    const away = distance(point, hair.line);
    if (away <= reach) {
      reach = away;
      found = hair;
    }
  }
  return found;
}

/** The corners of the smallest convex shape around points, in turn; one or two points are their own. */
export function hull(points) {
  if (points.length < 3) return points;
  const sorted = [...points].sort((a, b) => a[0] - b[0] || a[1] - b[1]);
  const half = (ordered) => {
    const corners = [];
    for (const point of ordered) {
      while (corners.length > 1 && turn(corners.at(-2), corners.at(-1), point) <= 0) corners.pop();
      corners.push(point);
    }
    return corners.slice(0, -1);
  };
  return [...half(sorted), ...half(sorted.reverse())];
}

/** Add the outline of what lies within a radius of a hull to a path. */
export function addOutline(path, corners, radius) {
  if (corners.length === 1) {
    const [[x, y]] = corners;
    path.moveTo(x + radius, y);
    path.arc(x, y, radius, 0, 2 * Math.PI);
    return;
  }
  const count = corners.length;
  corners.forEach((corner, i) => {
    const [before, after] = [corners[(i + count - 1) % count], corners[(i + 1) % count]];
    const [from, to] = [normal(before, corner), normal(corner, after)];
    if (i === 0) path.moveTo(corner[0] + radius * Math.cos(from), corner[1] + radius * Math.sin(from));
    path.arc(corner[0], corner[1], radius, from, to);
  });
  path.closePath();
}

/**
 * A stroke of a finger with few points: the fewest that lie within a tolerance, which grows until they are few enough.
 * @param {number[][]} stroke
 * @param {number} tolerance in the stroke's own unit
 * @param {number} most points
 */
export function simplified(stroke, tolerance, most) {
  let kept = within(stroke, tolerance);
  while (kept.length > most) {
    tolerance *= 1.3;
    kept = within(stroke, tolerance);
  }
  return kept;
}

/** Length of a line of points. */
export function lengthOf(line) {
  return line.slice(1).reduce((sum, point, i) => sum + Math.hypot(point[0] - line[i][0], point[1] - line[i][1]), 0);
}

// Douglas and Peucker (1973).
function within(stroke, tolerance) {
  if (stroke.length < 3) return stroke;
  const [first, last] = [stroke[0], stroke.at(-1)];
  let farthest = 0;
  let at = 0;
  for (let i = 1; i < stroke.length - 1; i++) {
    const away = toPiece(stroke[i], first, last);
    if (away > farthest) [farthest, at] = [away, i];
  }
  if (farthest <= tolerance) return [first, last];
  return [...within(stroke.slice(0, at + 1), tolerance).slice(0, -1), ...within(stroke.slice(at), tolerance)];
}

function toPiece([x, y], [x0, y0], [x1, y1]) {
  const [dx, dy] = [x1 - x0, y1 - y0];
  const along = dx || dy ? Math.min(1, Math.max(0, ((x - x0) * dx + (y - y0) * dy) / (dx * dx + dy * dy))) : 0;
  return Math.hypot(x - x0 - along * dx, y - y0 - along * dy);
}

const turn = (a, b, c) => (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]);
const normal = (from, to) => Math.atan2(to[1] - from[1], to[0] - from[0]) - Math.PI / 2;

// Fingers, mouse and keys on a picture: they pan and zoom it, unless a tool claims the touch.

const SLOP_PX = 10;
const DOUBLE_TAP_MS = 320;
const DOUBLE_TAP_PX = 36;
const DOUBLE_TAP_ZOOM = 2.5;
const KEY_ZOOM = 1.4;
const KEY_PAN = 0.15;

/**
 * What a tool does with a touch; all points are the picture's.
 * @typedef {object} Tool
 * @property {(point: number[]) => boolean} [claims] whether a drag from there is the tool's, not the picture's
 * @property {(point: number[]) => void} [drag]
 * @property {(point: number[]) => void} [drop]
 * @property {() => void} [cancel] a second finger came: it is a pinch
 * @property {(point: number[]) => void} tap
 * @property {boolean} [tapsOften] a second tap is one more tap, no zoom
 */

/**
 * Attach to a canvas.
 * @param {HTMLCanvasElement} canvas
 * @param {import("./view.js").View} view
 * @param {() => Tool} tool the one in hand
 * @param {() => void} changed the view is another
 */
export function attach(canvas, view, tool, changed) {
  const down = new Map();
  let dragging = null; // "tool", "picture" or null while it may be a tap
  let started = null;
  let lastTap = { time: -Infinity, at: [0, 0] };

  const place = (event) => {
    const box = canvas.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  };

  canvas.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    canvas.setPointerCapture(event.pointerId);
    const at = place(event);
    down.set(event.pointerId, at);
    if (down.size === 1) {
      started = at;
      dragging = tool().claims?.(view.toPicture(at)) ? "tool" : null;
    } else {
      if (dragging === "tool") tool().cancel?.();
      dragging = "picture";
    }
  });

  canvas.addEventListener("pointermove", (event) => {
    const before = down.get(event.pointerId);
    if (!before) return;
    const at = place(event);
    if (dragging === "tool") {
      for (const one of event.getCoalescedEvents?.() ?? [event]) tool().drag(view.toPicture(place(one)));
    } else if (down.size === 2) {
      pinch(event.pointerId, before, at);
    } else if (dragging === "picture" || apart(started, at) > SLOP_PX) {
      dragging = "picture";
      view.panBy(at[0] - before[0], at[1] - before[1]);
    } else return;
    down.set(event.pointerId, at);
    changed();
  });

  canvas.addEventListener("pointerup", (event) => {
    if (!down.delete(event.pointerId)) return;
    const at = place(event);
    if (dragging === "tool") tool().drop(view.toPicture(at));
    else if (dragging === null && down.size === 0) tap(at, event.timeStamp);
    if (down.size === 0) dragging = null;
    changed();
  });

  canvas.addEventListener("pointercancel", (event) => {
    down.delete(event.pointerId);
    if (dragging === "tool") tool().cancel?.();
    if (down.size === 0) dragging = null;
    changed();
  });

  canvas.addEventListener(
    "wheel",
    (event) => {
      event.preventDefault();
      view.zoomAt(place(event), Math.exp(-event.deltaY * (event.deltaMode ? 0.05 : 0.0015)));
      changed();
    },
    { passive: false },
  );

  function pinch(moved, before, at) {
    const [, other] = [...down].find(([id]) => id !== moved);
    view.zoomAt(middle(before, other), apart(at, other) / Math.max(apart(before, other), 1));
    const [from, to] = [middle(before, other), middle(at, other)];
    view.panBy(to[0] - from[0], to[1] - from[1]);
  }

  function tap(at, time) {
    const second = time - lastTap.time < DOUBLE_TAP_MS && apart(at, lastTap.at) < DOUBLE_TAP_PX;
    lastTap = { time: second ? -Infinity : time, at };
    if (!second || tool().tapsOften) return tool().tap(view.toPicture(at));
    if (view.scale > view.whole * DOUBLE_TAP_ZOOM * 2) view.showWhole();
    else view.zoomAt(at, DOUBLE_TAP_ZOOM);
  }
}

/** Zoom or pan by a key; says whether the key was one. */
export function byKey(view, key) {
  const middleOfScreen = [view.width / 2, view.height / 2];
  const dx = { ArrowLeft: KEY_PAN, ArrowRight: -KEY_PAN }[key] ?? 0;
  const dy = { ArrowUp: KEY_PAN, ArrowDown: -KEY_PAN }[key] ?? 0;
  if (dx || dy) view.panBy(dx * view.width, dy * view.height);
  else if (key === "+" || key === "=") view.zoomAt(middleOfScreen, KEY_ZOOM);
  else if (key === "-") view.zoomAt(middleOfScreen, 1 / KEY_ZOOM);
  else if (key === "0") view.showWhole();
  else return false;
  return true;
}

const apart = (one, other) => Math.hypot(one[0] - other[0], one[1] - other[1]);
const middle = (one, other) => [(one[0] + other[0]) / 2, (one[1] + other[1]) / 2];

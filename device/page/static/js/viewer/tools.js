// What a finger, or the cross of the keys, does with each tool of a correction.

import { lengthOf, simplified } from "./shapes.js";

const MOST_POINTS = 16;
const TOLERANCE_UM = 12;
const SHORTEST_PX = 8;

/**
 * The tools by name. Each is a `Tool` of gestures.js; `press` is what Enter does with the cross of the keys, `hover`
 * what its moving does, `above` draws what is under way, and `leave` lays the tool down.
 * @param {import("./viewer.js").Viewer} viewer
 * @param {{edit: (what: object) => void, tell: (sentence: string) => void, words: object, kind: () => string}} chair
 */
export function tools(viewer, chair) {
  return {
    add: adding(viewer, chair),
    remove: onOneHair(viewer, chair, (hair) => ({ edit: "removed", hair: hair.number })),
    join: joining(viewer, chair),
    split: onOneHair(viewer, chair, (hair, point) => ({ edit: "split", hair: hair.number, at_px: point })),
    move: moving(viewer, chair),
  };
}

function onOneHair(viewer, { edit, tell, words }, made) {
  const tap = (point) => {
    const hair = viewer.hairAt(point);
    if (!hair) return tell(words.noHair);
    edit(made(hair, rounded(point)));
  };
  return { tapsOften: true, tap };
}

function joining(viewer, { edit, tell, words }) {
  let first = null;
  const forget = () => {
    first = null;
    viewer.choose(null);
  };
  const tap = (point) => {
    const hair = viewer.hairAt(point);
    if (!hair) return tell(words.noHair);
    if (first === null || first === hair.number) {
      first = hair.number;
      viewer.chosen = [first];
      viewer.redraw();
      return tell(words.joinSecond);
    }
    const hairs = [first, hair.number];
    forget();
    edit({ edit: "joined", hairs });
  };
  return { tapsOften: true, tap, leave: forget };
}

function adding(viewer, { edit, tell, words, kind }) {
  let stroke = [];
  let byKeys = false;
  const end = () => {
    const drawn = stroke;
    stroke = [];
    byKeys = false;
    if (drawn.length < 2 || lengthOf(drawn) * viewer.view.scale < SHORTEST_PX) return tell(words.tooShort);
    const course = simplified(drawn, TOLERANCE_UM / viewer.overlay.umPerPx, MOST_POINTS).map(rounded);
    edit({ edit: "added", course_px: course, kind: kind() });
  };
  const leave = () => {
    stroke = [];
    byKeys = false;
  };
  return {
    tapsOften: true,
    claims: (point) => {
      stroke = [point];
      return true;
    },
    drag: (point) => stroke.push(point),
    drop: (point) => {
      stroke.push(point);
      end();
    },
    cancel: leave,
    tap: () => {},
    press: (point) => {
      stroke.push(point);
      if (byKeys) return end();
      byKeys = true;
      tell(words.addTip);
    },
    hover: (point) => byKeys && stroke.push(point),
    above: (context, view) => drawStroke(viewer, context, view, stroke, kind()),
    leave,
  };
}

function moving(viewer, { edit, tell, words }) {
  let hair = null;
  let at = null;
  const rootNear = (point) => {
    let least = viewer.reach;
    let found = null;
    for (const one of viewer.overlay.hairs) {
      const away = Math.hypot(one.root[0] - point[0], one.root[1] - point[1]);
      if (away < least) [least, found] = [away, one];
    }
    return found;
  };
  const leave = () => {
    hair = at = null;
    viewer.choose(null);
  };
  const grasp = (point) => {
    hair = rootNear(point);
    viewer.chosen = hair ? [hair.number] : [];
    return hair !== null;
  };
  const drop = (point) => {
    const [number, apart] = [hair.number, Math.hypot(hair.root[0] - point[0], hair.root[1] - point[1])];
    leave();
    if (apart * viewer.view.scale >= 2) edit({ edit: "root-moved", hair: number, root_px: rounded(point) });
  };
  return {
    tapsOften: true,
    claims: grasp,
    drag: (point) => (at = point),
    drop,
    cancel: leave,
    tap: () => tell(words.noHair),
    press: (point) => {
      if (hair) drop(point);
      else tell(grasp(point) ? words.moveTo : words.noHair);
    },
    hover: (point) => hair && (at = point),
    above: (context, view) => hair && at && drawStroke(viewer, context, view, [at, ...hair.line.slice(1)], hair.kind),
    leave,
  };
}

function drawStroke(viewer, context, view, stroke, kind) {
  if (!stroke.length) return;
  const points = stroke.map((point) => view.toScreen(point));
  for (const [width, colour] of [[7, viewer.colours.casing], [4, viewer.colours[kind]]]) {
    context.beginPath();
    points.forEach(([x, y], i) => context[i ? "lineTo" : "moveTo"](x, y));
    context.lineWidth = width;
    context.strokeStyle = colour;
    context.stroke();
    context.beginPath();
    context.arc(...points[0], width + 1, 0, 2 * Math.PI);
    context.fillStyle = colour;
    context.fill();
  }
}

const rounded = ([x, y]) => [Math.round(x * 10) / 10, Math.round(y * 10) / 10];

// What is drawn on a picture, layer by layer: each by colour, line and shape, and cased in near-black on any skin.

import { addOutline, hull } from "./shapes.js";

const UNIT_RADIUS_UM = 90;
const ROOT_RADIUS_UM = 20;
const SHAFT_UM = 11;
const CASING_PX = 2.4;
const HATCH_PX = 9;

const token = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

/** The colours of the style sheet, so that they are said in one place. */
export function colours() {
  return {
    terminal: token("--terminal"),
    vellus: token("--vellus"),
    frame: token("--frame"),
    casing: token("--casing"),
    quiet: "#d7dee2",
    chosen: "#ffffff",
  };
}

/**
 * Draw the layers that are switched on.
 * @param {CanvasRenderingContext2D} context in CSS pixels
 * @param {import("./view.js").View} view
 * @param {object} overlay of the screen's data
 * @param {{shown: Set<string>, marks: object[], chosen: number[], colours: object}} how
 */
export function draw(context, view, overlay, how) {
  const pen = new Pen(context, view, overlay.umPerPx, how.colours);
  const on = (layer) => how.shown.has(layer);
  if (on("excluded")) pen.hatch(overlay.excluded);
  if (on("frame")) pen.frame(overlay.frame);
  if (on("uncounted")) pen.lines(overlay.uncounted, how.colours.quiet, { dash: [1, 5], thin: true });
  if (on("units")) pen.units(overlay.hairs);
  const kinds = ["vellus", "terminal"].filter(on);
  for (const kind of kinds) pen.hairs(overlay.hairs.filter((hair) => hair.kind === kind), kind);
  if (on("roots")) pen.roots(overlay.hairs.filter((hair) => kinds.includes(hair.kind)));
  if (on("change")) pen.change(how.marks);
  pen.chosen(overlay.hairs.filter((hair) => how.chosen.includes(hair.number)));
}

class Pen {
  constructor(context, view, umPerPx, used) {
    this.context = context;
    this.view = view;
    this.colours = used;
    this.pxPerUm = view.scale / umPerPx;
    this.width = Math.min(5, Math.max(1.6, SHAFT_UM * this.pxPerUm));
    context.lineCap = context.lineJoin = "round";
  }

  hairs(hairs, kind) {
    const path = this.#path(hairs.map((hair) => hair.line));
    this.#cased(path, this.colours[kind], { width: this.width, dash: kind === "vellus" ? [6, 5] : [] });
  }

  lines(lines, colour, { dash = [], thin = false } = {}) {
    this.#cased(this.#path(lines), colour, { width: thin ? 1.5 : this.width, dash, casing: thin ? 1.2 : CASING_PX });
  }

  roots(hairs) {
    const radius = Math.min(9, Math.max(2.6, ROOT_RADIUS_UM * this.pxPerUm));
    for (const kind of ["vellus", "terminal"]) {
      const path = new Path2D();
      for (const hair of hairs) {
        if (hair.kind !== kind) continue;
        const [x, y] = this.view.toScreen(hair.root);
        path.moveTo(x + radius, y);
        path.arc(x, y, radius, 0, 2 * Math.PI);
      }
      this.#cased(path, this.colours[kind], { width: 1 });
      this.context.fillStyle = this.colours[kind];
      this.context.fill(path);
    }
  }

  units(hairs) {
    const roots = new Map();
    for (const hair of hairs) roots.set(hair.unit, [...(roots.get(hair.unit) ?? []), this.view.toScreen(hair.root)]);
    const path = new Path2D();
    for (const points of roots.values()) addOutline(path, hull(points), Math.max(7, UNIT_RADIUS_UM * this.pxPerUm));
    this.#cased(path, this.colours.frame, { width: 2 });
  }

  frame([x0, y0, x1, y1]) {
    const path = this.#path([[[x0, y0], [x1, y0], [x1, y1], [x0, y1], [x0, y0]]]);
    this.#cased(path, this.colours.frame, { width: 2.5 });
  }

  /** Hatch boxes with lines that stay as far apart on the screen at every zoom. */
  hatch(boxes) {
    if (!boxes.length) return;
    const inside = new Path2D();
    for (const [x0, y0, x1, y1] of boxes) {
      const [left, top] = this.view.toScreen([x0, y0]);
      const [right, bottom] = this.view.toScreen([x1, y1]);
      inside.rect(left, top, right - left, bottom - top);
    }
    const stripes = new Path2D();
    const { width, height } = this.view;
    for (let at = -height; at < width; at += HATCH_PX) {
      stripes.moveTo(at, height);
      stripes.lineTo(at + height, 0);
    }
    this.context.save();
    this.context.clip(inside);
    this.#cased(stripes, this.colours.quiet, { width: 1.4, casing: 1.4 });
    this.context.restore();
  }

  /** What became of hairs: a dot for one that was kept, a triangle for a new one, a cross for a lost one. */
  change(marks) {
    const size = 8;
    const shapes = { kept: new Path2D(), new: new Path2D(), lost: new Path2D() };
    for (const { at, fate } of marks) {
      const [x, y] = this.view.toScreen(at);
      const path = shapes[fate];
      if (fate === "new") {
        path.moveTo(x, y - size);
        path.lineTo(x + size * 0.9, y + size * 0.65);
        path.lineTo(x - size * 0.9, y + size * 0.65);
        path.closePath();
      } else if (fate === "lost") {
        path.moveTo(x - size * 0.7, y - size * 0.7);
        path.lineTo(x + size * 0.7, y + size * 0.7);
        path.moveTo(x + size * 0.7, y - size * 0.7);
        path.lineTo(x - size * 0.7, y + size * 0.7);
      } else {
        path.moveTo(x + size / 2, y);
        path.arc(x, y, size / 2, 0, 2 * Math.PI);
      }
    }
    this.#cased(shapes.kept, this.colours.frame, { width: 2 });
    this.#cased(shapes.new, this.colours.vellus, { width: 2.4 });
    this.#cased(shapes.lost, this.colours.terminal, { width: 3.2 });
  }

  chosen(hairs) {
    if (!hairs.length) return;
    const path = this.#path(hairs.map((hair) => hair.line));
    for (const hair of hairs) {
      const [x, y] = this.view.toScreen(hair.root);
      path.moveTo(x + 12, y);
      path.arc(x, y, 12, 0, 2 * Math.PI);
    }
    this.#cased(path, this.colours.chosen, { width: 2.5 });
  }

  #path(lines) {
    const path = new Path2D();
    for (const line of lines) {
      line.forEach((point, i) => path[i ? "lineTo" : "moveTo"](...this.view.toScreen(point)));
    }
    return path;
  }

  #cased(path, colour, { width, dash = [], casing = CASING_PX }) {
    const context = this.context;
    context.setLineDash([]);
    context.strokeStyle = this.colours.casing;
    context.lineWidth = width + casing;
    context.stroke(path);
    context.setLineDash(dash);
    context.strokeStyle = colour;
    context.lineWidth = width;
    context.stroke(path);
    context.setLineDash([]);
  }
}

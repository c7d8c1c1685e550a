// A picture with what was found on it: zoomed, panned, its layers switched, its hairs touched.

import { attach, byKey } from "./gestures.js";
import { colours, draw } from "./layers.js";
import { Picture } from "./picture.js";
import { nearest } from "./shapes.js";
import { View } from "./view.js";

const FINGER_PX = 26;
const BUTTON_ZOOM = 1.6;
const KEPT_AS = "chair-layers";

/** The viewer in its box: the element that the template `viewer.html` makes. */
export class Viewer {
  /**
   * @param {HTMLElement} box
   * @param {{picture: string, overlay: object, unreachable: string}} viewed
   */
  constructor(box, viewed) {
    this.box = box;
    this.canvas = box.querySelector("canvas");
    this.context = this.canvas.getContext("2d");
    this.overlay = viewed.overlay;
    this.marks = [];
    this.chosen = [];
    this.shown = new Set();
    /** Draws on top of all; set by a screen. */
    this.above = null;
    /** @type {import("./gestures.js").Tool} */
    this.tool = { tap: (point) => this.onHair?.(this.hairAt(point)) };
    /** Told of the hair that was touched, or null. */
    this.onHair = null;
    this.view = new View(viewed.overlay.size);
    this.colours = colours();
    this.#layers();
    const note = box.querySelector(".viewer-note");
    this.picture = new Picture(viewed.picture, viewed.overlay.size[0], () => this.redraw(), (sentence) => {
      note.textContent = sentence ?? viewed.unreachable;
      note.hidden = sentence === "";
    });
    attach(this.canvas, this.view, () => this.tool, () => this.redraw());
    this.canvas.addEventListener("keydown", (event) => this.#key(event));
    box.addEventListener("click", (event) => this.#button(event));
    new ResizeObserver(() => this.#resize()).observe(this.canvas);
    this.#resize();
    this.picture.show();
  }

  /** How near, in the picture's pixels, a finger has to come to what it is meant for. */
  get reach() {
    return FINGER_PX / this.view.scale;
  }

  hairAt(point) {
    const kinds = this.overlay.hairs.filter((hair) => this.shown.has(hair.kind));
    return nearest(kinds, point, this.reach);
  }

  /** Mark a hair and bring its root into sight. */
  choose(hair) {
    this.chosen = hair ? [hair.number] : [];
    if (hair) this.view.reveal(hair.root);
    this.redraw();
  }

  /** Draw before the next frame is shown; once however often it is asked for. */
  redraw() {
    this.drawing ??= requestAnimationFrame(() => {
      this.drawing = null;
      this.#draw();
    });
  }

  #draw() {
    const { context, view } = this;
    const ratio = this.canvas.width / view.width;
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.fillStyle = this.colours.casing;
    context.fillRect(0, 0, view.width, view.height);
    if (this.picture.bitmap) {
      // A pixel's place is its centre: the picture begins half a pixel before the first one.
      const [x, y] = view.toScreen([-0.5, -0.5]);
      context.imageSmoothingQuality = view.scale * ratio < 1 ? "high" : "low";
      context.drawImage(this.picture.bitmap, x, y, view.pictureWidth * view.scale, view.pictureHeight * view.scale);
    }
    draw(context, view, this.overlay, this);
    this.above?.(context, view);
    this.picture.wantAt(view.scale * ratio);
    this.canvas.dataset.zoom = (view.scale / view.whole).toFixed(2);
    this.canvas.dataset.pictureWidth = this.picture.bitmap?.width ?? 0;
  }

  #resize() {
    const { width, height } = this.canvas.getBoundingClientRect();
    if (!width || !height) return;
    const ratio = window.devicePixelRatio || 1;
    this.canvas.width = Math.round(width * ratio);
    this.canvas.height = Math.round(height * ratio);
    this.view.resize(width, height);
    this.#draw();
  }

  #key(event) {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    if (this.onKey?.(event) || byKey(this.view, event.key)) {
      event.preventDefault();
      this.redraw();
    }
  }

  #button(event) {
    const button = event.target.closest("button");
    if (button?.dataset.zoom) {
      const middle = [this.view.width / 2, this.view.height / 2];
      if (button.dataset.zoom === "whole") this.view.showWhole();
      else this.view.zoomAt(middle, button.dataset.zoom === "in" ? BUTTON_ZOOM : 1 / BUTTON_ZOOM);
      this.redraw();
    } else if (button?.classList.contains("layers-open")) {
      const sheet = this.box.querySelector(".layers");
      sheet.hidden = !sheet.hidden;
      button.setAttribute("aria-expanded", String(!sheet.hidden));
    }
  }

  /** Which layers are on is this browser's taste: kept for its session, and no work is lost with it. */
  #layers() {
    const buttons = [...this.box.querySelectorAll("button[data-layer]")];
    const kept = JSON.parse(sessionStorage.getItem(KEPT_AS) ?? "{}");
    for (const button of buttons) {
      const layer = button.dataset.layer;
      const set = (on) => {
        button.setAttribute("aria-pressed", String(on));
        this.shown[on ? "add" : "delete"](layer);
      };
      set(kept[layer] ?? button.getAttribute("aria-pressed") === "true");
      button.addEventListener("click", () => {
        set(!this.shown.has(layer));
        const now = Object.fromEntries(buttons.map((one) => [one.dataset.layer, this.shown.has(one.dataset.layer)]));
        sessionStorage.setItem(KEPT_AS, JSON.stringify({ ...kept, ...now }));
        this.onLayer?.(layer, this.shown.has(layer));
        this.redraw();
      });
    }
  }
}

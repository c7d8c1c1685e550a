// The way to the baseline's place, drawn over the live picture: where its middle lies, and how far to turn.

const CASING = "#0b0f12";
const THERE = "#6fdb9b";
const WAY = "#6cc3ff";

/** Draws on a canvas that lies over the live picture. */
export class Way {
  #canvas;
  #pen;
  #degrees;
  #drawn = "";

  /** @param {HTMLCanvasElement} canvas */
  constructor(canvas) {
    this.#canvas = canvas;
    this.#pen = canvas.getContext("2d");
    this.#degrees = new Intl.NumberFormat(document.documentElement.lang, { maximumFractionDigits: 0 });
    new ResizeObserver(() => this.#fit()).observe(canvas);
  }

  /**
   * Draw a guidance; none takes the drawing away.
   * @param {?object} guidance of the header
   * @param {number} width_mm of the field that the picture shows
   */
  draw(guidance, width_mm) {
    const shown = JSON.stringify([guidance?.state, guidance?.move_mm, guidance?.turn_deg, this.#canvas.width]);
    if (shown === this.#drawn) return;
    this.#drawn = shown;
    const { width, height } = this.#canvas;
    this.#pen.clearRect(0, 0, width, height);
    if (!guidance?.move_mm) return;
    const unit = width / 1000;
    const middle = [width / 2, height / 2];
    const scale = width / width_mm;
    const aim = guidance.move_mm.map((mm, axis) => middle[axis] + mm * scale);
    const inside = [clamp(aim[0], width, 40 * unit), clamp(aim[1], height, 40 * unit)];
    const colour = guidance.state === "there" ? THERE : WAY;
    for (const [ink, more] of [[CASING, 4 * unit], [colour, 0]]) {
      this.#pen.strokeStyle = ink;
      this.#pen.lineCap = this.#pen.lineJoin = "round";
      this.#pen.lineWidth = 4 * unit + more;
      this.#cross(middle, 12 * unit);
      if (guidance.state === "there") this.#ring(middle, 34 * unit);
      else {
        this.#arrow(middle, inside, 22 * unit);
        if (Math.abs(guidance.turn_deg) >= 1) this.#turn(middle, guidance.turn_deg, 92 * unit);
      }
    }
    if (guidance.state !== "there" && Math.abs(guidance.turn_deg) >= 1) {
      this.#label(`${this.#degrees.format(Math.abs(guidance.turn_deg))}°`, middle, guidance.turn_deg, unit);
    }
  }

  #fit() {
    const ratio = devicePixelRatio || 1;
    this.#canvas.width = Math.round(this.#canvas.clientWidth * ratio);
    this.#canvas.height = Math.round(this.#canvas.clientHeight * ratio);
    this.#drawn = "";
  }

  #cross([x, y], arm) {
    this.#pen.beginPath();
    this.#pen.moveTo(x - arm, y);
    this.#pen.lineTo(x + arm, y);
    this.#pen.moveTo(x, y - arm);
    this.#pen.lineTo(x, y + arm);
    this.#pen.stroke();
  }

  #ring([x, y], radius) {
    this.#pen.beginPath();
    this.#pen.arc(x, y, radius, 0, 2 * Math.PI);
    this.#pen.stroke();
  }

  #arrow(from, to, head) {
    const along = Math.atan2(to[1] - from[1], to[0] - from[0]);
    if (Math.hypot(to[0] - from[0], to[1] - from[1]) < head) return;
    this.#pen.beginPath();
    this.#pen.moveTo(...from);
    this.#pen.lineTo(...to);
    this.#tip(to, along, head);
    this.#pen.stroke();
    this.#ring(to, 0.6 * head);
  }

  /** An arc from straight up, the way that the camera has to turn. */
  #turn([x, y], degrees, radius) {
    const up = -Math.PI / 2;
    const end = up + (Math.sign(degrees) * Math.max(Math.abs(degrees), 12) * Math.PI) / 180;
    this.#pen.beginPath();
    this.#pen.arc(x, y, radius, up, end, degrees < 0);
    const tip = [x + radius * Math.cos(end), y + radius * Math.sin(end)];
    this.#tip(tip, end + (Math.sign(degrees) * Math.PI) / 2, 0.2 * radius);
    this.#pen.stroke();
  }

  #tip([x, y], along, size) {
    for (const side of [-1, 1]) {
      this.#pen.moveTo(x, y);
      this.#pen.lineTo(x - size * Math.cos(along + side * 0.5), y - size * Math.sin(along + side * 0.5));
    }
  }

  #label(text, [x, y], degrees, unit) {
    this.#pen.font = `700 ${Math.round(34 * unit)}px system-ui, sans-serif`;
    this.#pen.textAlign = degrees > 0 ? "left" : "right";
    this.#pen.textBaseline = "bottom";
    const at = [x + Math.sign(degrees) * 14 * unit, y - 108 * unit];
    this.#pen.lineWidth = 8 * unit;
    this.#pen.strokeStyle = CASING;
    this.#pen.strokeText(text, ...at);
    this.#pen.fillStyle = WAY;
    this.#pen.fillText(text, ...at);
  }
}

function clamp(value, size, margin) {
  return Math.min(Math.max(value, margin), size - margin);
}

// The meters beside the live picture: each by figure, word, icon and colour.

const ICONS = { good: "check", care: "warn", bad: "cross", due: "due", "quiet-text": "dot" };
const ARROWS = { "-1": "M12 5v14M6 13l6 6 6-6", 0: "M5 12h14M13 6l6 6-6 6", 1: "M12 19V5M6 11l6-6 6 6" };
const TREND_LOOKS = { "-1": "down", 0: "quiet-text", 1: "up" };
const DARK = 0.2;
const BRIGHT = 0.8;

/** The meters of one screen. */
export class Meters {
  #words;
  #limits;
  #percent;
  #fine;
  #length;
  #trend = null;

  /**
   * @param {object} words of the page
   * @param {object} limits where the gate warns and refuses, as shares
   */
  constructor(words, limits) {
    const locale = document.documentElement.lang;
    this.#words = words;
    this.#limits = limits;
    this.#percent = new Intl.NumberFormat(locale, { style: "percent", maximumFractionDigits: 0 });
    this.#fine = new Intl.NumberFormat(locale, { style: "percent", minimumFractionDigits: 1, maximumFractionDigits: 1 });
    this.#length = new Intl.NumberFormat(locale, { minimumFractionDigits: 1, maximumFractionDigits: 1 });
  }

  /** Show what was read from a frame. */
  show(read) {
    this.#focus(read);
    const dark = read.exposure < DARK;
    const even = !dark && read.exposure <= BRIGHT;
    const brightness = even ? this.#words.good : dark ? this.#words.dark : this.#words.bright;
    this.#row("exposure", this.#percent.format(read.exposure), even ? "good" : "care", brightness);
    for (const key of ["under", "over", "glare"]) {
      const [warn, refuse] = this.#limits[key];
      const look = read[key] > refuse ? "bad" : read[key] > warn ? "care" : "good";
      this.#row(key, this.#fine.format(read[key]), look, this.#words[look]);
    }
    if (document.getElementById("meter-mark")) this.#mark(read.mark_mm);
  }

  /** Show how the scale stands. */
  scale(ready) {
    const looks = { "in date": "good", due: "due", none: "care" };
    const state = ready.calibration;
    this.#row("scale", "", looks[state] ?? "quiet-text", this.#words.scales[state] ?? this.#words.unknown);
    const why = document.getElementById("scale-why");
    why.textContent = ready.due ?? "";
    why.hidden = !ready.due;
  }

  #focus(read) {
    const percent = Math.round(100 * read.focus);
    document.getElementById("focus").setAttribute("aria-valuenow", percent);
    document.getElementById("focus-value").textContent = this.#percent.format(read.focus);
    document.getElementById("focus-peak-value").textContent = this.#percent.format(read.peak);
    document.getElementById("focus-fill").style.transform = `scaleX(${read.focus})`;
    document.getElementById("focus-peak").style.left = `calc(${100 * read.peak}% - 4px)`;
    if (read.trend === this.#trend) return;
    this.#trend = read.trend;
    document.getElementById("focus-arrow").setAttribute("d", ARROWS[read.trend]);
    document.getElementById("focus-word").textContent = this.#words.trends[read.trend];
    document.getElementById("focus-trend").className = `focus-trend ${TREND_LOOKS[read.trend]}`;
  }

  #mark(seen) {
    if (!seen) {
      this.#row("mark", "–", "care", this.#words.no_mark);
      return;
    }
    const off = Math.hypot(...seen);
    const [warn, refuse] = this.#limits.mark_mm;
    const look = off > refuse ? "bad" : off > warn ? "care" : "good";
    const word = look === "good" ? this.#words.mark_right : this.#words.mark_off;
    this.#row("mark", `${this.#length.format(off)} mm`, look, word);
  }

  #row(key, value, look, word) {
    const row = document.getElementById(`meter-${key}`);
    const state = row.querySelector(".meter-state");
    row.querySelector(".meter-value").textContent = value;
    if (state.dataset.look === look && state.dataset.word === word) return;
    state.dataset.look = look;
    state.dataset.word = word;
    state.className = `meter-state ${look}`;
    state.querySelector("use").setAttribute("href", `/static/icons.svg#${ICONS[look]}`);
    state.querySelector(".meter-word").textContent = word;
  }
}

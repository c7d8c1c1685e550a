// The ghost of the baseline over the live picture, as strong as the technician wants it.

const KEPT = "chair.ghost-opacity";

/** Shows the baseline's hairs where they lie once the camera is at its place. */
export class Ghost {
  #picture = document.getElementById("ghost");
  #row = document.getElementById("ghost-row");
  #slider = document.getElementById("opacity");
  #said = document.getElementById("opacity-value");
  #percent = new Intl.NumberFormat(document.documentElement.lang, { style: "percent" });
  #url;
  #asked = "";

  /** @param {string} url of the site */
  constructor(url) {
    this.#url = url;
    const kept = localStorage.getItem(KEPT); // a habit of this screen, nothing of a patient
    if (kept !== null) this.#slider.value = kept;
    this.#slider.addEventListener("input", () => {
      localStorage.setItem(KEPT, this.#slider.value);
      this.#set();
    });
    this.#picture.addEventListener("load", () => {
      this.#picture.hidden = this.#row.hidden = false;
    });
    this.#picture.addEventListener("error", () => {
      this.#picture.hidden = this.#row.hidden = true;
      this.#asked = "";
    });
    this.#set();
  }

  /** Load it, once there is a baseline, in the live picture's own size. */
  load([width, height]) {
    const wanted = `${this.#url}/ghost.png?width=${width}&height=${height}`;
    if (wanted === this.#asked) return;
    this.#asked = wanted;
    this.#picture.src = wanted;
  }

  #set() {
    const share = Number(this.#slider.value) / 100;
    this.#picture.style.opacity = share;
    this.#said.textContent = this.#percent.format(share);
  }
}

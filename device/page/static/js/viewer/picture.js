// The picture itself: a reduced one at once, the file as it was measured when somebody looks closer.

const REDUCED_WIDTH_PX = 2028;

/** Loads a capture's picture. */
export class Picture {
  /**
   * @param {string} url of the picture
   * @param {number} width of the whole picture, in pixels
   * @param {() => void} arrived there is a better one to draw
   * @param {(sentence: string) => void} failed why there is none
   */
  constructor(url, width, arrived, failed) {
    Object.assign(this, { url, width, arrived, failed });
    this.bitmap = null;
    this.whole = null;
  }

  /** Load the reduced picture. */
  show() {
    return this.#load(`${this.url}?width=${REDUCED_WIDTH_PX}`);
  }

  /** Load the picture as it is, once, where the screen shows more of its pixels than the reduced one has. */
  wantAt(screenPxPerPx) {
    if (this.whole || !this.bitmap || this.bitmap.width >= this.width) return;
    if (screenPxPerPx > (1.1 * this.bitmap.width) / this.width) this.whole = this.#load(this.url);
  }

  async #load(url) {
    try {
      const answer = await fetch(url);
      if (!answer.ok) {
        const said = await answer.json().catch(() => ({}));
        return this.failed(said.sentence ?? `${answer.status}`);
      }
      this.bitmap = await createImageBitmap(await answer.blob());
      this.failed("");
      this.arrived();
    } catch {
      this.failed(null);
    }
  }
}

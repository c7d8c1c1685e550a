// Where the picture lies on the screen: one scale, one shift, and the limits of both.

const MOST_SCREEN_PX_PER_PX = 6;
/** How far a zoomed picture may be moved off the edge: nothing of it stays under the buttons. */
const SPARE_PX = 80;

/** A view of a picture: `screen = picture * scale + shift`, screen in CSS pixels from the canvas's corner. */
export class View {
  /** @param {[number, number]} pictureSize width and height in pixels */
  constructor(pictureSize) {
    [this.pictureWidth, this.pictureHeight] = pictureSize;
    this.width = this.height = 1;
    this.scale = 1;
    this.x = this.y = 0;
  }

  /** The scale at which the whole picture is seen. */
  get whole() {
    return Math.min(this.width / this.pictureWidth, this.height / this.pictureHeight);
  }

  get isWhole() {
    return this.scale <= this.whole * 1.001;
  }

  /** Take a new size of the canvas; what was in the middle stays there. */
  resize(width, height) {
    const wasWhole = this.isWhole || this.width === 1;
    const middle = this.toPicture([this.width / 2, this.height / 2]);
    this.width = width;
    this.height = height;
    if (wasWhole) return this.showWhole();
    this.x = width / 2 - middle[0] * this.scale;
    this.y = height / 2 - middle[1] * this.scale;
    this.#hold();
  }

  showWhole() {
    this.scale = this.whole;
    this.#hold();
  }

  /** Zoom by a factor; the point of the screen keeps its place of the picture. */
  zoomAt([screenX, screenY], factor) {
    const [x, y] = this.toPicture([screenX, screenY]);
    const most = Math.max(MOST_SCREEN_PX_PER_PX, 2 * this.whole);
    this.scale = Math.min(Math.max(this.scale * factor, this.whole), most);
    this.x = screenX - x * this.scale;
    this.y = screenY - y * this.scale;
    this.#hold();
  }

  panBy(dx, dy) {
    this.x += dx;
    this.y += dy;
    this.#hold();
  }

  /** Bring a point of the picture into sight. */
  reveal(point, margin = 48) {
    const [x, y] = this.toScreen(point);
    const into = (at, size) => Math.max(margin - at, 0) + Math.min(size - margin - at, 0);
    this.panBy(into(x, this.width), into(y, this.height));
  }

  toPicture([x, y]) {
    return [(x - this.x) / this.scale, (y - this.y) / this.scale];
  }

  toScreen([x, y]) {
    return [x * this.scale + this.x, y * this.scale + this.y];
  }

  /** Keep the picture in sight: centred where it is smaller than the canvas, else with little of a gap beside it. */
  #hold() {
    const spare = this.isWhole ? 0 : SPARE_PX;
    const held = (shift, size, drawn) =>
      drawn <= size ? (size - drawn) / 2 : Math.min(spare, Math.max(size - drawn - spare, shift));
    this.x = held(this.x, this.width, this.pictureWidth * this.scale);
    this.y = held(this.y, this.height, this.pictureHeight * this.scale);
  }
}

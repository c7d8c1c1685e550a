// The live picture: one WebSocket, one frame on its way at a time, and a plain word when it is not live.
//
// A message is: length of the header (uint32, little-endian), the header (JSON), the JPEG; nothing follows the header
// where there is no frame. Each frame is acknowledged once it is drawn; the next one comes then, and is the newest.

const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 5000;
const SILENT_MS = 3000; // the instrument says something every second
const LOOK_MS = 500;
const LOCKED = 4423;
const BAD_QUERY = 4400;

/**
 * How the line stands: "connecting" at first, "live" while messages come, "cut" while it is tried again, "refused" with
 * a sentence when the instrument does not take one watcher more.
 * @typedef {"connecting" | "live" | "cut" | "refused"} Link
 */

/** The live picture on a canvas, for as long as the page is open. */
export class Live {
  #url;
  #canvas;
  #pen;
  #onHeader;
  #onLink;
  #socket = null;
  #program = null;
  #pause = FIRST_PAUSE_MS;
  #heard = 0;
  #retry = 0;

  /**
   * @param {Record<string, string | number>} query what the camera is held to: patient, visit and site; or a target
   * @param {HTMLCanvasElement} canvas drawn on in the frame's own pixels; it tells of each frame by a "shown" event
   * @param {{onHeader?: (header: object) => void, onLink?: (link: Link, sentence?: string) => void}} told
   */
  constructor(query, canvas, { onHeader = () => {}, onLink = () => {} } = {}) {
    const scheme = location.protocol === "https:" ? "wss:" : "ws:";
    this.#url = `${scheme}//${location.host}/live?${new URLSearchParams(query)}`;
    this.#canvas = canvas;
    this.#pen = canvas.getContext("2d", { alpha: false });
    this.#onHeader = onHeader;
    this.#onLink = onLink;
    setInterval(() => this.#look(), LOOK_MS);
    addEventListener("online", () => this.again());
    // A window that nobody sees lets go of the camera: come back by itself, it would aim it away from the one in use.
    document.addEventListener("visibilitychange", () => (document.hidden ? this.#rest() : this.again()));
    this.#onLink("connecting");
    this.#connect();
  }

  /** Connect at once, anew: the camera is then held to what this page shows. */
  again() {
    this.#pause = FIRST_PAUSE_MS;
    this.#drop();
    this.#connect();
  }

  #rest() {
    clearTimeout(this.#retry);
    this.#drop();
  }

  #connect() {
    clearTimeout(this.#retry);
    if (document.hidden) return;
    const socket = new WebSocket(this.#url);
    socket.binaryType = "arraybuffer";
    this.#socket = socket;
    this.#heard = performance.now();
    socket.addEventListener("message", (event) => {
      if (socket === this.#socket) this.#take(socket, event.data);
    });
    socket.addEventListener("close", (event) => {
      if (socket === this.#socket) this.#closed(event.code);
    });
  }

  #closed(code) {
    this.#socket = null;
    if (code === LOCKED) {
      location.reload(); // the lock screen stands before every screen, and leads back to this one
      return;
    }
    if (code === BAD_QUERY) {
      this.#onLink("cut");
      return;
    }
    this.#onLink("cut");
    this.#retry = setTimeout(() => this.#connect(), this.#pause);
    this.#pause = Math.min(2 * this.#pause, LONGEST_PAUSE_MS);
  }

  #drop() {
    const socket = this.#socket;
    this.#socket = null;
    socket?.close();
  }

  #look() {
    if (this.#socket && performance.now() - this.#heard > SILENT_MS) {
      this.#drop();
      this.#closed(0);
    }
  }

  async #take(socket, message) {
    this.#heard = performance.now();
    const length = new DataView(message).getUint32(0, true);
    const header = JSON.parse(new TextDecoder().decode(new Uint8Array(message, 4, length)));
    if (header.refused) {
      this.#pause = LONGEST_PAUSE_MS;
      this.#onLink("refused", header.refused);
      return;
    }
    if (this.#program !== null && this.#program !== header.program) {
      this.#drop(); // not again with the next message, which would begin the loading anew
      location.reload(); // the instrument was started anew: this page's token is no longer good
      return;
    }
    this.#program = header.program;
    this.#pause = FIRST_PAUSE_MS;
    this.#onLink("live");
    if (header.frame) {
      await this.#show(new Uint8Array(message, 4 + length), header);
      if (socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify({ shown: header.frame.number }));
    }
    this.#onHeader(header);
  }

  async #show(jpeg, header) {
    let picture;
    try {
      picture = await createImageBitmap(new Blob([jpeg], { type: "image/jpeg" }));
    } catch {
      return; // a frame that cannot be read is none; the next one comes
    }
    const [width, height] = header.frame.size_px;
    if (this.#canvas.width !== width || this.#canvas.height !== height) {
      this.#canvas.width = width;
      this.#canvas.height = height;
    }
    this.#pen.drawImage(picture, 0, 0, width, height);
    const drawn_px = picture.width; // of the JPEG, which a slow link gets smaller
    picture.close();
    const at_ms = performance.timeOrigin + performance.now();
    this.#canvas.dispatchEvent(new CustomEvent("shown", { detail: { ...header.frame, drawn_px, at_ms } }));
  }
}

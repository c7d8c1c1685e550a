// The live picture of a calibration target: one frame on its way, acknowledged when it is drawn; it reconnects by itself.

const HEADER_BYTES = 4;
const PAUSES_MS = [500, 1000, 2000, 5000];
const CUT_AFTER_MS = 4000;

/**
 * Show the target that lies under the camera.
 * @param {{waiting: string, cut: string}} words
 * @returns {(figure: HTMLElement | null) => void} shows it in another figure; null ends it
 */
export function targetView(words) {
  let socket = null;
  let figure = null;
  let failures = 0;
  let retry = 0;
  let watchdog = 0;

  function tell(state, sentence) {
    if (!figure) return;
    figure.dataset.state = state;
    const said = figure.querySelector(".target-still");
    said.hidden = state === "live";
    const span = said.querySelector("span");
    if (span.textContent !== sentence) span.textContent = sentence;
  }

  function alive() {
    clearTimeout(watchdog);
    watchdog = setTimeout(() => tell("cut", words.cut), CUT_AFTER_MS);
  }

  async function draw(from, jpeg, number) {
    try {
      const picture = await createImageBitmap(new Blob([jpeg], { type: "image/jpeg" }));
      if (socket !== from || !figure) return;
      const canvas = figure.querySelector("canvas");
      if (canvas.width !== picture.width) canvas.width = picture.width;
      if (canvas.height !== picture.height) canvas.height = picture.height;
      canvas.getContext("2d").drawImage(picture, 0, 0);
      picture.close();
      tell("live", "");
    } finally {
      if (from.readyState === WebSocket.OPEN) from.send(JSON.stringify({ shown: number }));
    }
  }

  function take(from, message) {
    alive();
    const length = new DataView(message).getUint32(0, true);
    const header = JSON.parse(new TextDecoder().decode(new Uint8Array(message, HEADER_BYTES, length)));
    const jpeg = new Uint8Array(message, HEADER_BYTES + length);
    failures = 0;
    const trouble = header.refused ?? header.trouble ?? header.elsewhere;
    if (trouble) tell("cut", trouble);
    const number = header.frame?.number;
    if (jpeg.length && number !== undefined) {
      if (trouble) from.send(JSON.stringify({ shown: number }));
      else draw(from, jpeg, number);
    }
  }

  function close() {
    clearTimeout(retry);
    clearTimeout(watchdog);
    const old = socket;
    socket = null;
    old?.close();
  }

  function open() {
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    const query = new URLSearchParams({ target: figure.dataset.target });
    const own = new WebSocket(`${scheme}://${location.host}/live?${query}`);
    own.binaryType = "arraybuffer";
    socket = own;
    own.onmessage = (event) => {
      if (socket === own) take(own, event.data);
    };
    own.onclose = () => {
      if (socket !== own) return;
      clearTimeout(watchdog);
      if (figure.dataset.state === "live" || failures) tell("cut", words.cut);
      retry = setTimeout(open, PAUSES_MS[Math.min(failures++, PAUSES_MS.length - 1)]);
    };
  }

  return (shown) => {
    close();
    figure = shown;
    failures = 0;
    if (!figure) return;
    tell("waiting", words.waiting);
    open();
  };
}

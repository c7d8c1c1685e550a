// What all screens share: the data block, what is said to the technician, and actions.

import { ask, lookAtLock, showLock } from "/static/js/access.js";

export { ask, lookAtLock, showLock };

/** The values that the screen's template left for its script; an empty object where it left none. */
export const data = JSON.parse(document.getElementById("data")?.textContent ?? "{}");

/** Show a sentence above the screen, read out at once; an empty one takes it away. */
export function say(sentence, plain = false) {
  const box = document.getElementById("said");
  box.querySelector(".said-words").textContent = sentence;
  box.classList.toggle("plain", plain);
  box.hidden = !sentence;
}

/**
 * Do something at the instrument. On success go where it says, or give its answer back; else say why not, and give null
 * where it was refused, undefined where nobody answered.
 * @param {string} url of the action
 * @param {object} asked its body
 */
export async function act(url, asked = {}) {
  const { answered, ok, status, values } = await ask(url, asked);
  if (!answered) {
    say(document.getElementById("said").dataset.unreachable);
    return undefined;
  }
  if (values.locked) return null; // the lock screen is on its way
  if (!ok) {
    say(values.sentence ?? `${status}`);
    if (values.seat) showSeat(values.sentence);
    return null;
  }
  say("");
  if (values.go) location.assign(values.go);
  if (values.reload) location.reload();
  return values;
}

/** Show who has the seat, with the button that takes it over: it was taken after this screen was loaded. */
function showSeat(sentence) {
  const banner = document.getElementById("seat");
  if (!banner) return;
  document.getElementById("seat-words").textContent ||= sentence;
  banner.hidden = false;
}

/** Do what a button names, once: until its answer, and while the next screen comes, another touch counts for nothing. */
async function doNamed(button) {
  if (button.getAttribute("aria-disabled") === "true") return;
  button.setAttribute("aria-disabled", "true"); // not disabled: who is on it with the keyboard stays there
  const answer = await act(button.dataset.act, JSON.parse(button.dataset.asked ?? "{}"));
  if (!answer?.go && !answer?.reload) button.removeAttribute("aria-disabled");
  if (!answer) button.closest("dialog")?.close(); // what stood in the way is said above the screen, behind it
}

// Come back to by the browser's own button, as it was left.
addEventListener("pageshow", (event) => {
  if (!event.persisted) return;
  for (const button of document.querySelectorAll("button[data-act]")) button.removeAttribute("aria-disabled");
});

// A button that names its action needs no script of its own.
document.addEventListener("click", (event) => {
  const button = event.target.closest("button[data-act]");
  if (button) doNamed(button);
  const opener = event.target.closest("[data-open]");
  if (opener) document.getElementById(opener.dataset.open).showModal();
  if (event.target.closest("[data-close]")) event.target.closest("dialog").close();
  if (event.target.closest("#said-close")) say("");
});

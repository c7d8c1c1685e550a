// Asking the instrument to do something, and the lock: when nobody touches a screen it shows nothing of a patient.

const LOCK = "/lock";
const AWAKE_EVERY_MS = 20_000;

let token = document.querySelector('meta[name="chair-token"]').content;

/**
 * Send an action. Locked, the lock screen is gone to, which leads back here.
 * @param {string} url of the action
 * @param {object} asked its body
 * @returns {Promise<{answered: boolean, ok: boolean, status: number, values: object}>}
 */
export async function ask(url, asked = {}) {
  try {
    let [answer, values] = await send(url, asked);
    if (answer.status === 403 && values.stale && (await renewed())) [answer, values] = await send(url, asked);
    if (values.locked) showLock();
    return { answered: true, ok: answer.ok, status: answer.status, values };
  } catch {
    return { answered: false, ok: false, status: 0, values: {} };
  }
}

async function send(url, asked) {
  const answer = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json", "x-chair-token": token },
    body: JSON.stringify(asked),
  });
  return [answer, await answer.json().catch(() => ({}))];
}

/** Take this very address's present token: the instrument was started anew, or another tab unlocked it. */
async function renewed() {
  const text = await (await fetch(location.href)).text();
  const found = new DOMParser().parseFromString(text, "text/html").querySelector('meta[name="chair-token"]');
  if (!found || found.content === token) return false;
  token = found.content;
  return true;
}

/** Go to the lock screen, which leads back to this address. */
export function showLock() {
  if (location.pathname !== LOCK) location.replace(`${LOCK}?next=${encodeURIComponent(location.pathname + location.search)}`);
}

let looksAgain = 0;
let awakeAt = 0;

/** Look how long until the lock, and show it by then; asked by itself, this is no sign that somebody is there. */
export async function lookAtLock() {
  clearTimeout(looksAgain);
  try {
    const answer = await fetch("/lock/left");
    if (answer.status === 423) {
      showLock();
      return;
    }
    const { left_s: left } = await answer.json();
    if (left === null) return; // no PIN, no lock
    if (!awakeAt) watchTouches();
    looksAgain = setTimeout(lookAtLock, left * 1000 + 300);
  } catch {
    looksAgain = setTimeout(lookAtLock, 5_000);
  }
}

function watchTouches() {
  awakeAt = performance.now();
  const touched = () => {
    if (performance.now() - awakeAt < AWAKE_EVERY_MS) return;
    awakeAt = performance.now();
    ask("/activity");
  };
  for (const kind of ["pointerdown", "keydown", "wheel"]) addEventListener(kind, touched, { passive: true, capture: true });
}

if (location.pathname !== LOCK) {
  lookAtLock();
  // Come back to from another tab or by the browser's own button, where timers stood still.
  addEventListener("pageshow", (event) => event.persisted && lookAtLock());
  document.addEventListener("visibilitychange", () => document.hidden || lookAtLock());
}

// The checks, looked at every other second, and a person's word on what the clinic refused.
import { act, data, say, showLock } from "/static/js/page.js";

const EVERY_MS = 2000;

const checks = document.getElementById("checks");
const dialog = document.getElementById("deciding");
const note = document.getElementById("note");

/** What is decided of which message while the dialog is open. */
let deciding = null;
let shown = "";
let lost = false;
let asking = 0;

/** Look again and again, each time once the look before is over. */
async function watch() {
  if (!document.hidden) await look();
  setTimeout(watch, EVERY_MS);
}

/** Ask for the checks and show them where they differ; what has the focus keeps it. */
async function look() {
  asking += 1;
  const mine = asking;
  const answer = await fetch("/health/checks", { headers: { accept: "text/html" } }).catch(() => null);
  if (answer?.status === 423 || answer?.redirected) {
    showLock();
    return;
  }
  const content = answer?.ok ? await answer.text().catch(() => null) : null;
  if (mine !== asking) return; // a later look tells what is newer
  if (content === null) {
    lost = true;
    say(data.words.lost);
    return;
  }
  if (lost) {
    lost = false;
    say("");
  }
  if (content === shown) return;
  const place = placeOf(document.activeElement);
  checks.innerHTML = content;
  document.getElementById("standing").innerHTML = document.getElementById("standing-now").innerHTML;
  shown = content;
  if (place) checks.querySelector(place)?.focus();
}

/** A selector that finds a button again after the list was written anew. */
function placeOf(element) {
  const message = element?.closest?.("[data-message]");
  if (message && element.dataset.decide) {
    return `[data-message="${message.dataset.message}"] [data-decide="${element.dataset.decide}"]`;
  }
  const check = element?.closest?.("[data-check]");
  return check ? `[data-check="${check.dataset.check}"] ${element.localName}` : null;
}

function ask(message, decision) {
  deciding = { message: message.dataset.message, decision };
  document.getElementById("deciding-title").textContent = data.words[decision];
  document.getElementById("deciding-do").textContent = data.words[decision];
  document.getElementById("deciding-what").textContent = message.querySelector(".what").textContent;
  note.value = "";
  dialog.showModal();
}

async function decide() {
  const { message, decision } = deciding;
  dialog.close();
  if (await act(`/health/refusals/${message}`, { decision, note: note.value })) await look();
}

checks.addEventListener("click", async (event) => {
  const button = event.target.closest("button");
  if (!button) return;
  if (button.dataset.decide) ask(button.closest("[data-message]"), button.dataset.decide);
  if ("camera" in button.dataset && (await act("/camera/again"))) await look();
});
dialog.addEventListener("click", (event) => {
  if ("ready" in event.target.dataset) note.value = event.target.textContent;
});
document.getElementById("deciding-leave").addEventListener("click", () => dialog.close());
document.getElementById("deciding-do").addEventListener("click", decide);

setTimeout(watch, EVERY_MS);

// Wizard and check: what was pressed is done at the instrument, and the screen shows what the instrument says of it.

import { act, data, say } from "/static/js/page.js";
import { targetView } from "/static/js/target_view.js";

const RUNNING_MS = 500;
const IDLE_MS = 2000;

const refusal = document.getElementById("refusal");
const said = document.querySelector(".said-words");
const show = targetView(data.words);
let revision = data.revision;
let running = data.running;
let cut = false;
let polling = 0;
let asking = 0; // the last look at the instrument; the ones before, still on their way, are followed by no other

/** Take over what the instrument says now, part by part: what has not changed stays, with its picture and its focus. */
async function refresh() {
  const answer = await fetch(location.pathname + location.search);
  if (answer.redirected || !answer.ok) {
    location.assign(answer.redirected ? answer.url : location.href);
    return;
  }
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  const focused = document.activeElement?.closest("[data-fresh]");
  for (const part of document.querySelectorAll("[data-fresh]")) {
    const newer = fresh.getElementById(part.id);
    const same = part.id === "picture" ? part.dataset.kind === newer.dataset.kind && newer.dataset.kind : part.innerHTML === newer.innerHTML;
    if (same) continue;
    part.innerHTML = newer.innerHTML;
    part.dataset.kind = newer.dataset.kind ?? "";
    if (part.id === "picture") show(document.getElementById("target-view"));
  }
  if (focused && document.activeElement === document.body) focused.querySelector("button, a")?.focus({ preventScroll: true });
  const values = JSON.parse(fresh.getElementById("data").textContent);
  ({ revision, running } = values);
  data.step = values.step;
  const lines = document.getElementById("lines");
  if (lines) lines.hidden = !running;
}

function tellLines(lines) {
  const list = document.getElementById("lines");
  if (!list) return;
  const told = [...list.children].map((line) => line.textContent);
  if (told.join("\n") === lines.join("\n")) return;
  // Lines that are there stay, so that only the new ones are read out.
  const kept = lines.slice(0, told.length).join("\n") === told.join("\n") ? told.length : 0;
  if (!kept) list.replaceChildren();
  for (const line of lines.slice(kept)) {
    const item = document.createElement("p");
    item.textContent = line;
    list.append(item);
  }
  list.scrollTop = list.scrollHeight;
}

async function poll() {
  clearTimeout(polling);
  asking += 1;
  const mine = asking;
  try {
    const answer = await fetch("/calibration/progress");
    if (!answer.ok || answer.redirected) throw new Error(`${answer.status}`);
    const now = await answer.json();
    if (mine !== asking) return;
    // The instrument was away: it may have been started anew, and knows this page's token no longer.
    if (cut) return location.reload();
    tellLines(now.lines);
    if (now.revision !== revision) await refresh();
  } catch {
    if (mine === asking) cut = true;
  }
  if (mine !== asking) return;
  polling = setTimeout(poll, running ? RUNNING_MS : IDLE_MS);
}

/** Do what a button says; what is refused is said beside it. */
async function doing(button, url, asked) {
  refusal.hidden = true;
  button.disabled = true;
  const answer = await act(url, asked);
  button.disabled = false;
  if (!answer) {
    refusal.textContent = said.textContent;
    refusal.hidden = false;
    say(""); // said once, and where it was touched
    return false;
  }
  // A step that was gone back to is not gone back to for good.
  if (!answer.go) {
    history.replaceState(null, "", location.pathname);
    await refresh();
    poll();
  }
  return true;
}

document.addEventListener("click", async (event) => {
  const button = event.target.closest("button");
  if (!button) return;
  const dialog = button.closest("dialog");
  if (button.dataset.do) {
    dialog?.close();
    await doing(button, button.dataset.do, JSON.parse(button.dataset.asked ?? "{}"));
  }
  const reason = button.id === "leave-out-now" ? document.getElementById("reason").value : button.dataset.reason;
  if (reason !== undefined) {
    dialog.close();
    if (await doing(button, "/calibration/leave-out", { step: data.step, reason })) document.getElementById("reason").value = "";
  }
});

show(document.getElementById("target-view"));
poll();

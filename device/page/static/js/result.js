// The result: the picture with what was counted, a touched hair in words, reasons, and a change that comes later.

import { act, data, say } from "/static/js/page.js";
import { Viewer } from "/static/js/viewer/viewer.js";

const LOOK_EVERY_MS = 3000;
const byId = (id) => document.getElementById(id);

const { viewed, words, here } = data;
const viewer = new Viewer(document.querySelector(".viewer"), {
  picture: viewed.picture,
  overlay: viewed.overlay,
  unreachable: words.unreachable,
});

// Which hairs are drawn: the automatic ones, or as a person corrected them.
function showHairs() {
  viewer.overlay = viewed.corrected && viewer.shown.has("corrected") ? viewed.corrected : viewed.overlay;
  showHair(null);
}

viewer.marks = viewed.change.marks;
viewer.onLayer = (layer) => layer === "corrected" && showHairs();

// One hair in words, by touch or step by step.
function showHair(hair) {
  viewer.choose(hair);
  byId("hair-card").hidden = !hair;
  byId("hair-words").textContent = hair?.words ?? "";
}

function step(by) {
  const { hairs } = viewer.overlay;
  if (!hairs.length) return;
  const at = hairs.findIndex((hair) => hair.number === viewer.chosen[0]);
  showHair(hairs[at < 0 ? 0 : (at + by + hairs.length) % hairs.length]);
}

viewer.onHair = showHair;
viewer.onKey = ({ key }) => {
  if (key === "n") step(1);
  else if (key === "p") step(-1);
  else if (key === "Escape") showHair(null);
  else return false;
  return true;
};
byId("hair-after").addEventListener("click", () => step(1));
byId("hair-before").addEventListener("click", () => step(-1));
byId("hair-close").addEventListener("click", () => showHair(null));
showHairs();

// A reason: one of the ready ones, changed or not, or one's own.
const dialog = document.querySelector("dialog.reasons");
const reason = byId("reason");
const given = byId("reason-given");
const ready = () => given.setAttribute("aria-disabled", String(!reason.value.trim()));

dialog.querySelector(".ready").addEventListener("click", (event) => {
  reason.value = event.target.closest("button")?.dataset.reason ?? reason.value;
  ready();
});
reason.addEventListener("input", ready);
given.addEventListener("click", async () => {
  const text = reason.value.trim();
  if (!text) return reason.focus();
  given.disabled = true;
  const answer =
    dialog.id === "release"
      ? await act(`${here}/release`, { note: text })
      : await act(`${here}/decision`, { decision: "rejected", reason: text });
  given.disabled = false;
  if (!answer) dialog.close(); // what stood in the way is said above the screen
});

// A comparison that is not there yet is looked for until it is.
async function lookForChange() {
  const answer = await fetch(`${here}/change`).catch(() => null);
  const change = answer?.ok ? await answer.json() : null;
  if (change) {
    byId("change").replaceChildren(
      ...change.sentences.map((sentence) => Object.assign(document.createElement("li"), { textContent: sentence })),
    );
    const first = byId("change-first");
    if (first) {
      first.textContent = change.first;
      byId("change-told").hidden = change.sentences.length === 1; // it stands above
    }
    viewer.marks = change.marks;
    viewer.redraw();
  }
  if (!change || change.pending) setTimeout(lookForChange, LOOK_EVERY_MS);
}
if (viewed.change.pending) setTimeout(lookForChange, LOOK_EVERY_MS);
say("");

// The quarantine: what is to be discarded is asked for first; what became of a message is said in its own place.

import { data, say } from "/static/js/page.js";

const dialog = document.getElementById("discarding");

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-discards]");
  if (!button) return;
  const asked = JSON.parse(button.dataset.discards);
  const form = dialog.querySelector("form");
  form.reset();
  for (const name of ["topic", "content_sha256", "reason"]) form.elements[name].value = asked[name] ?? "";
  dialog.querySelector(".discarding-what").textContent = button.dataset.what;
  dialog.querySelector(".form-said").textContent = "";
  dialog.showModal();
});

document.addEventListener("done", (event) => {
  const { outcome, left, held } = event.detail;
  if (outcome === undefined) return;
  dialog?.close();
  say(outcome, true);
  for (const [topic, digest] of left) settle(topic, digest, data.left, true);
  for (const [topic, digest, why] of held) settle(topic, digest, `${data.still} ${why}`, false);
});

/** Say at a message what became of it; the list keeps its places until the page is loaded again. */
function settle(topic, digest, words, gone) {
  for (const item of document.querySelectorAll(".held")) {
    if (item.dataset.topic !== topic || item.dataset.digest !== digest) continue;
    item.querySelector(".outcome").textContent = words;
    item.classList.toggle("gone", gone);
    if (gone) item.querySelector(".does").remove();
  }
}

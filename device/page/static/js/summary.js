// A visit's summary: where each capture is, asked every other second, and the visit's end.

import { act, data, showLock } from "/static/js/page.js";

const LOOK_EVERY_MS = 2000;
const LOOKS = ["good", "care", "bad", "due", "quiet"];

/** Show a state by its word, icon and colour. */
function show(element, look, icon, word) {
  element.classList.remove(...LOOKS);
  element.classList.add(look);
  element.querySelector("use").setAttribute("href", `/static/icons.svg#${icon}`);
  element.lastElementChild.textContent = word;
}

async function look() {
  const answer = document.hidden ? null : await fetch(`${data.url}/standing`).catch(() => null);
  if (answer?.status === 423 || answer?.redirected) {
    showLock();
    return;
  }
  const now = answer?.ok ? await answer.json().catch(() => null) : null;
  if (now) {
    const { connection, captures, others } = now;
    show(document.getElementById("connection"), connection.look, connection.icon, connection.word);
    document.getElementById("others").textContent = others;
    for (const row of document.querySelectorAll("[data-capture]")) {
      const sent = captures[row.dataset.capture];
      if (!sent) continue;
      show(row.querySelector(".state"), sent.look, sent.icon, sent.word);
      show(row.querySelector(".picture"), sent.picture_look, sent.picture_icon, sent.picture_word);
      const reason = row.querySelector(".reason");
      reason.textContent = sent.reason ?? "";
      reason.hidden = !sent.reason;
    }
  }
  setTimeout(look, LOOK_EVERY_MS);
}
setTimeout(look, LOOK_EVERY_MS);

const form = document.getElementById("ending-form");
if (form) {
  const reason = document.getElementById("reason");
  for (const button of document.querySelectorAll("[data-reason]")) {
    button.addEventListener("click", () => {
      reason.value = button.dataset.reason;
    });
  }
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (!(await act(`${data.url}/end`, { reason: reason.value }))) document.getElementById("ending").close();
  });
}

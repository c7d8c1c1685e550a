// The ways out, and the way back: once the instrument runs again, the address shows what it always shows.
import { act, data } from "/static/js/page.js";

const LOOK_EVERY_MS = 1500;

const over = document.getElementById("over");

/** Load the address anew once somebody else answers: the instrument, or this screen with another trouble. */
async function look() {
  try {
    const answer = await fetch("/safe/state");
    const values = await answer.json().catch(() => ({}));
    if (values.safe !== data.number) location.reload();
  } catch {
    // nobody answers just now
  }
}

for (const way of document.querySelectorAll("[data-way]")) {
  way.addEventListener("click", async () => {
    over.hidden = false;
    if (!(await act(way.dataset.way))) over.hidden = true;
  });
}
setInterval(look, LOOK_EVERY_MS);

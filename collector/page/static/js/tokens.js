// Tokens: the one that was made is shown once.

import { shownOnce } from "/static/js/shown_once.js";

const shows = shownOnce("made", "made-token", "made-done");

document.addEventListener("done", (event) => {
  const { token } = event.detail;
  if (!token) return;
  event.target.closest("dialog")?.close();
  shows(token);
});

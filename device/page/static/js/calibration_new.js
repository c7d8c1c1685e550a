// The choice of targets: the certificates that are ticked go with the calibration.

import { act, say } from "/static/js/page.js";

const begin = document.getElementById("begin");
const refusal = document.getElementById("refusal");

begin?.addEventListener("click", async () => {
  refusal.hidden = true;
  begin.disabled = true;
  const certificates = [...document.querySelectorAll('input[name="certificate"]:checked')].map((box) => box.value);
  const answer = await act("/calibration/begin", { certificates });
  begin.disabled = false;
  if (!answer) {
    refusal.textContent = document.querySelector(".said-words").textContent;
    refusal.hidden = false;
    say(""); // said once, and where it was touched
  }
});

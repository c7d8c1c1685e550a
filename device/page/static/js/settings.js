// Settings with their limits. What was typed is sent as a whole; the instrument says what cannot be, and nothing is kept.
import { act, data, say } from "/static/js/page.js";

const LOOK_EVERY_MS = 700;

const form = document.getElementById("settings");
const save = document.getElementById("save");
const before = typed();

/** The value of each setting as it stands on the screen, by its name. */
function typed() {
  const values = {};
  for (const setting of document.querySelectorAll("[data-setting]")) {
    const chosen = setting.querySelector("input[type=radio]:checked");
    const field = setting.querySelector("input:not([type=radio])");
    if (chosen) values[setting.dataset.setting] = JSON.parse(chosen.value);
    else if (field) values[setting.dataset.setting] = setting.dataset.kind === "text" ? field.value : field.valueAsNumber;
  }
  return values;
}

function changed() {
  const now = typed();
  return Object.fromEntries(Object.entries(now).filter(([name, value]) => value !== before[name]));
}

/** Wait until the instrument is open anew, then load this screen again, from whoever answers. */
async function comeBack() {
  document.getElementById("over").hidden = false;
  for (;;) {
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
    try {
      const answer = await fetch("/settings/opened");
      const values = await answer.json().catch(() => ({}));
      if (values.opened !== data.opened) break;
    } catch {
      // it is not open yet
    }
  }
  location.reload();
}

form.addEventListener("input", () => {
  save.disabled = Object.keys(changed()).length === 0;
});
form.addEventListener("click", (event) => {
  const step = event.target.closest("[data-step]");
  if (!step) return;
  const field = step.parentElement.querySelector("input");
  const now = Number.isNaN(field.valueAsNumber) ? Number(field.min) : Math.round(field.valueAsNumber);
  const size = 10 ** Math.max(0, Math.floor(Math.log10(Math.max(1, now))) - 1);
  const limit = (value) => Math.min(Number(field.max), Math.max(Number(field.min), value));
  field.value = limit(now + size * Number(step.dataset.step));
  field.dispatchEvent(new Event("input", { bubbles: true }));
});
// A foot switch is a keyboard with one key: what it types is what is kept.
for (const field of document.querySelectorAll("input[data-pressed]")) {
  field.addEventListener("keydown", (event) => {
    if (event.key === "Tab" || event.key === "Shift") return;
    event.preventDefault();
    field.value = event.key;
    field.dispatchEvent(new Event("input", { bubbles: true }));
  });
}
form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const by = document.getElementById("by");
  const wrong = form.querySelector("input:invalid:not(#by)");
  if (wrong) {
    say(`${wrong.labels?.[0]?.textContent ?? ""}: ${wrong.validationMessage}`);
    wrong.focus();
    return;
  }
  if (!by.value.trim()) {
    say(data.words.who);
    by.focus();
    return;
  }
  save.disabled = true;
  const answer = await act("/settings", { by: by.value.trim(), values: changed() });
  if (!answer) save.disabled = false;
  else if (answer.reopens) await comeBack();
  else say(data.words.saved, true);
});

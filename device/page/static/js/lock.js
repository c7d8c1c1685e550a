// The lock: a keypad, the keyboard beside it, and the wait after wrong PINs.

import { ask, data } from "/static/js/page.js";

const shown = document.getElementById("pin-shown");
const dots = shown.querySelector(".lock-dots");
const count = document.getElementById("pin-count");
const said = document.getElementById("pin-said");
const keys = [...document.querySelectorAll(".lock-key")];

let typed = "";
let waitsUntil = 0;
let looking = false;

/** Show a sentence under the digits. */
function tell(sentence, plain = false) {
  if (said.textContent !== sentence) said.textContent = sentence;
  said.classList.toggle("plain", plain);
}

/** Show how many digits are typed, never which. */
function show(state = typed ? "typed" : "empty") {
  shown.dataset.state = state;
  dots.replaceChildren(
    ...[...typed].map(() => {
      const dot = document.createElement("span");
      dot.className = "lock-dot";
      return dot;
    }),
  );
  const { digits, one_digit: oneDigit, no_digit: noDigit } = data.words;
  count.textContent = typed.length === 0 ? noDigit : typed.length === 1 ? oneDigit : digits.replace("%s", typed.length);
}

/** Take a key: a digit, "erase" or "done". What is typed while a PIN is looked at, or has to wait, does not count. */
function take(key) {
  if (looking || performance.now() < waitsUntil) return;
  if (key === "done") {
    unlock();
    return;
  }
  typed = key === "erase" ? typed.slice(0, -1) : (typed + key).slice(0, data.most_digits);
  tell("");
  show();
}

async function unlock() {
  if (typed.length < data.fewest_digits) {
    tell(data.words.short.replace("%s", data.fewest_digits));
    return;
  }
  looking = true;
  tell(data.words.looking, true);
  const { answered, ok, values } = await ask("/unlock", { pin: typed, next: data.after });
  looking = false;
  if (ok) {
    location.replace(values.go);
    return;
  }
  if (answered) typed = "";
  tell(answered ? (values.sentence ?? "") : data.words.unreachable);
  show(answered ? "wrong" : "typed");
  if (values.wait_s) wait(values.wait_s);
}

/** Count down until the next try is looked at. */
function wait(seconds) {
  waitsUntil = performance.now() + seconds * 1000;
  const tick = () => {
    const left = Math.ceil((waitsUntil - performance.now()) / 1000);
    const waiting = left > 0;
    // aria-disabled, not disabled: who is on a key with the keyboard stays there
    for (const key of keys) key.setAttribute("aria-disabled", `${waiting}`);
    if (!waiting) {
      tell("");
      show();
      return;
    }
    const time = left < 60 ? `${left} s` : `${Math.floor(left / 60)}:${`${left % 60}`.padStart(2, "0")} min`;
    tell(data.words.wait.replace("%s", time));
    setTimeout(tick, 1000 - ((left * 1000 - (waitsUntil - performance.now())) % 1000));
  };
  tick();
}

for (const key of keys) key.addEventListener("click", () => take(key.dataset.digit ?? (key.id === "pin-erase" ? "erase" : "done")));

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey) return;
  if (/^[0-9]$/.test(event.key)) take(event.key);
  else if (event.key === "Backspace") take("erase");
  // Enter on a key of the pad is that key
  else if (event.key === "Enter" && !event.target.closest?.("button")) take("done");
});

// Unlocked in another tab, or come back to by the browser's own button: the screen itself says what holds.
document.addEventListener("visibilitychange", () => {
  if (!document.hidden && !typed && !looking && performance.now() >= waitsUntil) location.reload();
});

show();
if (data.wait_s > 0) wait(data.wait_s);

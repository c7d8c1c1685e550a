// What all screens share: the data block, what is said to the technician, and actions.

const token = document.querySelector('meta[name="chair-token"]').content;

/** The values that the screen's template left for its script; an empty object where it left none. */
export const data = JSON.parse(document.getElementById("data")?.textContent ?? "{}");

/** Show a sentence above the screen, read out at once; an empty one takes it away. */
export function say(sentence, plain = false) {
  const box = document.getElementById("said");
  box.querySelector(".said-words").textContent = sentence;
  box.classList.toggle("plain", plain);
  box.hidden = !sentence;
}

/**
 * Do something at the instrument. On success go where it says, or give its answer back; else say why not and give null.
 * @param {string} url of the action
 * @param {object} asked its body
 */
export async function act(url, asked = {}) {
  let answer;
  try {
    answer = await fetch(url, {
      method: "POST",
      headers: { "content-type": "application/json", "x-chair-token": token },
      body: JSON.stringify(asked),
    });
  } catch {
    say(data.unreachable ?? "The instrument does not answer. It is tried again when you touch the button.");
    return null;
  }
  const values = await answer.json().catch(() => ({}));
  if (!answer.ok) {
    say(values.sentence ?? `${answer.status}`);
    return null;
  }
  say("");
  if (values.go) location.assign(values.go);
  return values;
}

// A button that names its action needs no script of its own.
document.addEventListener("click", (event) => {
  const button = event.target.closest("button[data-act]");
  if (button) act(button.dataset.act, JSON.parse(button.dataset.asked ?? "{}"));
});

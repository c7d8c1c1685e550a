// What all screens share: the data block, what is said, actions, forms, dialogs and the bar's menu.

/** The values that the screen's template left for its script; an empty object where it left none. */
export const data = JSON.parse(document.getElementById("data")?.textContent ?? "{}");

const TOKEN = 'meta[name="clinic-token"]';
let token = document.querySelector(TOKEN)?.content ?? "";

/** Show a sentence above the screen, read out at once; an empty one takes it away. */
export function say(sentence, plain = false) {
  const box = document.getElementById("said");
  box.querySelector(".said-words").textContent = sentence;
  box.classList.toggle("plain", plain);
  box.hidden = !sentence;
}

/**
 * Do something at the collector. On success go where it says, or give its answer back; else say why not, and give null
 * where it was refused, undefined where nobody answered.
 * @param {string} url of the action
 * @param {object} asked its body
 * @param {(sentence: string, values: object) => void} tell shows why not; above the screen if it is left out
 */
export async function act(url, asked = {}, tell = say) {
  const { answered, ok, status, values } = await ask(url, asked);
  if (!answered) {
    tell(document.getElementById("said").dataset.unreachable, {});
    return undefined;
  }
  if (values.signed_out) {
    location.assign(`/sign-in?next=${encodeURIComponent(location.pathname + location.search)}`);
    return null;
  }
  if (!ok) {
    tell(values.sentence ?? `${status}`, values);
    return null;
  }
  tell("", {});
  if (values.go) location.assign(values.go);
  if (values.reload) location.reload();
  return values;
}

async function ask(url, asked) {
  try {
    let [answer, values] = await send(url, asked);
    if (answer.status === 403 && values.stale && (await renewed())) [answer, values] = await send(url, asked);
    return { answered: true, ok: answer.ok, status: answer.status, values };
  } catch {
    return { answered: false, ok: false, status: 0, values: {} };
  }
}

async function send(url, asked) {
  const answer = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json", ...(token ? { "x-clinic-token": token } : {}) },
    body: JSON.stringify(asked),
  });
  return [answer, await answer.json().catch(() => ({}))];
}

/** Take this very address's present token: the same person signed in anew in another tab. */
async function renewed() {
  const text = await (await fetch(location.href)).text();
  const found = new DOMParser().parseFromString(text, "text/html");
  const now = found.querySelector(TOKEN)?.content;
  if (!now || now === token || whoIs(found) !== whoIs(document)) return false;
  token = now;
  return true;
}

function whoIs(page) {
  return page.querySelector(".menu-who strong")?.textContent;
}

/** Do something once: until its answer, and while the next screen comes, another touch of its button counts for nothing. */
async function once(button, doing) {
  if (button?.getAttribute("aria-disabled") === "true") return;
  button?.setAttribute("aria-disabled", "true"); // not disabled: who is on it with the keyboard stays there
  const answer = await doing();
  if (!answer?.go && !answer?.reload) button?.removeAttribute("aria-disabled");
}

/** What a form holds, as an action takes it: numbers as such, boxes as yes or no, an empty optional field as nothing. */
export function valuesOf(form) {
  const values = {};
  for (const field of form.elements) {
    if (!field.name || field.disabled || (field.type === "radio" && !field.checked)) continue;
    if (field.type === "checkbox") values[field.name] = field.checked;
    else if (field.type === "number") values[field.name] = field.value === "" ? null : Number(field.value);
    else values[field.name] = field.value === "" && field.hasAttribute("data-nothing") ? null : field.value;
  }
  return values;
}

// A form that names its action needs no script of its own: what it is refused for is said within it, and what came back
// is told by the event "done".
async function submitted(form) {
  const box = form.querySelector(".form-said");
  const tell = (sentence) => {
    if (!box) return say(sentence);
    box.classList.remove("plain");
    box.textContent = sentence;
    return undefined;
  };
  const answer = await act(form.dataset.act, valuesOf(form), tell);
  if (!answer) return answer;
  if (answer.said && box) {
    box.classList.add("plain");
    box.textContent = answer.said;
  }
  if (form.dataset.clears !== undefined) form.reset();
  form.dispatchEvent(new CustomEvent("done", { detail: answer, bubbles: true }));
  return answer;
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.dataset.act) return;
  event.preventDefault();
  once(form.querySelector("button:not([type=button])"), () => submitted(form));
});

// Come back to by the browser's own button: somebody may have signed out since, and the page as it was shows a patient.
addEventListener("pageshow", (event) => event.persisted && location.reload());

// A button that names its action needs no script of its own either.
document.addEventListener("click", (event) => {
  const button = event.target.closest("button[data-act]");
  if (button) {
    once(button, async () => {
      const answer = await act(button.dataset.act, JSON.parse(button.dataset.asked ?? "{}"));
      if (answer) button.dispatchEvent(new CustomEvent("done", { detail: answer, bubbles: true }));
      else button.closest("dialog")?.close(); // what stood in the way is said above the screen, behind it
      return answer;
    });
  }
  const opener = event.target.closest("[data-open]");
  if (opener) document.getElementById(opener.dataset.open).showModal();
  if (event.target.closest("[data-close]")) event.target.closest("dialog").close();
  if (event.target.closest("#said-close")) say("");
  closeMenus(event.target);
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  const menu = document.querySelector(".menu[open]");
  if (!menu) return;
  menu.open = false;
  menu.querySelector("summary").focus();
});

function closeMenus(target) {
  for (const menu of document.querySelectorAll(".menu[open]")) if (!menu.contains(target)) menu.open = false;
}

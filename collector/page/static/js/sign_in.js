// Passwords: shown while somebody wants to see them, and the wait after wrong ones.

import { act, valuesOf } from "/static/js/page.js";

for (const button of document.querySelectorAll("[data-shows]")) {
  const field = document.getElementById(button.dataset.shows);
  button.addEventListener("click", () => {
    const shows = field.type === "password";
    field.type = shows ? "text" : "password";
    button.setAttribute("aria-pressed", `${shows}`);
  });
}

const form = document.getElementById("sign-in");
if (form) {
  const button = form.querySelector("button:not([type])");
  const said = form.querySelector(".form-said");
  const password = document.getElementById("password");
  let asking = false;
  let waitsUntil = 0;

  /** Count down until the next try is looked at. */
  const wait = (sentence) => {
    const left = Math.ceil((waitsUntil - performance.now()) / 1000);
    button.setAttribute("aria-disabled", `${left > 0}`);
    if (left <= 0) {
      said.textContent = "";
      return;
    }
    const time = left < 60 ? `${left} s` : `${Math.floor(left / 60)}:${`${left % 60}`.padStart(2, "0")} min`;
    said.textContent = `${sentence} ${said.dataset.wait.replace("%s", time)}`;
    setTimeout(() => wait(sentence), 1000);
  };

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (asking || performance.now() < waitsUntil) return;
    asking = true;
    button.setAttribute("aria-disabled", "true");
    const answer = await act("/sign-in", valuesOf(form), (sentence, values) => {
      said.textContent = sentence;
      if (!values.wait_s) return;
      waitsUntil = performance.now() + values.wait_s * 1000;
      wait(sentence);
    });
    asking = false;
    if (answer) return;
    if (performance.now() >= waitsUntil) button.removeAttribute("aria-disabled");
    password.select();
    password.focus();
  });
}

// Accounts: which one a dialog is about, and the one-time link that is shown once.

import { shownOnce } from "/static/js/shown_once.js";

const openers = { roleOf: "role", linkOf: "resetting", closes: "closing" };
const shows = shownOnce("link", "link-address", "link-done");

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-role-of], [data-link-of], [data-closes]");
  if (!button) return;
  const kind = Object.keys(openers).find((one) => one in button.dataset);
  const dialog = document.getElementById(openers[kind]);
  const name = button.dataset[kind];
  dialog.querySelector(".who").textContent = name;
  dialog.querySelector('input[name="name"]').value = name;
  dialog.querySelector(".form-said").textContent = "";
  for (const role of dialog.querySelectorAll('input[name="role"]')) role.checked = role.value === button.dataset.role;
  dialog.showModal();
});

document.addEventListener("done", (event) => {
  const { link, name } = event.detail;
  if (!link) return;
  event.target.closest("dialog")?.close();
  document.querySelector("#link .who").textContent = name;
  shows(new URL(link, location.origin).href);
});

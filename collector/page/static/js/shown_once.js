// A secret that is shown once: copied by a button, gone with the dialog.

import { data } from "/static/js/page.js";

/**
 * Return what shows a secret in a dialog, whose closing loads the screen again.
 * @param {string} dialogId of the dialog
 * @param {string} secretId of where the secret stands in it
 * @param {string} doneId of the button that ends it
 */
export function shownOnce(dialogId, secretId, doneId) {
  const dialog = document.getElementById(dialogId);
  const place = document.getElementById(secretId);
  const copied = document.getElementById("copied");
  document.getElementById(doneId).addEventListener("click", () => dialog.close());
  dialog.addEventListener("close", () => {
    place.textContent = "";
    location.reload();
  });
  dialog.querySelector("[data-copies]").addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(place.textContent);
      copied.textContent = data.copied;
    } catch {
      getSelection().selectAllChildren(place); // without TLS a browser gives no clipboard: copied by hand
    }
  });
  return (secret) => {
    place.textContent = secret;
    copied.textContent = "";
    dialog.showModal();
  };
}

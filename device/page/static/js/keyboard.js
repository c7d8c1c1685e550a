// The keyboard on the screen: each key types into its field as a real one would.

document.addEventListener("click", (event) => {
  const key = event.target.closest("[data-keyboard] [data-key]");
  if (!key) return;
  const field = document.getElementById(key.closest("[data-keyboard]").dataset.keyboard);
  const letter = key.dataset.key;
  const from = field.selectionStart ?? field.value.length;
  const to = field.selectionEnd ?? from;
  if (letter !== "erase") field.setRangeText(letter, from, to, "end");
  else if (to > from) field.setRangeText("", from, to, "end");
  else if (from > 0) field.setRangeText("", from - 1, from, "end");
  field.dispatchEvent(new Event("input", { bubbles: true }));
});

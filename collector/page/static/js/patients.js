// The list follows what is typed. Without this, the form asks for it.
const PAUSE_MS = 180;

const form = document.querySelector("form.search");
const field = form.querySelector("input");
let waiting = 0;
let asked = null;

async function follow(address) {
  asked?.abort();
  asked = new AbortController();
  try {
    const answer = await fetch(address, { signal: asked.signal, headers: { accept: "text/html" } });
    if (!answer.ok || answer.redirected) {
      location.assign(address); // signed out, say: the page itself tells
      return;
    }
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    document.getElementById("found").replaceWith(page.getElementById("found"));
    history.replaceState(null, "", address);
  } catch (error) {
    if (error.name !== "AbortError") location.assign(address);
  }
}

function address() {
  const code = field.value.trim();
  return code ? `/patients?code=${encodeURIComponent(code)}` : "/patients";
}

field.addEventListener("input", () => {
  clearTimeout(waiting);
  waiting = setTimeout(() => follow(address()), PAUSE_MS);
});
form.addEventListener("submit", (event) => {
  event.preventDefault();
  clearTimeout(waiting);
  const rows = document.querySelectorAll("#found tbody tr");
  const first = document.querySelector("#found tbody a");
  // One patient left, and that is who was typed: Enter opens them.
  if (rows.length === 1 && first.textContent === field.value.trim().toUpperCase()) location.assign(first.href);
  else follow(address());
});

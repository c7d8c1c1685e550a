// What is new: one tab of a browser listens and tells the others, as browsers open few connections to one address.
// A page is never changed under the hand: numbers are written in their places, and a bar offers to load the page again.

const place = document.getElementById("live");
const since = Number(place?.dataset.since);
const tabs = "BroadcastChannel" in window ? new BroadcastChannel("trichoscope-live") : undefined;
const AGAIN_AFTER_MS = 60_000;

const known = { captures: 0, changed: 0, patients: {} };
let closed = 0; // what was new when the bar was closed: only what is newer shows it again

/** Take news in: times only grow, as another tab's collector may have begun to look later. */
function take(news) {
  known.captures = Math.max(known.captures, news.captures ?? 0);
  known.changed = Math.max(known.changed, news.changed ?? 0);
  for (const [code, at] of Object.entries(news.patients ?? {})) {
    known.patients[code] = Math.max(known.patients[code] ?? 0, at);
  }
  for (const name of ["online", "devices", "quarantine", "alarms"]) if (name in news) write(name, news[name]);
  if (newest() > Math.max(since, closed)) show(place.dataset.new);
}

function write(name, value) {
  for (const element of document.querySelectorAll(`[data-live="${name}"]`)) {
    const most = Number(element.dataset.most ?? Infinity);
    const before = element.dataset.value ?? element.textContent.trim();
    if (before === String(value)) continue;
    element.dataset.value = String(value);
    const shown = Math.min(value, most).toLocaleString(document.documentElement.lang);
    element.textContent = value > most ? `${shown}+` : shown;
  }
}

/** When the newest of what this very page shows was noticed, in milliseconds. */
function newest() {
  const path = location.pathname;
  const [, patient] = path.match(/^\/patients\/([^/]+)/) ?? [];
  if (patient) return known.patients[patient] ?? 0;
  if (path === "/patients" || path === "/studies" || path.startsWith("/studies/")) return known.captures;
  if (path === "/devices" || path.startsWith("/devices/") || path === "/quarantine") return known.changed;
  return path === "/" ? Math.max(known.captures, known.changed) : 0;
}

function show(words) {
  const bar = place.querySelector(".live-bar");
  if (!bar.hidden) return;
  bar.querySelector(".live-words").textContent = words;
  bar.hidden = false;
}

place?.querySelector(".live-bar button").addEventListener("click", () => {
  closed = newest();
  place.querySelector(".live-bar").hidden = true;
});

place?.querySelector(".live-bar a").addEventListener("click", (event) => {
  event.preventDefault();
  location.reload();
});

function tell(kind, news) {
  tabs?.postMessage({ kind, news });
  hear(kind, news);
}

function hear(kind, news) {
  if (kind === "news") take(news);
  if (kind === "over") show(place.dataset.over);
}

let last; // what this tab told last, for those that open later

/** Listen until there is nothing more to hear: signed out, or refused a place. */
function listen() {
  return new Promise((done) => {
    const source = new EventSource("/live");
    source.addEventListener("news", (event) => {
      last = JSON.parse(event.data);
      tell("news", last);
    });
    source.addEventListener("over", () => {
      source.close();
      tell("over");
      done(false);
    });
    source.addEventListener("error", () => {
      if (source.readyState !== EventSource.CLOSED) return; // it connects again by itself
      source.close();
      setTimeout(() => done(true), AGAIN_AFTER_MS);
    });
  });
}

async function listenForAll() {
  while (await listen());
  last = undefined;
}

if (place) {
  tabs?.addEventListener("message", ({ data }) => {
    if (data.kind === "opened" && last) tabs.postMessage({ kind: "news", news: last });
    else hear(data.kind, data.news);
  });
  tabs?.postMessage({ kind: "opened" });
  // The lock goes to the next tab when this one is closed or leaves the page.
  if (tabs && navigator.locks) navigator.locks.request("trichoscope-live", listenForAll);
  else listenForAll();
}

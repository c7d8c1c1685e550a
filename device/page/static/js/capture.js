// The capture screen: what it shows follows from the last message of the instrument, whoever started a capture.

import { act, data } from "/static/js/page.js";
import { Ghost } from "/static/js/ghost.js";
import { Live } from "/static/js/live.js";
import { Meters } from "/static/js/meters.js";
import { beepRefused, beepTaken } from "/static/js/sound.js";
import { Way } from "/static/js/way.js";

const STALE_MS = 1500;
const WORDS_EVERY_MS = 1000; // a screen reader says them: not twenty times a second
const { words } = data;
const at = (id) => document.getElementById(id);
const stage = document.querySelector(".stage");

const meters = new Meters(words, data.limits);
const ghost = new Ghost(data.site_url);
const way = new Way(at("way"));

let link = "connecting";
let refused = "";
let header = null;
let frame = null;
let shownAt = -Infinity;
let seen = data.seen_number; // captures up to this one are none of this screen's
let flashed = data.seen_number;
let heldUntil = 0;
let asking = false;
let begun = 0; // a capture that was begun here is under way, whether the line has told of it yet or not
let failed = "";
let leaving = false;
let saidAt = 0;

const live = new Live(data.query, at("picture"), {
  onLink(now, sentence) {
    if (now === link && !sentence) return;
    link = now;
    refused = sentence ?? "";
    show();
  },
  onHeader(said) {
    header = said;
    if (said.frame) {
      frame = said.frame;
      shownAt = performance.now();
      meters.show(frame.meters);
    }
    if (said.ready) meters.scale(said.ready);
    guide(said.guidance);
    follow(said.taking);
    show();
  },
});
setInterval(show, 500);

/** Show the way to the baseline, by arrow and in words. */
function guide(guidance) {
  const found = guidance !== null && !["looking", "none"].includes(guidance.state);
  if (found && frame) ghost.load(frame.size_px);
  way.draw(guidance, frame ? (frame.size_px[0] * frame.um_per_px) / 1000 : 1);
  const sentence = guidance?.words ?? words[guidance?.state] ?? "";
  const box = at("way-words");
  const changed = at("way-sentence").textContent !== sentence;
  if (changed && performance.now() - saidAt < WORDS_EVERY_MS) return;
  if (changed) {
    saidAt = performance.now();
    at("way-sentence").textContent = sentence;
  }
  box.hidden = !sentence;
  box.className = `way-words ${guidance?.state ?? ""}`;
  const icon = { there: "check", lost: "warn", way: "move" }[guidance?.state] ?? "dot";
  setIcon(at("way-icon"), icon);
}

/** Follow a capture of this site to its result, however it was started. */
function follow(taking) {
  if (taking.number <= seen || !taking.mine) return;
  if (taking.running) {
    failed = "";
    flash(taking.number);
  } else if (taking.stage === "done" && !leaving) {
    leaving = true;
    location.assign(`/captures/${taking.capture_id}`);
  } else if (taking.stage === "failed") {
    seen = taking.number;
    failed = taking.sentence;
  }
}

/** Flash and beep, once for each capture; no other press counts for a second. */
function flash(number) {
  if (number <= flashed) return;
  flashed = number;
  heldUntil = performance.now() + data.lock_ms;
  const box = at("flash");
  box.classList.remove("on");
  requestAnimationFrame(() => box.classList.add("on"));
  beepTaken();
}

/** What keeps a picture from being taken now: words and ways out; null where nothing does. */
function blocked() {
  if (link === "refused") return { words: refused, ways: [] };
  if (link !== "live" || header === null) return { words: link === "connecting" ? words.connecting : words.cut, ways: [] };
  if (!header.seat.technician) return { words: words.nobody, ways: ["start"] };
  if (header.seat.others) {
    return { words: words.others.replace("{technician}", header.seat.others), ways: ["seat"] };
  }
  if (!header.here) return { words: header.elsewhere, ways: ["here"] };
  if (header.taking.running && !header.taking.mine) {
    return { words: words.other_site.replace("{site}", header.taking.site), ways: [] };
  }
  if (working()) return null;
  if (header.trouble) return { words: header.trouble, ways: header.given_up ? ["camera"] : [] };
  if (header.ready?.refusal) return { words: header.ready.refusal, ways: ["health"] };
  if (isStale()) return { words: frame ? words.stale : words.waiting, ways: [] };
  return null;
}

function working() {
  const taking = header?.taking;
  return asking || leaving || begun > (taking?.number ?? 0) || Boolean(taking?.mine && taking.running);
}

function isStale() {
  return performance.now() - shownAt > STALE_MS;
}

/** Bring the screen to what is known. */
function show() {
  const block = blocked();
  const busy = working();
  const isLive = link === "live" && !isStale() && !header?.trouble;
  const isDead = !isLive && !busy;
  const chip = at("live");
  stage.classList.toggle("dead", isDead && frame !== null);
  chip.className = `chip live ${isLive ? "good" : "care"}`;
  setIcon(chip, isLive ? "eye" : "plug");
  set("live-word", isLive ? words.live : link === "connecting" ? words.connecting : words.not_live);
  at("frozen").hidden = !isDead || link === "connecting";
  set("frozen-words", link === "live" ? (frame ? words.stale : words.waiting) : refused || words.cut);

  at("working").hidden = !busy;
  if (busy) set("working-words", words.stages[header?.taking.running ? header.taking.stage : "taking"] ?? words.wait);

  at("blocked").hidden = block === null;
  set("blocked-words", block?.words ?? "");
  for (const name of ["camera", "seat", "here", "start", "health"]) {
    at(`way-${name}`).hidden = !block?.ways.includes(name);
  }
  at("failed").hidden = !failed || block !== null;
  set("failed-words", failed);

  const held = performance.now() < heldUntil;
  const button = at("take");
  button.hidden = block !== null;
  button.disabled = busy || held;
  button.classList.toggle("held", held);
  set("take-word", busy ? words.wait : failed ? words.again : words.take);
  if (held) setTimeout(show, heldUntil - performance.now() + 10);
}

/** Set an icon where it differs: each setting loads it anew, and it is gone meanwhile. */
function setIcon(element, name) {
  const use = element.querySelector("use");
  const href = `/static/icons.svg#${name}`;
  if (use.getAttribute("href") !== href) use.setAttribute("href", href);
}

/** Set a text where it differs: what is read out is not read out again. */
function set(id, text) {
  const element = at(id);
  if (element.textContent !== text) element.textContent = text;
}

async function press(footSwitch) {
  if (blocked() !== null || working() || performance.now() < heldUntil) {
    beepRefused();
    return;
  }
  asking = true;
  failed = "";
  show();
  const answer = await act(`${data.site_url}/capture`, { foot_switch: footSwitch });
  if (answer) {
    begun = answer.number;
    flash(begun);
  }
  asking = false;
  show();
}

at("take").addEventListener("click", () => press(false));
at("way-here").addEventListener("click", () => live.again());
at("way-camera").addEventListener("click", () => act("/camera/again"));
addEventListener("keydown", (event) => {
  if (event.key !== data.foot_switch_key || event.repeat || event.ctrlKey || event.altKey || event.metaKey) return;
  event.preventDefault();
  press(true);
});
at("take").style.setProperty("--held", `${data.lock_ms}ms`);

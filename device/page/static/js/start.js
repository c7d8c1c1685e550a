// The start: a patient's code by keypad, keyboard or barcode scanner, the visit's number, and who works here.

import { act, data, say } from "/static/js/page.js";

/** Keys that follow one another faster than this come from a scanner, not from a finger. */
const SCANNED_WITHIN_MS = 100;
/** A read that is passed over ends with Enter, or where nothing more of it comes for so long. */
const PASSED_OVER_WITHIN_MS = 1000;
const MOST_LETTERS = 20;
const byId = (id) => document.getElementById(id);

byId("hand").addEventListener("click", () => {
  const root = document.documentElement;
  root.dataset.hand = root.dataset.hand === "left" ? "right" : "left";
  localStorage.setItem("hand", root.dataset.hand);
});
for (const button of document.querySelectorAll("[data-language]")) {
  button.addEventListener("click", async () => {
    if (await act("/language", { language: button.dataset.language })) location.reload();
  });
}

if (byId("who")) askWhoWorksHere();
else askWhoseVisit();

function askWhoWorksHere() {
  const work = (technician) => act("/technician", { technician });
  byId("who").addEventListener("submit", async (event) => {
    event.preventDefault();
    const field = byId("who-code");
    if (await work(field.value)) return;
    field.value = ""; // what was refused may be a name: it does not stay on the screen
    field.focus();
  });
  for (const button of document.querySelectorAll("[data-technician]")) {
    button.addEventListener("click", () => work(button.dataset.technician));
  }
}

function askWhoseVisit() {
  let code = "";
  let visit = null;
  let lastKeyMs = -Infinity;
  let proposing = false;
  let passing = false; // a read that came while another one was looked up: it is passed over to its end

  const stem = () => (data.stems.length === 1 ? data.stems[0] : "");
  const show = () => {
    const shown = code || stem();
    byId("code").textContent = shown || byId("code").dataset.example;
    byId("code").classList.toggle("waiting", !code);
  };
  const type = (text, fast = false) => {
    if (byId("step-code").hidden) another();
    // A finger may leave the letters out; in a scanner's burst a digit without them is the rest of something.
    const before = /^[0-9]/.test(text) && !code && !fast ? stem() : code;
    code = (before + text.toUpperCase()).slice(0, MOST_LETTERS);
    show();
  };
  const erase = () => {
    code = code.slice(0, -1);
    if (code.length <= stem().length) code = "";
    show();
  };
  function another() {
    code = "";
    visit = null;
    byId("step-code").hidden = false;
    byId("step-visit").hidden = true;
    show();
  }
  const choose = (patient, number, open) => {
    visit = { patient, number, proposed: number, open };
    byId("chosen").textContent = patient;
    byId("step-code").hidden = true;
    byId("step-visit").hidden = false;
    showVisit();
    byId("begin").focus();
  };
  const showVisit = () => {
    showQuestion("");
    const goesOn = visit.open && visit.number === visit.proposed;
    byId("number").textContent = visit.number;
    byId("going-on").hidden = !goesOn;
    byId("begin").lastChild.textContent = goesOn ? data.words.goOn : data.words.begin;
    byId("fewer").disabled = visit.number <= 1;
    byId("more").disabled = visit.number >= data.lastVisit;
  };
  const accept = async () => {
    if (!code) return;
    if (proposing) return;
    proposing = true;
    const proposed = await act("/visits/proposed", { patient: code });
    proposing = false;
    if (!proposed) {
      // What was refused may be a name: it does not stay on the screen. Without an answer nothing was.
      if (proposed === null) code = "";
      show();
      return;
    }
    choose(proposed.patient, proposed.visit, proposed.open);
  };
  /** Ask back before a visit of an earlier day is gone on with; another number, or patient, answers too. */
  const showQuestion = (sentence) => {
    byId("asked").hidden = !sentence;
    byId("asked-words").textContent = sentence;
    byId("begin").hidden = Boolean(sentence);
  };
  const begin = async (again) => {
    const asked = { technician: data.technician, patient: visit.patient, visit: visit.number, again };
    const answer = await act("/visits", asked);
    if (answer?.asks) showQuestion(answer.asks);
  };
  const step = (by) => {
    visit.number += by;
    showVisit();
  };

  for (const key of document.querySelectorAll("[data-digit]")) {
    key.addEventListener("click", () => type(key.dataset.digit));
  }
  for (const key of document.querySelectorAll("[data-stem]")) {
    key.addEventListener("click", () => {
      code = "";
      type(key.dataset.stem);
    });
  }
  for (const row of document.querySelectorAll("[data-patient]")) {
    row.addEventListener("click", () => {
      say("");
      choose(row.dataset.patient, Number(row.dataset.visit), false);
    });
  }
  byId("erase").addEventListener("click", erase);
  byId("accept").addEventListener("click", accept);
  byId("another").addEventListener("click", another);
  byId("begin").addEventListener("click", () => begin(false));
  byId("begin-again").addEventListener("click", () => begin(true));
  byId("fewer").addEventListener("click", () => step(-1));
  byId("more").addEventListener("click", () => step(1));

  // A scanner is a keyboard that types fast and ends with Enter, wherever the focus is.
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || event.isComposing || event.target.closest("dialog")) return;
    const fast = event.timeStamp - lastKeyMs < SCANNED_WITHIN_MS;
    if (proposing || (passing && event.timeStamp - lastKeyMs < PASSED_OVER_WITHIN_MS)) {
      passing = event.key !== "Enter";
      lastKeyMs = event.timeStamp;
      if (event.key === "Enter") event.preventDefault();
      return;
    }
    passing = false;
    if (event.key === "Enter") {
      if (code && !byId("step-code").hidden && (fast || !event.target.closest("button, a"))) {
        event.preventDefault();
        accept();
      }
    } else if (event.key === "Backspace") {
      erase();
    } else if (event.key.length === 1 && /[\p{L}\p{N}@.\-]/u.test(event.key)) {
      // A foot switch types a letter too: alone, it is no code.
      const stepped = event.key === data.footSwitchKey && !fast && !data.stems.some((one) => one[0] === event.key);
      lastKeyMs = event.timeStamp;
      if (!stepped) type(event.key, fast);
    }
  });
  show();
}

// Correcting hairs: a tool in hand, each touch at once in the instrument's store, the figures that follow beside.

import { act, data, say } from "/static/js/page.js";
import { tools } from "/static/js/viewer/tools.js";
import { Viewer } from "/static/js/viewer/viewer.js";

const CURSOR_STEP_PX = 12;
const CURSOR_FINE_PX = 2;
const byId = (id) => document.getElementById(id);
const { here, words } = data;

let state = data.state;
let kind = "terminal";
let inHand = null;
let line = Promise.resolve(); // actions one after another, each sent with what the answer before it showed
let waiting = 0;
let gone = false; // the next screen is on its way
let failures = 0; // what stood in line behind an action that was not taken is not sent
let undone = []; // what redo brings back, the last one last

const viewer = new Viewer(document.querySelector(".viewer"), {
  picture: data.picture,
  overlay: state.overlay,
  unreachable: words.unreachable,
});
const looking = viewer.tool;
const tell = (sentence) => (byId("how").textContent = sentence);
viewer.onHair = (hair) => {
  viewer.choose(hair);
  tell(hair ? hair.words : words.noHair);
};

/**
 * Do something in its turn: fingers are faster than the instrument, and nothing that was touched is left out in silence.
 * @param {() => Promise<unknown> | void} work
 */
function inTurn(work) {
  const before = failures;
  const run = async () => {
    try {
      if (gone) return;
      if (before === failures) await work();
      else tell(words.dropped);
    } finally {
      waiting -= 1;
      showDeeds();
    }
  };
  waiting += 1;
  if (waiting > 1) tell(words.waiting.replace("{count}", String(waiting)));
  showDeeds();
  line = line.then(run, run);
}

/** Have an action of the draft done, and show what follows from it. Only in turn: it is sent with what is shown then. */
async function have(path, asked = {}) {
  const answer = await act(`${here}/${path}`, { ...asked, seen: state.seen });
  viewer.redraw();
  gone = Boolean(answer?.go);
  const taken = Boolean(answer) && !answer.note;
  if (!taken) failures += 1;
  if (answer?.seen) show(answer);
  if (answer?.note) {
    undone = [];
    say(answer.note);
  } else if (taken && !gone) tell(words.kept.replace("{count}", String(answer.hairs[1])));
  return taken;
}

const edit = (what) =>
  inTurn(async () => {
    if (await have("draft", { edit: what })) undone = [];
  });

const kit = tools(viewer, { edit, tell, words, kind: () => kind });

function take(name) {
  inHand?.leave?.();
  inHand = name && kit[name];
  viewer.tool = inHand ?? looking;
  viewer.choose(null);
  viewer.above = (context, view) => {
    inHand?.above?.(context, view);
    drawCursor(context, view);
  };
  for (const button of document.querySelectorAll("[data-tool]")) {
    button.setAttribute("aria-pressed", String(button.dataset.tool === name));
  }
  byId("kinds").hidden = name !== "add";
  tell(words[name ?? "look"]);
  viewer.redraw();
}

for (const button of document.querySelectorAll("[data-tool]")) {
  button.addEventListener("click", () => take(button.getAttribute("aria-pressed") === "true" ? null : button.dataset.tool));
}
for (const button of document.querySelectorAll("[data-kind]")) {
  button.addEventListener("click", () => {
    kind = button.dataset.kind;
    for (const one of document.querySelectorAll("[data-kind]")) {
      one.setAttribute("aria-pressed", String(one === button));
    }
  });
}

// Undo and redo.
async function undo(place) {
  const last = place === state.edits.length - 1 ? state.last : null;
  if (await have("draft/undo", { place })) undone = last ? [...undone, last] : [];
}

byId("undo").addEventListener("click", () => inTurn(() => isSome() && undo(state.edits.length - 1)));
byId("redo").addEventListener("click", () =>
  inTurn(async () => {
    const again = undone.at(-1);
    if (again && (await have("draft", { edit: again }))) undone = undone.slice(0, -1);
  }),
);

// The end.
byId("finish").addEventListener("click", () => inTurn(() => isSome() && have("corrections")));
byId("discard").addEventListener("click", () => {
  if (isSome() || waiting || data.trouble) byId("sure").showModal();
  else location.assign(here);
});
byId("discard-now").addEventListener("click", () => {
  byId("sure").close();
  inTurn(() => have("draft/discard"));
});
byId("result").addEventListener("click", (event) => {
  if (!waiting) return;
  event.preventDefault();
  inTurn(() => location.assign(here));
});
// Come back to by the browser's own button: what is shown may be old.
addEventListener("pageshow", (event) => event.persisted && location.reload());

// A cross that keys move: what a finger does, without one.
let cursor = null;
viewer.onKey = (event) => {
  const step = event.shiftKey ? CURSOR_FINE_PX : CURSOR_STEP_PX;
  const by = { ArrowLeft: [-step, 0], ArrowRight: [step, 0], ArrowUp: [0, -step], ArrowDown: [0, step] }[event.key];
  if (by) {
    const [x, y] = viewer.view.toScreen(cursor ?? viewer.view.toPicture([viewer.view.width / 2, viewer.view.height / 2]));
    const [width, height] = viewer.overlay.size;
    const [px, py] = viewer.view.toPicture([x + by[0], y + by[1]]);
    cursor = [Math.min(Math.max(px, 0), width - 1), Math.min(Math.max(py, 0), height - 1)];
    viewer.view.reveal(cursor);
    inHand?.hover?.(cursor);
  } else if ((event.key === "Enter" || event.key === " ") && cursor) {
    (inHand?.press ?? viewer.tool.tap)(cursor);
  } else if (event.key === "Escape" && inHand) take(null);
  else return false;
  return true;
};
viewer.canvas.addEventListener("blur", () => {
  cursor = null;
  viewer.redraw();
});
viewer.canvas.addEventListener("focus", () => viewer.canvas.matches(":focus-visible") && tell(words.cursor));
viewer.canvas.addEventListener("pointerdown", () => (cursor = null));

function drawCursor(context, view) {
  if (!cursor) return;
  const [x, y] = view.toScreen(cursor);
  for (const [width, colour] of [[6, viewer.colours.casing], [2.5, viewer.colours.chosen]]) {
    context.beginPath();
    context.moveTo(x - 18, y);
    context.lineTo(x - 5, y);
    context.moveTo(x + 5, y);
    context.lineTo(x + 18, y);
    context.moveTo(x, y - 18);
    context.lineTo(x, y - 5);
    context.moveTo(x, y + 5);
    context.lineTo(x, y + 18);
    context.lineWidth = width;
    context.strokeStyle = colour;
    context.stroke();
  }
}

// What the screen says of the corrections.
function show(answer) {
  state = answer;
  viewer.overlay = state.overlay;
  const make = (tag, text = "", className = "") => Object.assign(document.createElement(tag), { textContent: text, className });
  const figure = (written) => {
    const cell = make("td");
    const [value, interval = ""] = written.split(" (");
    cell.append(make("b", value), make("span", interval.slice(0, -1), "interval"));
    return cell;
  };
  const rows = [state.figures[0], { words: words.hairs, counts: state.hairs }, ...state.figures.slice(1)];
  byId("figures").replaceChildren(
    ...rows.map((row) => {
      const line = make("tr");
      const head = make("th", row.words);
      if (row.unit) head.append(make("span", row.unit, "interval"));
      head.scope = "row";
      const cells = row.counts
        ? row.counts.map((count) => figure(String(count)))
        : [figure(row.automatic), figure(row.corrected)];
      line.append(head, ...cells);
      return line;
    }),
  );
  byId("edits").replaceChildren(
    ...state.edits.map((one, place) => {
      const item = make("li");
      const said = make("span", `${place + 1}. ${one.words}`, "edit-words");
      const published = place < state.published;
      said.append(make("small", `${one.by}, ${one.time}${published ? `, ${words.published}` : ""}`));
      item.append(said);
      if (!published) {
        const button = make("button", words.undo, "button");
        button.type = "button";
        button.setAttribute("aria-label", `${words.undo}: ${place + 1}. ${one.words}`);
        button.addEventListener("click", () => (waiting ? tell(words.first) : inTurn(() => undo(place))));
        item.append(button);
      }
      return item;
    }),
  );
  byId("no-edits").hidden = state.edits.length > 0;
  showDeeds();
  viewer.redraw();
}

function isSome() {
  return state.edits.length > state.published;
}

function showDeeds() {
  const some = isSome() || waiting > 0;
  byId("undo").setAttribute("aria-disabled", String(!some));
  byId("redo").setAttribute("aria-disabled", String(!undone.length));
  byId("finish").setAttribute("aria-disabled", String(!some));
}

show(state);
take(null);
say(data.trouble);

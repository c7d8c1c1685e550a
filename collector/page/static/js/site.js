// Two pictures over each other, with a slider between them and a zoom. Without this they stand beside each other.
const LARGEST = 8;
const STEP = 1.5;
const FINE_FROM = 1.4;
const SVG = "http://www.w3.org/2000/svg";

for (const select of document.querySelectorAll(".choose select")) {
  select.addEventListener("change", () => {
    const form = select.form;
    location.assign(`${form.action.split("#")[0]}?${new URLSearchParams(new FormData(form))}#pictures`);
  });
}
document.querySelector(".choose")?.addEventListener("submit", (event) => {
  event.preventDefault();
  const form = event.currentTarget;
  location.assign(`${form.action.split("#")[0]}?${new URLSearchParams(new FormData(form))}#pictures`);
});

const section = document.getElementById("pictures");
if (section) over(section);

function over(section) {
  const [earlier, later] = section.querySelectorAll(".pair svg.scalp");
  const stage = section.querySelector("#stage");
  const slider = section.querySelector("#slider");
  const whole = earlier.viewBox.baseVal;
  const full = { x: whole.x, y: whole.y, width: whole.width, height: whole.height };
  let share = 0.5;
  let zoom = 1;
  let middle = { x: full.x + full.width / 2, y: full.y + full.height / 2 };

  const part = (name, attributes = {}) => {
    const made = document.createElementNS(SVG, name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    return made;
  };
  const layer = (from) => [".picture-layer", ".marks-layer"].map((one) => from.querySelector(one).cloneNode(true));
  const clip = part("clipPath", { id: "shown-later" });
  const shown = part("rect", { y: full.y - full.height, height: 3 * full.height });
  clip.append(shown);
  const hidden = part("clipPath", { id: "shown-earlier" });
  const rest = part("rect", { y: full.y - full.height, height: 3 * full.height });
  hidden.append(rest);
  const under = part("g", { "clip-path": "url(#shown-earlier)" });
  under.append(...layer(earlier));
  const above = part("g", { "clip-path": "url(#shown-later)" });
  above.append(...layer(later));
  const casing = part("line", { class: "divider casing" });
  const divider = part("line", { class: "divider" });
  const bar = earlier.querySelector(".bar-layer").cloneNode(true);
  stage.append(clip, hidden, under, above, earlier.querySelector(".shared-layer").cloneNode(true), casing, divider, bar);

  function seen() {
    const width = full.width / zoom;
    const height = full.height / zoom;
    const held = (value, least, most) => Math.min(Math.max(value, least), most);
    middle = {
      x: held(middle.x, full.x + width / 2, full.x + full.width - width / 2),
      y: held(middle.y, full.y + height / 2, full.y + full.height - height / 2),
    };
    return { x: middle.x - width / 2, y: middle.y - height / 2, width, height };
  }

  function draw() {
    const box = seen();
    stage.setAttribute("viewBox", `${box.x} ${box.y} ${box.width} ${box.height}`);
    const x = box.x + share * box.width;
    rest.setAttribute("x", full.x - full.width);
    rest.setAttribute("width", Math.max(0, x - full.x + full.width));
    shown.setAttribute("x", x);
    shown.setAttribute("width", 3 * full.width);
    for (const line of [casing, divider]) {
      for (const [key, value] of [["x1", x], ["x2", x], ["y1", box.y], ["y2", box.y + box.height]]) line.setAttribute(key, value);
    }
    bar.setAttribute("visibility", zoom > 1 ? "hidden" : "visible");
    stage.classList.toggle("enlarged", zoom > 1);
    section.querySelector("#zoomed").textContent = `${Math.round(100 * zoom)} %`;
    section.querySelector("#zoom-out").disabled = zoom <= 1;
    section.querySelector("#zoom-in").disabled = zoom >= LARGEST;
    if (zoom >= FINE_FROM) finer();
  }

  function finer() {
    for (const image of section.querySelectorAll("image[data-sha256]")) {
      const fine = `/pictures/${image.dataset.sha256}/reduced/1600`;
      if (image.getAttribute("href") !== fine) image.setAttribute("href", fine);
    }
  }

  function slide(to) {
    share = Math.min(Math.max(to, 0), 1);
    slider.value = Math.round(100 * share);
    slider.setAttribute("aria-valuetext", section.querySelector(".stage").dataset.words.replace("{share}", slider.value));
    draw();
  }

  function enlarge(by, at = middle) {
    const before = zoom;
    zoom = Math.min(Math.max(zoom * by, 1), LARGEST);
    const kept = 1 - before / zoom;
    middle = { x: middle.x + kept * (at.x - middle.x), y: middle.y + kept * (at.y - middle.y) };
    draw();
  }

  function place(event) {
    const box = stage.getBoundingClientRect();
    const now = seen();
    // The drawing keeps its shape within its element: what is left over lies at two sides.
    const scale = Math.min(box.width / now.width, box.height / now.height);
    return {
      x: middle.x + (event.clientX - box.left - box.width / 2) / scale,
      y: middle.y + (event.clientY - box.top - box.height / 2) / scale,
    };
  }

  slider.addEventListener("input", () => slide(slider.value / 100));
  let held = null;
  stage.addEventListener("pointerdown", (event) => {
    stage.setPointerCapture(event.pointerId);
    held = place(event);
    if (zoom === 1) slide((held.x - full.x) / full.width);
  });
  stage.addEventListener("pointermove", (event) => {
    if (!held) return;
    const at = place(event);
    if (zoom === 1) slide((at.x - full.x) / full.width);
    else {
      middle = { x: middle.x + held.x - at.x, y: middle.y + held.y - at.y };
      draw();
    }
  });
  for (const end of ["pointerup", "pointercancel"]) stage.addEventListener(end, () => (held = null));
  stage.addEventListener("wheel", (event) => {
    if (!event.ctrlKey && zoom === 1 && event.deltaY > 0) return; // the page scrolls on
    event.preventDefault();
    enlarge(event.deltaY < 0 ? 1.2 : 1 / 1.2, place(event));
  }, { passive: false });
  const moves = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
  stage.addEventListener("keydown", (event) => {
    if (event.key === "+" || event.key === "=") enlarge(STEP);
    else if (event.key === "-") enlarge(1 / STEP);
    else if (event.key in moves) {
      const [right, down] = moves[event.key];
      if (zoom === 1) slide(share + 0.02 * right);
      else {
        const box = seen();
        middle = { x: middle.x + 0.1 * right * box.width, y: middle.y + 0.1 * down * box.height };
        draw();
      }
    } else return;
    event.preventDefault();
  });
  section.querySelector("#zoom-in").addEventListener("click", () => enlarge(STEP));
  section.querySelector("#zoom-out").addEventListener("click", () => enlarge(1 / STEP));
  section.querySelector("#marks")?.addEventListener("change", (event) => {
    section.classList.toggle("without-marks", !event.target.checked);
  });
  const beside = section.querySelector("#beside");
  beside.addEventListener("click", () => both(beside.getAttribute("aria-pressed") !== "true"));

  function both(stand) {
    beside.setAttribute("aria-pressed", stand);
    section.querySelector(".pair").hidden = !stand;
    section.querySelector(".stage").hidden = stand;
    section.querySelector(".slide").hidden = stand;
    section.querySelector(".zoom").hidden = stand;
  }

  section.querySelector(".tools").hidden = false;
  both(false);
  slide(0.5);
}

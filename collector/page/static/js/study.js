// A study's page: plans and lists of patients are sent as JSON; results that are being computed are waited for.
import { act } from "./page.js";

const WAIT_MS = 1500;
const MOST_ARMS = 12;

function onSend(id, bodyOf) {
  const form = document.getElementById(id);
  form?.addEventListener("submit", async (event) => {
    event.preventDefault();
    const button = form.querySelector("button:not([type=button])");
    if (button.getAttribute("aria-disabled") === "true") return;
    button.setAttribute("aria-disabled", "true");
    const box = form.querySelector(".form-said");
    const answer = await act(form.getAttribute("action"), await bodyOf(form), (sentence) => { box.textContent = sentence; });
    if (!answer?.go) button.removeAttribute("aria-disabled");
  });
}

function planOf(form) {
  const fields = new FormData(form);
  const rows = [...form.querySelectorAll(".arm-row")].map((row) => ({
    code: row.querySelector("[name=arm_code]").value.trim(),
    title: row.querySelector("[name=arm_title]").value.trim(),
    chosen: row.querySelector("[name=reference]").checked,
  }));
  return {
    study_code: fields.get("study_code").trim(),
    title: fields.get("title"),
    sites: fields.getAll("sites"),
    donor: fields.get("donor") || null,
    visits: fields.get("visits").split(",").map(Number),
    baseline: Number(fields.get("baseline")),
    end_point: Number(fields.get("end_point")),
    figure: fields.get("figure"),
    arms: rows.filter((row) => row.code || row.title).map(({ code, title }) => ({ code, title })),
    reference: rows.find((row) => row.chosen)?.code ?? "",
    simulated: fields.has("simulated"),
  };
}

onSend("plan", planOf);
onSend("enter", async (form) => ({ list: await form.elements.file.files[0].text() }));

const more = document.getElementById("more-arms");
if (more) {
  const arms = document.querySelector(".arms");
  more.hidden = false;
  more.addEventListener("click", () => {
    const row = arms.lastElementChild.cloneNode(true);
    for (const field of row.querySelectorAll("input:not([type=radio])")) field.value = "";
    const chosen = row.querySelector("[type=radio]");
    chosen.checked = false;
    chosen.value = arms.children.length;
    arms.append(row);
    row.querySelector("input").focus();
    more.hidden = arms.children.length >= MOST_ARMS;
  });
}

const computing = document.querySelector("[data-ready]");
if (computing) {
  const look = async () => {
    try {
      const answer = await fetch(computing.dataset.ready);
      if (answer.ok && (await answer.json()).ready) {
        window.location.reload();
        return;
      }
    } catch {
      // the collector is away just now: looked for again
    }
    setTimeout(look, WAIT_MS);
  };
  setTimeout(look, WAIT_MS);
}

// A visit's sites: thumbnails as they come, what is left out, other places, ratings.

import { act, data } from "/static/js/page.js";

const THUMBNAIL_EVERY_MS = 1500;
const THUMBNAIL_TRIES = 8;
const byId = (id) => document.getElementById(id);

/** Show a baseline's thumbnail; the clinic's answer may still be on its way. */
async function showThumbnail(image, triesLeft = THUMBNAIL_TRIES) {
  const answer = await fetch(image.dataset.src).catch(() => null);
  if (answer?.status === 200) {
    image.src = URL.createObjectURL(await answer.blob());
    image.hidden = false;
  } else if (triesLeft > 1) {
    setTimeout(() => showThumbnail(image, triesLeft - 1), THUMBNAIL_EVERY_MS);
  }
}
document.querySelectorAll("img[data-src]").forEach((image) => showThumbnail(image));

// ---- leaving a site out
let leftOut = null;
for (const button of document.querySelectorAll(".leave-out")) {
  button.addEventListener("click", () => {
    if (leftOut !== button.dataset.site) byId("reason").value = "";
    leftOut = button.dataset.site;
    byId("left-out-site").textContent = button.dataset.name;
    byId("left-out").showModal();
  });
}
for (const button of document.querySelectorAll("[data-reason]")) {
  button.addEventListener("click", () => {
    byId("reason").value = button.dataset.reason;
  });
}
byId("left-out-form").addEventListener("submit", async (event) => {
  event.preventDefault();
  if (!(await act(`${data.url}/sites/${leftOut}/left-out`, { reason: byId("reason").value }))) byId("left-out").close();
});

// ---- another place than the protocol's
const place = { behind: 120, right: 0 };
let sure = false;
const showPlace = () => {
  const { words } = data;
  const beside = place.right === 0 ? words.midline : place.right < 0 ? words.left : words.right;
  byId("behind").textContent = words.mm.replace("{number}", place.behind);
  byId("right").textContent = beside.replace("{number}", Math.abs(place.right));
  byId("take-words").textContent = sure ? words.sure : words.take;
};
const limit = (value, least, most) => Math.min(most, Math.max(least, value));
for (const button of document.querySelectorAll("[data-step]")) {
  button.addEventListener("click", () => {
    const { least, most, beside, step } = data.bounds;
    const by = Number(button.dataset.by) * step;
    if (button.dataset.step === "behind") place.behind = limit(place.behind + by, least, most);
    else place.right = limit(place.right + by, -beside, beside);
    sure = false;
    byId("doubts").replaceChildren();
    showPlace();
  });
}
byId("take-place").addEventListener("click", async () => {
  const asked = { behind_glabella_mm: place.behind, right_mm: place.right, sure };
  const answer = await act(`${data.url}/places`, asked);
  if (!answer) byId("another").close();
  if (!answer?.doubts) return;
  sure = true;
  byId("doubts").replaceChildren(
    ...answer.doubts.map((sentence) => Object.assign(document.createElement("p"), { textContent: sentence })),
  );
  showPlace();
});
showPlace();

// ---- a rater's opinion
byId("rater").addEventListener("focus", () => {
  byId("rater-keys").hidden = false;
});
for (const button of document.querySelectorAll("[data-grade]")) {
  button.addEventListener("click", async () => {
    const { scale, grade } = button.dataset;
    if (!(await act(`${data.url}/ratings`, { scale, grade, rater: byId("rater").value }))) byId("opinion").close();
  });
}

// On which side the large controls lie: as chosen at this browser, else as the settings say. Before anything is drawn.
(() => {
  const chosen = localStorage.getItem("hand");
  if (chosen === "left" || chosen === "right") document.documentElement.dataset.hand = chosen;
})();

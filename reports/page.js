// Draws the charts and switches the language; the page remembers nothing.
(() => {
  "use strict";
  const root = document.documentElement;
  const switches = document.querySelectorAll("button[data-language]");
  const charts = document.querySelectorAll("[data-chart]");
  let drawing = Promise.resolve();

  // A text of a specification is {"zh": ..., "en": ...}; the page's language takes its side.
  const said = (node, side) => {
    if (Array.isArray(node)) return node.map((each) => said(each, side));
    if (node === null || typeof node !== "object") return node;
    if ("zh" in node && "en" in node) return node[side];
    return Object.fromEntries(Object.entries(node).map(([name, each]) => [name, said(each, side)]));
  };

  const draw = async (side) => {
    for (const chart of charts) {
      const spec = said(JSON.parse(document.getElementById(chart.dataset.chart).textContent), side);
      // ast: expressions are interpreted, so that the page's policy need not allow code made from text.
      const options = { ast: true, renderer: "svg", actions: false, defaultStyle: false };
      await vegaEmbed(chart, spec, { ...options, tooltip: { disableDefaultStyle: true } });
    }
    root.dataset.drawn = side;
  };

  const speak = (language) => {
    const side = language === "en" ? "en" : "zh";
    root.lang = language;
    document.title = document.querySelector("title").dataset[side];
    for (const each of switches) each.setAttribute("aria-pressed", String(each.dataset.language === language));
    drawing = drawing.then(() => draw(side));
  };

  for (const each of switches) each.addEventListener("click", () => speak(each.dataset.language));
  document.querySelector(".languages").hidden = false;
  speak(root.lang);
})();

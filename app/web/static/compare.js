/** Compare shows the original and the SVG at the same place and scale: side by side, or one over the other. */

import { panByDragging, scrollTogether, zoomKeepingCentre } from "./panes.js";

const $ = (id) => document.getElementById(id);

export function createCompare() {
  const root = $("compare");
  const panes = [$("before-pane"), $("after-pane")];
  const splitter = root.querySelector(".splitter");
  let size = { width: 1, height: 1 };

  const draw = () => zoomKeepingCentre(panes, size, chosen("zoom"));

  scrollTogether(panes);
  panes.forEach(panByDragging);
  new ResizeObserver(draw).observe(root);
  $("zoom").addEventListener("change", draw);
  $("view").addEventListener("change", () => {
    splitter.hidden = chosen("view") !== "slider";
    root.classList.toggle("overlaid", !splitter.hidden);
    draw();
  });
  $("split").addEventListener("input", (event) => root.style.setProperty("--split", event.target.value / 100));
  $("before").addEventListener("error", () => showMissing(true));
  $("before").addEventListener("load", () => showMissing(false));

  return {
    show({ before, after, kind, width, height }) {
      size = { width, height };
      root.style.setProperty("--ratio", width / height);
      $("before-kind").textContent = kind;
      $("before").src = before;
      $("after").src = after;
      choose("zoom", "fit");
      draw();
    },
  };
}

const chosen = (name) => document.querySelector(`input[name="${name}"]:checked`).value;

const choose = (name, value) => (document.querySelector(`input[name="${name}"][value="${value}"]`).checked = true);

/** TIFF, for one, is read by the service and shown by few browsers. */
function showMissing(isMissing) {
  $("before").hidden = isMissing;
  $("before-missing").hidden = !isMissing;
}

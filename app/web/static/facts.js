/** Facts tell what became of a picture, in words first and figures second. */

import { bytes, colourDifference, likeness, plural, seconds, sizeChange } from "./words.js";

/** One line that says it all. */
export function summary({ input, result }) {
  return `${bytes(input.bytes)} became ${bytes(result.bytes)} of SVG, ${sizeChange(input.bytes, result.bytes)}.`;
}

export function factsOf({ input, result, quality, baseline_quality: baseline }) {
  const facts = [
    { name: "Picture", words: `${result.width} × ${result.height} px`, figure: input.format?.toUpperCase() },
    { name: "File size", words: `${bytes(input.bytes)} → ${bytes(result.bytes)}`, figure: sizeChange(input.bytes, result.bytes) },
    { name: "Shapes", words: plural(result.paths, "path"), figure: plural(result.segments, "segment") },
    quality?.ssim != null && { name: "Likeness", ...likeness(quality.ssim) },
    quality?.delta_e != null && { name: "Colour difference", ...colourDifference(quality.delta_e) },
    baseline && { name: "A plain tracing has", words: likeness(baseline.ssim).figure, figure: colourDifference(baseline.delta_e).figure },
    { name: "Time", words: seconds(totalOf(result.seconds)), figure: `method ${result.method}` },
  ];
  return facts.filter(Boolean);
}

const totalOf = (parts) => Object.values(parts ?? {}).reduce((sum, part) => sum + part, 0);

export function fillFacts(list, job) {
  list.replaceChildren(...factsOf(job).map(row));
}

function row({ name, words, figure }) {
  const group = document.createElement("div");
  group.append(element("dt", name), element("dd", words, "fact-words"));
  if (figure) group.append(element("dd", figure, "fact-figure"));
  return group;
}

/** Text goes in as text, never as markup: names and messages come from strangers. */
export function element(tag, text, className = "") {
  const node = document.createElement(tag);
  node.textContent = text;
  if (className) node.className = className;
  return node;
}

/** Main is the story of the page: a picture arrives, becomes a job, and the job an SVG to look at and take away. */

import { fetchResult, follow, submit } from "./api.js";
import { copyText } from "./clipboard.js";
import { createCompare } from "./compare.js";
import { listenForPictures } from "./intake.js";
import { refusalOf } from "./refusal.js";
import * as screens from "./screens.js";
import { Trouble } from "./trouble.js";

const $ = (id) => document.getElementById(id);

document.documentElement.classList.add("js");

const limits = {
  maxBytes: Number($("form").dataset.maxBytes),
  formats: $("form").dataset.formats,
  accepted: $("file").accept.toLowerCase().split(",").map((kind) => kind.trim()).filter(Boolean),
};
const compare = createCompare();
let attempt = new AbortController(); // the latest picture wins: a new attempt ends the one before
let urls = []; // blob URLs of the picture on show, let go when the next one comes

async function convert(file, note, job = null) {
  const signal = beginAttempt();
  const refusal = refusalOf(file, limits);
  if (refusal) return screens.showTrouble("This picture cannot be used", refusal);
  screens.showWork(file, note);
  try {
    job ??= await submit(formWith(file), { signal, onSent: (share) => screens.showSent(share, file) });
    job = await follow(job, { signal, onJob: pictureOnceMeasured(file) });
    await showResult(file, note, job, signal);
  } catch (error) {
    if (!signal.aborted) showTrouble(error, file, note);
  }
}

function beginAttempt() {
  attempt.abort();
  attempt = new AbortController();
  urls.forEach(URL.revokeObjectURL);
  urls = [];
  return attempt.signal;
}

function formWith(file) {
  const form = new FormData($("form"));
  for (const [name, value] of [...form]) if (value === "") form.delete(name); // a field left empty asks for nothing
  form.set("image", file);
  return form;
}

/** The browser must not open what the service may refuse: a small file can hold a billion pixels. */
function pictureOnceMeasured(file) {
  let isShown = false;
  return (job) => {
    screens.showJob(job);
    if (isShown || !job.input.width) return;
    isShown = true;
    screens.showWorkPicture(blobUrl(file));
  };
}

function blobUrl(blob) {
  const url = URL.createObjectURL(blob);
  urls.push(url);
  return url;
}

async function showResult(file, note, job, signal) {
  const svg = await fetchResult(job, "svg", signal);
  const name = svgName(file.name);
  screens.showResult(job, name, note);
  compare.show({
    before: blobUrl(file),
    after: job.links.result,
    kind: job.input.format?.toUpperCase() ?? "",
    width: job.result.width,
    height: job.result.height,
  });
  $("download").href = blobUrl(svg); // so that the name is the picture's, and the link outlives the job
  $("download").download = name;
  $("copy").onclick = async () => tellCopied(await svg.text());
  $("formats").open = false;
  for (const button of $("formats").querySelectorAll("button")) offerFormat(button, job, stem(file.name), signal);
}

function offerFormat(button, job, name, signal) {
  button.onclick = async () => {
    screens.announce(`Making the ${button.dataset.format.toUpperCase()}.`);
    try {
      const made = await fetchResult(job, button.dataset.format, signal);
      save(made, name + button.dataset.suffix);
      $("formats").open = false;
    } catch (error) {
      if (!signal.aborted) screens.showNoteOnResult((error instanceof Trouble ? error : unexpected(error)).detail);
    }
  };
}

function save(blob, name) {
  const link = document.createElement("a");
  link.href = blobUrl(blob);
  link.download = name;
  link.click();
}

/** logo.final.png -> logo.final.svg */
const svgName = (name) => `${stem(name)}.svg`;

const stem = (name) => name.replace(/\.[^.]+$/, "") || "picture";

async function tellCopied(text) {
  const words = await copyText(text).then(() => "Copied", () => "Could not copy");
  screens.announce(words === "Copied" ? "The SVG is in the clipboard." : "The browser refused to copy; download it instead.");
  $("copy").textContent = words;
  setTimeout(() => ($("copy").textContent = "Copy SVG"), 2000);
}

function showTrouble(error, file, note) {
  const trouble = error instanceof Trouble ? error : unexpected(error);
  const retry = trouble.retryable ? () => convert(file, note, trouble.job) : null;
  screens.showTrouble(`${file.name} could not be converted`, trouble, retry);
}

function unexpected(error) {
  console.error(error);
  return new Trouble({ code: "page.error", detail: "Something went wrong in this page.", retryable: true });
}

function convertFirst(files) {
  const note = files.length > 1 ? `${files.length} files came; this page takes one at a time, so this is the first.` : "";
  convert(files[0], note);
}

function startAgain() {
  beginAttempt();
  screens.showStart();
}

function showMethodSummary() {
  $("method-summary").textContent = $("method").selectedOptions[0].dataset.summary;
}

listenForPictures({
  input: $("file"),
  veil: $("drop-veil"),
  onFiles: convertFirst,
  onNothing: (detail) => $("start").hidden || screens.showTrouble("No picture found", new Trouble({ code: "picture.missing", detail })),
});
$("cancel").addEventListener("click", startAgain);
$("another").addEventListener("click", startAgain);
$("method").addEventListener("change", showMethodSummary);
addEventListener("pagehide", () => attempt.abort()); // whoever leaves wants no result any more
showMethodSummary(); // a browser may restore another choice after a reload

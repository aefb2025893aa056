/** Screens own what is seen: one of start, work and result at a time, and what a screen reader hears of it. */

import { element, fillFacts, summary } from "./facts.js";
import { bytes, nextStep, phase } from "./words.js";

const $ = (id) => document.getElementById(id);

/** Sending counts as the first part of the bar, so that the bar never runs twice. */
const SENDING_SHARE = 15;

function showOnly(name) {
  for (const screen of ["start", "work", "result"]) $(screen).hidden = screen !== name;
  $("title").classList.toggle("visually-hidden", name !== "start");
}

/** Repeating what was just said would be noise, so only news is announced. */
export function announce(text) {
  if ($("announcer").textContent !== text) $("announcer").textContent = text;
}

export function showStart() {
  hideTrouble();
  showOnly("start");
  $("file").focus();
}

export function showWork(file, note) {
  hideTrouble();
  showOnly("work");
  $("work-title").textContent = file.name;
  showNote("work-note", note);
  $("work-picture").hidden = true;
  showSent(0, file);
  $("work-title").focus();
}

export function showSent(share, file) {
  showProgress(share * SENDING_SHARE, share < 1 ? `Sending ${bytes(file.size)}` : "Sent");
}

export function showJob(job) {
  showProgress(SENDING_SHARE + (job.progress?.percent ?? 0) * (1 - SENDING_SHARE / 100), phase(job));
}

function showProgress(percent, words) {
  $("work-bar").value = percent;
  $("work-percent").textContent = `${Math.floor(percent)}\u00a0%`;
  $("work-phase").textContent = words;
  announce(words);
}

export function showWorkPicture(url) {
  $("work-picture").src = url;
  $("work-picture").hidden = false;
}

export function showResult(job, name, note) {
  showOnly("result");
  $("result-title").textContent = name;
  $("result-line").textContent = summary(job);
  showNote("result-note", note);
  fillFacts($("facts"), job);
  $("warnings").replaceChildren(...job.warnings.map((text) => element("li", text)));
  $("warnings").hidden = job.warnings.length === 0;
  announce(`Done. ${summary(job)}`);
  $("result-title").focus();
}

/** Say something of a result that is on show. */
export function showNoteOnResult(text) {
  showNote("result-note", text);
  announce(text);
}

/** Say what is wrong and what to do next; `retry` is there when the same picture may be tried again. */
export function showTrouble(title, trouble, retry) {
  showOnly("start");
  announce("");
  const panel = $("trouble");
  panel.replaceChildren(element("h2", title), element("p", trouble.detail, "trouble-detail"), element("p", nextStep(trouble)));
  const button = retry ? retryButton(retry) : null;
  if (button) panel.append(button);
  panel.append(element("p", reference(trouble), "trouble-code"));
  panel.hidden = false;
  (button ?? $("file")).focus();
}

function retryButton(retry) {
  const button = element("button", "Try again", "button");
  button.type = "button";
  button.addEventListener("click", retry);
  return button;
}

const reference = ({ code, requestId }) => (requestId ? `${code} · request ${requestId}` : code);

function hideTrouble() {
  $("trouble").hidden = true;
  $("trouble").replaceChildren();
}

function showNote(id, text) {
  $(id).textContent = text;
  $(id).hidden = !text;
}

/** Api speaks to the service: send a picture, follow its job, fetch the SVG. */

import { Trouble } from "./trouble.js";

const JOBS = "/api/v1/jobs";
const FIRST_WAIT_MS = 100;
const LONGEST_WAIT_MS = 1000;
const WAIT_GROWTH = 1.5;
/** Enough for a restart of the service to pass unnoticed. */
const PATIENCE_MS = 15_000;
const PASSING_STATUSES = new Set([429, 502, 503, 504]);

/** Send the picture; XMLHttpRequest, because fetch tells nothing of how much has been sent. */
export function submit(form, { onSent, signal }) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", JOBS);
    request.upload.onprogress = (event) => event.lengthComputable && onSent(event.loaded / event.total);
    request.onload = () => (request.status < 300 ? resolve(JSON.parse(request.responseText)) : reject(refused(request)));
    request.onerror = () => reject(Trouble.networkLost());
    request.onabort = () => reject(signal.reason);
    signal.addEventListener("abort", () => request.abort(), { once: true });
    request.send(form);
  });
}

const refused = (request) => Trouble.fromAnswer(request.status, request.responseText);

/** Ask after the job until it has ended: quickly at first, then once a second. Whoever leaves it has it cancelled. */
export async function follow(job, { onJob, signal }) {
  let wait = FIRST_WAIT_MS;
  const giveUp = () => cancel(job);
  signal.addEventListener("abort", giveUp, { once: true });
  while (isOpen(job)) {
    onJob(job);
    await pause(wait, signal);
    job = await readJob(job, signal);
    wait = Math.min(wait * WAIT_GROWTH, LONGEST_WAIT_MS);
  }
  signal.removeEventListener("abort", giveUp);
  if (job.state === "failed") throw Trouble.ofJob(job);
  return job;
}

/** Nobody waits for the answer: the page may be closing. A job that has ended stays as it is. */
function cancel(job) {
  fetch(job.links.cancel, { method: "POST", keepalive: true }).catch(() => {});
}

const isOpen = (job) => job.state === "queued" || job.state === "running";

/** The job as it now is; short losses of the network or the service are waited out. */
async function readJob(job, signal) {
  const deadline = performance.now() + PATIENCE_MS;
  for (;;) {
    const answer = await fetch(job.links.self, { signal }).catch(() => null);
    signal.throwIfAborted();
    if (answer?.ok) return answer.json();
    if (answer && !PASSING_STATUSES.has(answer.status)) throw Trouble.fromAnswer(answer.status, await answer.text());
    if (performance.now() > deadline) throw Trouble.networkLost(job);
    await pause(retryAfterMs(answer) ?? LONGEST_WAIT_MS, signal);
  }
}

function retryAfterMs(answer) {
  const seconds = Number.parseFloat(answer?.headers.get("Retry-After"));
  return Number.isFinite(seconds) ? seconds * 1000 : null;
}

/** The drawing in a format; what has to be made first is asked for until it is there. */
export async function fetchResult(job, format, signal) {
  const deadline = performance.now() + PATIENCE_MS;
  for (;;) {
    const answer = await fetch(`${job.links.result}?format=${format}`, { signal }).catch(() => null);
    signal.throwIfAborted();
    if (answer?.ok) return answer.blob();
    if (!answer) throw Trouble.networkLost(job);
    const isPassing = PASSING_STATUSES.has(answer.status) && performance.now() < deadline;
    if (!isPassing) throw Trouble.fromAnswer(answer.status, await answer.text());
    await pause(retryAfterMs(answer) ?? LONGEST_WAIT_MS, signal);
  }
}

function pause(ms, signal) {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const timer = setTimeout(resolve, ms);
    signal.addEventListener("abort", () => (clearTimeout(timer), reject(signal.reason)), { once: true });
  });
}

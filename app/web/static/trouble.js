/** Trouble is anything that stops a conversion, in words that a person can act upon. */

export class Trouble extends Error {
  constructor({ code, detail, retryable = false, requestId = null, job = null }) {
    super(detail);
    this.code = code;
    this.detail = detail;
    this.retryable = retryable;
    this.requestId = requestId;
    this.job = job;
  }

  /** From an answer of the service: a problem document (RFC 9457), or whatever a proxy put in its place. */
  static fromAnswer(status, text) {
    const problem = parsed(text);
    return new Trouble({
      code: problem.code ?? `http.${status}`,
      detail: problem.detail ?? problem.title ?? `The service answered with status ${status}.`,
      retryable: problem.retryable ?? status >= 500,
      requestId: problem.request_id ?? null,
    });
  }

  static ofJob(job) {
    const detail = job.error?.detail ?? "The picture could not be converted.";
    const code = job.error?.code ?? "job.failed";
    return new Trouble({ code, detail, retryable: RETRYABLE_FAILURES.has(code) });
  }

  static networkLost(job = null) {
    const detail = job ? "The connection to the service was lost while it was working." : "The service cannot be reached.";
    return new Trouble({ code: "network.lost", detail, retryable: true, job });
  }
}

/** A failed job names no `retryable`; these failures lie with the service, not with the picture. */
const RETRYABLE_FAILURES = new Set(["internal", "job.timeout", "job.worker_crashed"]);

function parsed(text) {
  try {
    return JSON.parse(text) ?? {};
  } catch {
    return {};
  }
}

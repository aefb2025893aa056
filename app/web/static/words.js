/** Words owns how figures are told to people: sizes, phases, likeness, and what to do when something is wrong. */

const decimals = (digits) => new Intl.NumberFormat("en", { maximumFractionDigits: digits });
const whole = decimals(0);
/** So that a line never breaks between a figure and its unit. */
const NB = "\u00a0";
const UNITS = ["KB", "MB", "GB"];

export const number = (value) => whole.format(value);

export const plural = (count, noun) => `${number(count)}${NB}${noun}${count === 1 ? "" : "s"}`;

/** 812 -> "812 bytes", 104812 -> "102 KB"; a KB has 1,024 bytes, as in the limits of the service. */
export function bytes(count) {
  if (count < 1024) return plural(count, "byte");
  let size = count / 1024;
  let unit = 0;
  while (size >= 1000 && unit < UNITS.length - 1) {
    size /= 1024;
    unit += 1;
  }
  return `${decimals(size < 10 ? 1 : 0).format(size)}${NB}${UNITS[unit]}`;
}

/** Where two sizes are compared, rounding must not hide the difference. */
export const exactBytes = (count) => (count < 1024 ? bytes(count) : `${bytes(count)} (${number(count)} bytes)`);

export function sizeChange(before, after) {
  const percent = Math.abs(1 - after / before) * 100;
  if (after < before) return percent < 1 ? "about the same size" : `${number(Math.floor(percent))}${NB}% smaller`;
  if (after >= before * 3) return `${number(after / before)} times the size`;
  return percent < 1 ? "about the same size" : `${number(percent)}${NB}% larger`;
}

const PHASES = {
  read_header: "Checking the picture",
  decode: "Reading the pixels",
  measure_features: "Looking at what it is",
  advise: "Choosing a method",
  find_inks: "Finding the colours",
  unmix: "Taking the edges apart",
  find_regions: "Finding the shapes",
  find_boundaries: "Following their edges",
  find_outlines: "Locating the edges",
  find_strands: "Finding the corners",
  fit_curves: "Fitting the curves",
  find_shapes: "Looking for circles and rectangles",
  align: "Straightening the lines",
  aim: "Looking closely",
  refine: "Refining the curves",
  stack: "Stacking the shapes",
  write: "Writing the SVG",
  verify: "Checking the SVG",
  draw: "Drawing it again",
  measure: "Comparing it with the original",
  unsample: "Allowing for how it was drawn",
  simplify: "Looking for simpler curves",
  refine_shapes: "Placing circles and rectangles",
  match_twins: "Making equal things equal",
  even: "Making strokes as wide as each other",
  snap: "Looking for the grid it was drawn on",
  trace_baseline: "Tracing plainly, to compare",
};

export function phase(job) {
  if (job.state === "queued") return "Waiting for its turn";
  return PHASES[job.progress?.phase] ?? "Working";
}

const firstBelow = (steps, value) => steps.find(([bound]) => value < bound)[1];

const SSIM_WORDS = [
  [0.9, "Clearly different"],
  [0.95, "Some detail is lost"],
  [0.98, "Close"],
  [0.995, "Very close"],
  [Infinity, "Practically the same"],
];

/** Steps of CIEDE2000 as people see them; below 1 the eye finds no difference. */
const DELTA_E_WORDS = [
  [1, "Not visible"],
  [2, "Visible on a close look"],
  [5, "Slight"],
  [10, "Noticeable"],
  [Infinity, "Strong"],
];

export const likeness = (ssim) => ({ words: firstBelow(SSIM_WORDS, ssim), figure: `SSIM ${ssim.toFixed(3)}` });

export const colourDifference = (deltaE) => ({ words: firstBelow(DELTA_E_WORDS, deltaE), figure: `ΔE ${deltaE.toFixed(1)}` });

export function seconds(count) {
  return count < 0.01 ? "under 0.01 s" : `${decimals(count < 10 ? 2 : 0).format(count)}${NB}s`;
}

const NEXT_STEPS = {
  "picture.too_many_bytes": "Save it smaller, or choose another picture.",
  "picture.too_many_pixels": "Scale the picture down, then choose it again.",
  "picture.too_many_frames": "Save the one frame that you need as PNG, then choose that.",
  "picture.unsupported_type": "Save it as PNG, then choose that.",
  "picture.corrupt": "Open it in an image editor, save it again, then choose the new file.",
  "picture.empty": "Choose another picture.",
  "picture.missing": "Choose a picture.",
  "drawing.too_large": "The picture has too much fine detail. Choose a simpler one.",
  "options.invalid": "Change the option that it names, then choose the picture again.",
  "job.timeout": "Choose a smaller or simpler picture.",
  "job.not_found": "Results are kept for a while only. Convert the picture again.",
  "queue.full": "Many pictures are waiting. Try again in a moment.",
  "network.lost": "Check the connection, then try again. Nothing has to be chosen anew.",
};

export function nextStep(trouble) {
  return NEXT_STEPS[trouble.code] ?? (trouble.retryable ? "Try again in a moment." : "Choose another picture.");
}

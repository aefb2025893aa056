/** Refusal spares people an upload that is sure to fail; what the service says is the truth. */

import { Trouble } from "./trouble.js";
import { exactBytes } from "./words.js";

/** The trouble with this file as far as it is known before sending, or null. */
export function refusalOf(file, { maxBytes, formats, accepted }) {
  if (file.size === 0) return trouble("picture.empty", `${file.name} is empty: it has 0 bytes.`);
  if (file.size > maxBytes) {
    return trouble("picture.too_many_bytes", `${file.name} has ${exactBytes(file.size)}; the limit is ${exactBytes(maxBytes)}.`);
  }
  if (!mayBePicture(file, accepted)) {
    return trouble("picture.unsupported_type", `${file.name} is of type ${file.type}; what can be read is ${formats}.`);
  }
  return null;
}

const trouble = (code, detail) => new Trouble({ code, detail });

/** Names and types are hearsay, so only a plain contradiction counts; `accepted` holds types and endings. */
function mayBePicture(file, accepted) {
  const name = file.name.toLowerCase();
  if (accepted.some((kind) => kind === file.type || name.endsWith(kind))) return true;
  if (file.type === "image/svg+xml") return false;
  return UNTELLING_TYPES.has(file.type) || file.type.startsWith("image/");
}

const UNTELLING_TYPES = new Set(["", "application/octet-stream"]);

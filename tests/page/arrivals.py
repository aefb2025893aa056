"""The ways in which a test gives the page a picture, each as a person would."""

from __future__ import annotations

import base64

from playwright.sync_api import FilePayload, Page

GIVE = """
([way, files]) => {
  const transfer = new DataTransfer();
  for (const { name, type, data } of files) {
    const bytes = Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0));
    transfer.items.add(new File([bytes], name, { type }));
  }
  const hands = { bubbles: true, cancelable: true };
  if (way === "paste") {
    document.body.dispatchEvent(new ClipboardEvent("paste", { ...hands, clipboardData: transfer }));
  } else {
    for (const step of ["dragenter", "dragover", "drop"]) {
      document.querySelector("footer").dispatchEvent(new DragEvent(step, { ...hands, dataTransfer: transfer }));
    }
  }
}
"""


def file(name: str, data: bytes, kind: str = "image/png") -> FilePayload:
    return {"name": name, "mimeType": kind, "buffer": data}


def choose(page: Page, *files: FilePayload) -> None:
    page.get_by_label("Choose a picture").set_input_files(list(files))


def drop(page: Page, *files: FilePayload) -> None:
    """Drop on the footer, that is, anywhere but on the drop zone."""
    _give(page, "drop", files)


def paste(page: Page, *files: FilePayload) -> None:
    _give(page, "paste", files)


def _give(page: Page, way: str, files: tuple[FilePayload, ...]) -> None:
    plain = [{"name": f["name"], "type": f["mimeType"], "data": base64.b64encode(f["buffer"]).decode()} for f in files]
    page.evaluate(GIVE, [way, plain])

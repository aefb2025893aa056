/** Intake owns the three ways in which a picture arrives: chosen, dropped anywhere, or pasted. */

export function listenForPictures({ input, veil, onFiles, onNothing }) {
  listenForChoice(input, onFiles);
  listenForDrop(veil, onFiles, onNothing);
  listenForPaste(onFiles, onNothing);
}

function listenForChoice(input, onFiles) {
  input.addEventListener("change", () => {
    const files = [...input.files];
    input.value = ""; // or choosing the same file again would be no change
    if (files.length) onFiles(files);
  });
}

function listenForDrop(veil, onFiles, onNothing) {
  let depth = 0; // dragenter and dragleave also come from every element inside the page
  const show = (isOver) => (veil.hidden = !isOver);

  window.addEventListener("dragenter", (event) => {
    depth += 1;
    show(hasFiles(event));
  });
  window.addEventListener("dragleave", () => {
    depth = Math.max(0, depth - 1);
    if (!depth) show(false);
  });
  window.addEventListener("dragover", (event) => {
    event.preventDefault();
    event.dataTransfer.dropEffect = "copy";
  });
  window.addEventListener("drop", (event) => {
    event.preventDefault(); // or the browser would leave the page to show the file
    depth = 0;
    show(false);
    offer(event.dataTransfer, onFiles, () => onNothing("What was dropped is not a file."));
  });
}

const hasFiles = (event) => event.dataTransfer?.types.includes("Files") ?? false;

function listenForPaste(onFiles, onNothing) {
  document.addEventListener("paste", (event) => {
    offer(event.clipboardData, onFiles, () => onNothing("The clipboard holds no picture."));
  });
}

function offer(transfer, onFiles, onNothing) {
  const files = [...(transfer?.files ?? [])];
  if (files.length) onFiles(files);
  else onNothing();
}

/** Clipboard copies text, also where the page is served over plain HTTP and the browser offers no clipboard. */

export async function copyText(text) {
  if (navigator.clipboard) await navigator.clipboard.writeText(text);
  else copyBySelection(text);
}

function copyBySelection(text) {
  const focused = document.activeElement;
  const area = document.createElement("textarea");
  area.className = "visually-hidden";
  area.value = text;
  document.body.append(area);
  area.select();
  const hasCopied = document.execCommand("copy");
  area.remove();
  focused?.focus();
  if (!hasCopied) throw new Error("the browser refused to copy");
}

/** Panes own the geometry of the two windows onto the pictures: scale, scrolling together, and panning by hand. */

/** Give both pictures the same size; what was in the middle of the pane stays there. */
export function zoomKeepingCentre(panes, size, zoom) {
  const centre = centreOf(panes[0]);
  for (const pane of panes) {
    const scale = zoom === "fit" ? fittingScale(pane, size) : Number(zoom);
    const picture = pane.querySelector("img");
    picture.style.width = `${size.width * scale}px`;
    picture.style.height = `${size.height * scale}px`;
    // At these scales every pixel of the original is shown as a square, which is what it is.
    picture.classList.toggle("pixelated", zoom !== "fit" && scale > 1);
    pane.classList.toggle("fitted", zoom === "fit");
    letKeyboardScroll(pane);
    moveCentre(pane, centre);
  }
}

function fittingScale(pane, { width, height }) {
  return Math.min(pane.clientWidth / width, pane.clientHeight / height);
}

const overflows = (pane) => pane.scrollWidth > pane.clientWidth || pane.scrollHeight > pane.clientHeight;

function letKeyboardScroll(pane) {
  if (overflows(pane) && !pane.classList.contains("fitted")) pane.tabIndex = 0;
  else pane.removeAttribute("tabindex");
}

const centreOf = (pane) => ({
  x: (pane.scrollLeft + pane.clientWidth / 2) / pane.scrollWidth,
  y: (pane.scrollTop + pane.clientHeight / 2) / pane.scrollHeight,
});

function moveCentre(pane, { x, y }) {
  place(pane, x * pane.scrollWidth - pane.clientWidth / 2, y * pane.scrollHeight - pane.clientHeight / 2);
}

/** Panes that were moved from here; the scroll event that follows is an echo and must not lead the other pane. */
const echoes = new WeakSet();

function place(pane, left, top) {
  const before = [pane.scrollLeft, pane.scrollTop];
  pane.scrollTo({ left, top, behavior: "instant" });
  if (pane.scrollLeft !== before[0] || pane.scrollTop !== before[1]) echoes.add(pane);
}

export function scrollTogether([one, other]) {
  const follow = (leader, follower) => () => {
    if (!echoes.delete(leader)) place(follower, leader.scrollLeft, leader.scrollTop);
  };
  one.addEventListener("scroll", follow(one, other), { passive: true });
  other.addEventListener("scroll", follow(other, one), { passive: true });
}

/** With a mouse only: fingers and pens already pan. */
export function panByDragging(pane) {
  pane.addEventListener("pointerdown", (event) => {
    if (event.pointerType !== "mouse" || event.button !== 0 || !isOverPicture(pane, event)) return;
    pane.setPointerCapture(event.pointerId);
    pane.classList.add("panning");
  });
  pane.addEventListener("pointermove", (event) => {
    if (!pane.classList.contains("panning")) return;
    pane.scrollLeft -= event.movementX;
    pane.scrollTop -= event.movementY;
  });
  pane.addEventListener("lostpointercapture", () => pane.classList.remove("panning"));
}

/** Not over the scroll bars, which are dragged for their own sake. */
const isOverPicture = (pane, event) => event.target !== pane;

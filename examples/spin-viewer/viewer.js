// Turns a product: one frame of a sheet at a time, by drag, keys and touch. No dependency.
//
//   <div class="spin" data-sheet="shoe.webp" data-spin="shoe.json" aria-label="Shoe, all around"></div>
//   <script type="module" src="viewer.js"></script>
//
// `data-spin` is what a `spin` job tells of its result: the object `scores.details.spin`, or the
// whole result around it. Nothing is written into attributes that a strict Content-Security-Policy
// forbids; `img-src`, `connect-src`, `script-src` and `style-src` of 'self' are enough.

const TURN_MS = 6000;
const KEYS = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1, PageDown: -6, PageUp: 6 };

/** Show a spin in an element; gives what turns it. */
export function show(element, spin, sheet) {
  const frames = spin.frames;
  const last = frames.length - 1;
  const share = (part, parts) => `${parts > 1 ? (100 * part) / (parts - 1) : 0}%`;
  let at = 0;

  function turn(to) {
    at = spin.whole_turn ? ((to % frames.length) + frames.length) % frames.length
                         : Math.min(last, Math.max(0, to));
    const { x, y, angle_deg: angle } = frames[at];
    const across = share(x / spin.frame.width, spin.columns);
    element.style.backgroundPosition = `${across} ${share(y / spin.frame.height, spin.rows)}`;
    element.setAttribute("aria-valuenow", String(at));
    element.setAttribute("aria-valuetext", `${Math.round(angle)} degrees`);
  }

  element.style.backgroundImage = `url("${sheet}")`;
  element.style.backgroundSize = `${100 * spin.columns}% ${100 * spin.rows}%`;
  element.style.aspectRatio = `${spin.frame.width} / ${spin.frame.height}`;
  element.setAttribute("role", "slider");
  element.setAttribute("aria-valuemin", "0");
  element.setAttribute("aria-valuemax", String(last));
  element.tabIndex = 0;
  turn(0);
  const stop = byItself(spin, turn);
  byKeys(element, stop, () => at, turn, last);
  byPointer(element, stop, () => at, turn, frames.length);
  return { turn, stop, at: () => at };
}

/** Once around at the beginning, unless somebody would rather have it still. */
function byItself(spin, turn) {
  const still = window.matchMedia("(prefers-reduced-motion: reduce)");
  let timer = null;
  const stop = () => { clearInterval(timer); timer = null; };
  if (still.matches || !spin.whole_turn) return stop;
  let step = 0;
  timer = setInterval(() => {
    step += 1;
    turn(step);
    if (step >= spin.frames.length) stop();
  }, TURN_MS / spin.frames.length);
  still.addEventListener("change", stop);
  return stop;
}

function byKeys(element, stop, at, turn, last) {
  element.addEventListener("keydown", (event) => {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const to = event.key === "Home" ? 0 : event.key === "End" ? last : at() + KEYS[event.key];
    if (Number.isNaN(to)) return;
    event.preventDefault();
    stop();
    turn(to);
  });
}

/** Across the element is once around; its front follows the pointer. */
function byPointer(element, stop, at, turn, count) {
  let from = null;
  element.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    stop();
    element.setPointerCapture(event.pointerId);
    from = { x: event.clientX, at: at() };
  });
  element.addEventListener("pointermove", (event) => {
    if (from === null) return;
    const moved = (event.clientX - from.x) / element.clientWidth;
    turn(from.at - Math.round(moved * count));
  });
  const end = () => { from = null; };
  element.addEventListener("pointerup", end);
  element.addEventListener("pointercancel", end);
}

/** The spin in what was told: alone, or in a result of the API. */
export function spinOf(told) {
  return told.scores?.details?.spin ?? told;
}

async function begin(element) {
  const { sheet, spin } = element.dataset;
  const [answer] = await Promise.all([fetch(spin), loaded(sheet)]);
  if (!answer.ok) throw new Error(`${spin}: ${answer.status}`);
  show(element, spinOf(await answer.json()), sheet);
}

/** A sheet that is there at once when it is shown. */
function loaded(url) {
  const image = new Image();
  image.src = url;
  return image.decode();
}

for (const element of document.querySelectorAll(".spin[data-spin]")) {
  element.setAttribute("aria-busy", "true");
  begin(element)
    .catch(() => { element.textContent = "The views could not be loaded."; })
    .finally(() => element.removeAttribute("aria-busy"));
}

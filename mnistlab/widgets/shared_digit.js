/* The digit picker: thumbnails to pick from, and a pad to draw on.

Class names that stay as they are, for browser tests:
  .mnistlab-picker           the whole picker
  .mnistlab-picker-current   canvas: the shared digit as the network sees it
  .mnistlab-picker-status    what the shared digit is
  .mnistlab-picker-images    the listbox of thumbnails; arrow keys move in it
  .mnistlab-picker-image     one thumbnail; aria-selected marks the picked one
  .mnistlab-picker-toggle    button: shows and hides the pad
  .mnistlab-picker-pad       canvas to draw on
  .mnistlab-picker-undo  .mnistlab-picker-clear
  .mnistlab-picker-notice    what else the learner should know

Drawn here, in the browser: the strokes. Done in Python: centering the drawing,
and keeping the digit for the next notebook. */

const SIDE = 28;
const PIXELS = SIDE * SIDE;

// The brush, in pixels: full ink up to INNER from its middle, none from OUTER on.
const INNER = 0.5;
const OUTER = 1.9;

function createScreen(className, attributes = {}) {
  return create("canvas", className, { width: SIDE, height: SIDE, ...attributes });
}

function paintDigit(canvas, pixels) {
  paint(canvas, SIDE, SIDE, (place) => [pixels[place], pixels[place], pixels[place]]);
}

function describe(place, caption) {
  return caption ? `image ${place}, a ${caption}` : `image ${place}`;
}

/* The thumbnails: one of them is in the tab order, arrow keys move to the others. */
function createImages(model, signal) {
  const list = create("div", "mnistlab-picker-images", {
    role: "listbox",
    "aria-label": "Digits to pick from",
    "aria-orientation": "horizontal",
  });
  const pixels = bytesOf(model.get("thumbnails"));
  const options = model.get("captions").map((caption, place) => {
    const option = create("div", "mnistlab-picker-image", {
      role: "option",
      title: describe(place, caption),
      "aria-label": describe(place, caption),
    });
    const screen = createScreen("mnistlab-picker-screen");
    paintDigit(screen, pixels.subarray(place * PIXELS, (place + 1) * PIXELS));
    option.append(screen, create("span", "mnistlab-picker-caption", {}, caption));
    option.addEventListener("click", () => pick(place));
    option.addEventListener("keydown", (event) => move(event, place));
    list.append(option);
    return option;
  });

  function pick(place) {
    model.set("selected", place);
    model.save_changes();
    focusOn(place);
  }

  function focusOn(place) {
    options.forEach((option, other) => (option.tabIndex = other === place ? 0 : -1));
    options[place].focus();
  }

  function move(event, place) {
    const next = placeAfter(event.key, place, options);
    if (event.key === "Enter" || event.key === " ") pick(place);
    else if (next in options) focusOn(next);
    else if (next === undefined) return;
    event.preventDefault();
  }

  function mark() {
    const selected = model.get("selected");
    options.forEach((option, place) => {
      option.setAttribute("aria-selected", String(place === selected));
      option.tabIndex = place === Math.max(selected, 0) ? 0 : -1;
    });
  }

  listen(model, signal, ["selected"], mark);
  mark();
  return list;
}

/* Ink of a soft round brush, as it moves from one point to another. */
function drawLine(ink, [x0, y0], [x1, y1]) {
  const [dx, dy] = [x1 - x0, y1 - y0];
  const length = dx * dx + dy * dy;
  for (let row = 0; row < SIDE; row++) {
    for (let column = 0; column < SIDE; column++) {
      const [x, y] = [column + 0.5 - x0, row + 0.5 - y0];
      const along = length ? Math.min(1, Math.max(0, (x * dx + y * dy) / length)) : 0;
      const distance = Math.hypot(x - along * dx, y - along * dy);
      const value = Math.min(1, Math.max(0, (OUTER - distance) / (OUTER - INNER)));
      const place = row * SIDE + column;
      ink[place] = Math.max(ink[place], Math.round(255 * value));
    }
  }
}

function inkOf(strokes) {
  const ink = new Uint8ClampedArray(PIXELS);
  for (const points of strokes) {
    points.forEach((point, place) => drawLine(ink, points[Math.max(0, place - 1)], point));
  }
  return ink;
}

function createPad(model) {
  const box = create("div", "mnistlab-picker-drawing", { hidden: "" });
  const pad = createScreen("mnistlab-picker-pad", {
    tabindex: "0",
    role: "application",
    "aria-label":
      "Pad to draw a digit on. Arrow keys move the pen, the space bar sets it down and lifts it.",
  });
  const cursor = create("div", "mnistlab-picker-cursor", { hidden: "" });
  const frame = create("div", "mnistlab-picker-frame");
  frame.append(pad, cursor);
  const undo = createButton("mnistlab-picker-undo", "Undo stroke");
  const clear = createButton("mnistlab-picker-clear", "Clear");
  const hint = create("p", "mnistlab-picker-hint", {},
    "Draw with the mouse, a finger or a pen. When you lift it, the digit is centered as " +
    "MNIST's digits are, and every explorer shows it. Keyboard: arrow keys move, the space " +
    "bar sets the pen down and lifts it.");
  const side = create("div", "mnistlab-picker-side");
  const buttons = create("div", "mnistlab-picker-buttons");
  buttons.append(undo, clear);
  side.append(buttons, hint);
  box.append(frame, side);

  let strokes = [];
  let ink = inkOf(strokes);
  let stroke = null;
  let pen = [SIDE / 2, SIDE / 2];

  function show() {
    paintDigit(pad, ink);
    undo.disabled = clear.disabled = strokes.length === 0;
  }

  function begin(point) {
    stroke = [point];
    strokes.push(stroke);
    drawLine(ink, point, point);
    show();
  }

  function extend(point) {
    drawLine(ink, stroke[stroke.length - 1], point);
    stroke.push(point);
  }

  function lift() {
    if (stroke === null) return;
    stroke = null;
    give();
  }

  function give() {
    model.set("drawing", new DataView(Uint8Array.from(ink).buffer));
    model.save_changes();
  }

  function redraw(left) {
    stroke = null;
    strokes = left;
    ink = inkOf(strokes);
    show();
    if (strokes.length) give();
  }

  function pointOf(event) {
    const place = pad.getBoundingClientRect();
    return [
      ((event.clientX - place.left) / place.width) * SIDE,
      ((event.clientY - place.top) / place.height) * SIDE,
    ];
  }

  pad.addEventListener("pointerdown", (event) => {
    if (!event.isPrimary || event.button !== 0) return;
    lift();
    pad.setPointerCapture(event.pointerId);
    begin(pointOf(event));
  });
  pad.addEventListener("pointermove", (event) => {
    if (stroke === null || !pad.hasPointerCapture(event.pointerId)) return;
    const between = event.getCoalescedEvents();
    for (const each of between.length ? between : [event]) extend(pointOf(each));
    show();
  });
  pad.addEventListener("lostpointercapture", lift);

  pad.addEventListener("keydown", (event) => {
    if (event.key in ARROWS) {
      const [down, right] = ARROWS[event.key];
      pen = [pen[0] + right, pen[1] + down].map((value) => Math.min(SIDE, Math.max(0, value)));
      if (stroke !== null) {
        extend(pen);
        show();
      }
    } else if (event.key === " ") {
      if (stroke === null) begin(pen);
      else lift();
    } else if (event.key === "z" && (event.ctrlKey || event.metaKey)) {
      redraw(strokes.slice(0, -1));
    } else return;
    showCursor();
    event.preventDefault();
  });

  function showCursor() {
    cursor.hidden = false;
    cursor.style.left = `${(100 * pen[0]) / SIDE}%`;
    cursor.style.top = `${(100 * pen[1]) / SIDE}%`;
    cursor.classList.toggle("mnistlab-picker-down", stroke !== null);
  }

  pad.addEventListener("blur", () => {
    lift();
    cursor.hidden = true;
  });
  undo.addEventListener("click", () => redraw(strokes.slice(0, -1)));
  clear.addEventListener("click", () => redraw([]));
  show();
  return box;
}

function createToggle(box) {
  const toggle = createButton("mnistlab-picker-toggle", "Draw your own");
  toggle.setAttribute("aria-expanded", "false");
  toggle.addEventListener("click", () => {
    box.hidden = !box.hidden;
    toggle.setAttribute("aria-expanded", String(!box.hidden));
  });
  return toggle;
}

function createText(model, signal, className, name) {
  const line = create("p", className, { role: "status" });
  const show = () => {
    line.textContent = model.get(name);
    line.hidden = !line.textContent;
  };
  listen(model, signal, [name], show);
  show();
  return line;
}

function render({ model, el, signal }) {
  const root = create("div", "mnistlab-picker");
  const current = createScreen("mnistlab-picker-current", {
    role: "img",
    "aria-label": "The digit that all explorers show",
  });
  const showCurrent = () => paintDigit(current, bytesOf(model.get("picture")));
  listen(model, signal, ["picture"], showCurrent);
  showCurrent();

  const drawing = createPad(model);
  const left = create("div", "mnistlab-picker-left");
  left.append(current, createText(model, signal, "mnistlab-picker-status", "status"));
  const right = create("div", "mnistlab-picker-right");
  right.append(
    create("p", "mnistlab-picker-title", {},
      "The digit in all explorers: pick one, or ", createToggle(drawing)),
    createImages(model, signal),
    drawing,
    createText(model, signal, "mnistlab-picker-notice", "notice"),
  );
  root.append(left, right);
  keepKeys(root);
  el.append(root);
}

export default { render };

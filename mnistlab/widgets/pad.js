/* The pad to draw on, for the picker and the canvas; and digits shown pixel by pixel.

Class names that stay as they are, for browser tests:
  .mnistlab-pad          the pad with its cursor; data-strokes counts what is on it
  .mnistlab-pad-canvas   canvas to draw on; it takes the keys
  .mnistlab-pad-cursor   where the keyboard's pen is; .mnistlab-pad-down while it draws

A stroke is a list of points [x, y], y down, in units of the pad's side: 0 to 1. */

const SIDE = 28;
const PIXELS = SIDE * SIDE;
const MOST_STROKES = 200;
const MOST_POINTS = 10000;
const RESOLUTION = 640; // of the canvas, whatever its size on the page
const NEAREST = 0.002; // between two points of a stroke
const KEY_STEPS = 20; // places of the keyboard's pen along a side
const BRUSH = 0.08;
const ERASER = 0.035; // how near to a stroke, beside half of the brush
const MOST_STATES = 200;
const INK = "#ffffff";
const TOUCHED = "#e69f00";
const DIAGONALS = { Home: [-1, -1], PageUp: [-1, 1], End: [1, -1], PageDown: [1, 1] };
const PAD_KEYS =
  "Arrow keys move the pen; Home, Page Up, End and Page Down move it diagonally. The space bar " +
  "sets it down and lifts it.";


// Digits, pixel by pixel

function createScreen(className, attributes = {}) {
  return create("canvas", className, { width: SIDE, height: SIDE, ...attributes });
}

function paintDigit(canvas, pixels) {
  paint(canvas, SIDE, SIDE, (place) => [pixels[place], pixels[place], pixels[place]]);
}


// Strokes on their way to Python and back

function packed(strokes) {
  const points = new Float32Array(strokes.flat(2));
  return { lengths: strokes.map((stroke) => stroke.length), points: new DataView(points.buffer) };
}

function unpacked({ lengths, points }) {
  const numbers = points ? new Float32Array(bytesOf(points).buffer) : [];
  let place = 0;
  return (lengths ?? []).map((length) =>
    Array.from({ length }, () => [numbers[place++], numbers[place++]]));
}


// Geometry

/* The distance of a point from the line between two others. */
function distanceFrom([x, y], [x0, y0], [x1, y1]) {
  const [dx, dy] = [x1 - x0, y1 - y0];
  const length = dx * dx + dy * dy;
  const along = length ? ((x - x0) * dx + (y - y0) * dy) / length : 0;
  const share = Math.min(1, Math.max(0, along));
  return Math.hypot(x - x0 - share * dx, y - y0 - share * dy);
}

function isNear(stroke, point, reach) {
  return stroke.some((end, place) =>
    distanceFrom(point, stroke[Math.max(0, place - 1)], end) <= reach);
}


// The pad

/* Strokes with their past: each state is a list of strokes that is never changed. */
function createPast() {
  let past = [];
  let future = [];
  let current = [];
  return {
    strokes: () => current,
    canUndo: () => past.length > 0,
    canRedo: () => future.length > 0,
    become(strokes) {
      past = [...past, current].slice(-MOST_STATES);
      [current, future] = [strokes, []];
    },
    undo() {
      if (past.length) [future, current] = [[current, ...future], past.pop()];
    },
    redo() {
      if (future.length) [past, current] = [[...past, current], future.shift()];
    },
    begin(strokes) {
      [past, current, future] = [[], strokes, []];
    },
  };
}

/* A pad. `onDraw(strokes, finished)` is told of every change; not finished while a stroke is drawn.
`say` is given what the learner should know, or "". */
function createPad({ className = "", label, onDraw, onState = () => {}, say = () => {} }) {
  const canvas = create("canvas", `mnistlab-pad-canvas ${className}`, {
    width: RESOLUTION, height: RESOLUTION, tabindex: "0", role: "application",
    "aria-label": `${label} ${PAD_KEYS}`,
  });
  const cursor = create("div", "mnistlab-pad-cursor", { hidden: "" });
  const words = create("div", "mnistlab-pad-words", { "aria-hidden": "true" });
  const node = create("div", "mnistlab-pad", {}, canvas, words, cursor);
  const context = canvas.getContext("2d");
  const past = createPast();
  let stroke = null; // the one that is being drawn
  let erased = null; // the strokes that are left while the eraser is moved
  let touched = []; // by the eraser, before it is set down
  let pen = [0.5, 0.5];
  let brush = BRUSH;
  let erasing = false;
  let anew = false; // whether the next stroke begins a drawing of its own

  // Drawing

  function drawStroke(points, from = 0) {
    context.beginPath();
    context.moveTo(...points[from].map(onCanvas));
    // A line to where it begins is drawn as a dot.
    for (const point of points.slice(Math.min(from + 1, points.length - 1))) {
      context.lineTo(...point.map(onCanvas));
    }
    context.stroke();
  }

  function onCanvas(number) {
    return number * RESOLUTION;
  }

  function setPen(color) {
    Object.assign(context, {
      lineWidth: onCanvas(brush), lineCap: "round", lineJoin: "round", strokeStyle: color,
    });
  }

  function redraw() {
    const shown = erased ?? past.strokes();
    context.clearRect(0, 0, RESOLUTION, RESOLUTION);
    for (const points of shown) {
      setPen(touched.includes(points) ? TOUCHED : INK);
      drawStroke(points);
    }
    node.classList.toggle("mnistlab-pad-empty", shown.length === 0);
    node.classList.toggle("mnistlab-pad-anew", anew && shown.length > 0);
    node.dataset.strokes = shown.length;
    onState();
  }

  function count(strokes) {
    return strokes.reduce((total, points) => total + points.length, 0);
  }

  function begin(point) {
    const before = anew ? [] : past.strokes();
    if (before.length >= MOST_STROKES || count(before) >= MOST_POINTS) {
      say("That is as much as one drawing can hold. Undo some of it, or clear the pad.");
      return;
    }
    say("");
    anew = false;
    stroke = [point];
    past.become([...before, stroke]);
    redraw();
    onDraw(past.strokes(), false);
  }

  function extend(point) {
    const last = stroke[stroke.length - 1];
    const near = Math.hypot(point[0] - last[0], point[1] - last[1]) < NEAREST;
    if (near || count(past.strokes()) >= MOST_POINTS) return;
    stroke.push(point);
  }

  function extendBy(points) {
    const from = stroke.length - 1;
    points.forEach(extend);
    if (stroke.length - 1 === from) return;
    setPen(INK);
    drawStroke(stroke, from);
    onDraw(past.strokes(), false);
  }

  function lift() {
    if (erased !== null) finishErasing();
    if (stroke === null) return;
    stroke = null;
    onDraw(past.strokes(), true);
    onState();
  }

  // Erasing: whole strokes, as many as the eraser meets before it is lifted

  function met(point, strokes) {
    return strokes.filter((points) => isNear(points, point, ERASER + brush / 2));
  }

  function erase(point) {
    erased ??= past.strokes();
    const gone = met(point, erased);
    if (!gone.length) return;
    erased = erased.filter((points) => !gone.includes(points));
    touched = [];
    redraw();
    onDraw(erased, false);
  }

  function finishErasing() {
    const left = erased;
    erased = null;
    if (left.length === past.strokes().length) return;
    become(left);
  }

  function hover(point) {
    const found = point === null ? [] : met(point, past.strokes());
    if (found.length === touched.length && found.every((points) => touched.includes(points))) return;
    touched = found;
    redraw();
  }

  // Steps that are finished at once

  function change(step) {
    lift();
    step();
    touched = [];
    anew = false;
    say("");
    redraw();
    onDraw(past.strokes(), true);
  }
  const become = (strokes) => change(() => past.become(strokes));
  const undo = () => past.canUndo() && change(past.undo);
  const redo = () => past.canRedo() && change(past.redo);
  const clear = () => past.strokes().length && become([]);

  /* Shows other strokes, which Python knows already. */
  function show(strokes, { keepPast = true, beginAnew = false } = {}) {
    [stroke, erased, touched, anew] = [null, null, [], beginAnew];
    if (keepPast) past.become(strokes);
    else past.begin(strokes);
    redraw();
  }

  // Mouse, finger and pen

  function pointOf(event) {
    const place = canvas.getBoundingClientRect();
    const part = (at, start, size) => Math.min(1, Math.max(0, (at - start) / size));
    return [
      part(event.clientX, place.left, place.width), part(event.clientY, place.top, place.height),
    ];
  }

  canvas.addEventListener("pointerdown", (event) => {
    if (!event.isPrimary || event.button !== 0) return;
    lift();
    canvas.setPointerCapture(event.pointerId);
    if (erasing) erase(pointOf(event));
    else begin(pointOf(event));
  });
  canvas.addEventListener("pointermove", (event) => {
    const held = canvas.hasPointerCapture(event.pointerId);
    if (!held) {
      if (erasing) hover(pointOf(event));
      return;
    }
    // A page that came without TLS from another machine does not have it.
    const between = event.getCoalescedEvents?.() ?? [];
    const points = (between.length ? between : [event]).map(pointOf);
    if (erased !== null) points.forEach(erase);
    else if (stroke !== null) extendBy(points);
  });
  canvas.addEventListener("lostpointercapture", lift);
  canvas.addEventListener("pointerleave", () => hover(null));

  // Keys

  function move([down, right]) {
    const step = (at, by) => Math.min(1, Math.max(0, Math.round(at * KEY_STEPS + by) / KEY_STEPS));
    pen = [step(pen[0], right), step(pen[1], down)];
    if (stroke !== null) extendBy([pen]);
    else if (erasing) hover(pen);
  }

  function press() {
    if (stroke !== null) lift();
    else if (!erasing) begin(pen);
    else {
      erase(pen);
      finishErasing();
    }
  }

  function stepFor(event) {
    const direction = ARROWS[event.key] ?? DIAGONALS[event.key];
    const key = event.key.toLowerCase();
    if (event.ctrlKey || event.metaKey) {
      if (key === "z") return event.shiftKey ? redo : undo;
      return key === "y" ? redo : undefined;
    }
    if (event.altKey) return undefined;
    if (direction) return () => move(direction);
    if (key === " ") return press;
    return key === "delete" || key === "backspace" ? clear : undefined;
  }

  canvas.addEventListener("keydown", (event) => {
    const step = stepFor(event);
    if (!step) return;
    event.preventDefault();
    step();
    showCursor();
  });

  function showCursor() {
    cursor.hidden = false;
    cursor.style.left = `${100 * pen[0]}%`;
    cursor.style.top = `${100 * pen[1]}%`;
    cursor.classList.toggle("mnistlab-pad-down", stroke !== null);
    cursor.classList.toggle("mnistlab-pad-eraser", erasing);
  }

  canvas.addEventListener("focus", () => canvas.matches(":focus-visible") && showCursor());
  canvas.addEventListener("blur", () => {
    lift();
    hover(null);
    cursor.hidden = true;
  });

  redraw();
  return {
    node, undo, redo, clear, show,
    strokes: past.strokes, canUndo: past.canUndo, canRedo: past.canRedo,
    /* Written where nothing is drawn. */
    invite: (text) => (words.textContent = text),
    setBrush(width) {
      brush = width;
      redraw();
    },
    setErasing(on) {
      lift();
      erasing = on;
      node.classList.toggle("mnistlab-pad-erasing", on);
    },
    /* The next stroke begins a drawing of its own; undo brings this one back. */
    beginAnew() {
      anew = true;
      redraw();
    },
  };
}

/* The canvas: draw a digit, and see at once what the model sees and reads.

Class names that stay as they are, for browser tests:
  .mnistlab-draw            the whole canvas; data-drawn counts its answers. In it, beside those of
                            the pad (pad.js):
    .mnistlab-draw-undo  -redo  -clear  -eraser   buttons of the pad; the last one is pressed or not
    .mnistlab-draw-brush    range: the width of the brush
    .mnistlab-draw-seen     canvas: what the model sees, 28x28
    .mnistlab-draw-sample   button: the next sample digit
    .mnistlab-draw-origin   what is seen: a drawing, or a sample and its true label
    .mnistlab-draw-answer   the most probable digit; .mnistlab-draw-sure its probability;
                            .mnistlab-draw-verdict  whether that is right, where it is known
    .mnistlab-draw-bar      one row, with data-digit="0", "1", ... and, for the best three,
                            data-rank="1", "2", "3"; in it .mnistlab-draw-value, the probability
    .mnistlab-draw-time     how long it took, and for what
    .mnistlab-draw-keep     button, with data-digit: keeps the drawing with this label
    .mnistlab-draw-kept     the listbox of the drawings kept; in it .mnistlab-draw-one
    .mnistlab-draw-remove   button: removes the selected one
    .mnistlab-draw-summary  how many of them the model reads right
    .mnistlab-draw-name  -save  -load   the name of a file, and its buttons
    .mnistlab-draw-notice   role=status: what was done
    .mnistlab-alert         role=alert: what could not be, and why
    .mnistlab-live          role=status: the answer, for screen readers
  .mnistlab-draw-waiting and .mnistlab-draw-stale are classes of .mnistlab-draw: Python has not
  answered yet; what is shown is the last good answer, and not that for this drawing.

Drawn here, in the browser: the strokes. Done in Python: making the image, reading it, keeping and
saving drawings. A drawing under way is sent at most every INTERVAL milliseconds, the newest one
only, and none before the last is answered; a finished one as soon as that allows. */

const INTERVAL = 100;
const PATIENCE = 400; // milliseconds until it is said that Python is busy
const LONG = 20000; // milliseconds until it is said what to do about that
const DIGITS = Array.from({ length: 10 }, (_, digit) => digit);
const BRUSHES = [0.03, 0.16];
const NOTHING = "Draw, and the model reads along.";
const WAITING = "Waiting for Python, which is busy. Draw on.";
const LASTING = `${WAITING} If it takes long, the kernel may have stopped: run the cell again.`;
const STOPPED = "The kernel was restarted, or has stopped: run the cell again.";
const KEYS = "Keyboard: in the pad, the arrow keys move the pen (Home, Page Up, End, Page Down: " +
  "diagonally), the space bar sets it down and lifts it. Ctrl+Z undoes, Ctrl+Y redoes, Delete clears.";

function percent(share) {
  if (share > 0 && share < 0.0005) return "< 0.1 %";
  if (share >= 0.9995) return "> 99.9 %";
  return `${fixed(100 * share, 1)} %`;
}

function aDigit(label) {
  return `${String(label) === "8" ? "an" : "a"} ${label}`;
}

function milliseconds(number) {
  return fixed(number, number < 9.95 ? 1 : 0);
}


// To Python

/* Sends drawings and requests. `onWaiting` is told what to say while there is no answer, or "". */
function createSender(model, signal, onWaiting) {
  const view = Math.random().toString(36).slice(2);
  let sent = 0;
  let flying = null; // the key of what is not answered yet
  let unsent = null;
  let last = -Infinity;
  let timer;
  let patience = []; // timers, from the first message on that is not answered

  function send(content, buffers) {
    flying = `${view}-${++sent}`;
    last = performance.now();
    if (!patience.length) beginToWait();
    try {
      model.send({ ...content, key: flying }, undefined, buffers);
    } catch {
      // This page's line to the kernel is closed for good.
      endToWait();
      onWaiting(STOPPED);
    }
  }

  function beginToWait() {
    patience = [[WAITING, PATIENCE], [LASTING, LONG]].map(([words, after]) =>
      setTimeout(() => onWaiting(words), after));
  }

  function endToWait() {
    patience.forEach((one) => clearTimeout(one));
    patience = [];
  }

  function sendDrawing() {
    clearTimeout(timer);
    if (unsent === null) return;
    const { strokes, finished } = unsent;
    const { lengths, points } = packed(strokes);
    unsent = null;
    send({ do: "draw", lengths, finished }, [points]);
  }

  function attempt() {
    clearTimeout(timer);
    if (unsent === null || flying !== null) return;
    const wait = unsent.finished ? 0 : last + INTERVAL - performance.now();
    if (wait > 0) timer = setTimeout(attempt, wait);
    else sendDrawing();
  }

  function draw(strokes, finished) {
    unsent = { strokes, finished };
    attempt();
  }

  /* What else is asked for comes after the drawing as it is now. */
  function ask(what, details = {}) {
    sendDrawing();
    send({ do: what, ...details });
  }

  function isMine(key) {
    return key.startsWith(`${view}-`);
  }

  /* Leaves what was not sent yet: something else takes its place. */
  function forget() {
    unsent = null;
    clearTimeout(timer);
  }

  listen(model, signal, ["answered"], () => {
    if (!isMine(model.get("answered"))) return;
    endToWait();
    if (model.get("answered") !== flying) {
      beginToWait();
      return;
    }
    flying = null;
    if (unsent === null) onWaiting("");
    attempt();
  });
  signal.addEventListener("abort", () => {
    clearTimeout(timer);
    endToWait();
  });
  return { draw, ask, forget, isMine };
}


// Parts of the page

function createPanel(className, title, ...children) {
  return create("section", `mnistlab-draw-panel ${className}`, {},
    create("div", "mnistlab-title", {}, title), ...children);
}

function createTools(pad, sender) {
  const buttons = {
    undo: ["Undo", "Takes back the last step (Ctrl+Z)", () => pad().undo()],
    redo: ["Redo", "Brings back what was undone (Ctrl+Y)", () => pad().redo()],
    clear: ["Clear", "Begins anew (Delete); undo brings the drawing back", () => pad().clear()],
    eraser: ["Eraser", "Removes whole strokes: click them, or move across them", toggle],
  };
  for (const [name, [text, title, act]] of Object.entries(buttons)) {
    buttons[name] = createButton(`mnistlab-draw-${name}`, text);
    buttons[name].title = title;
    buttons[name].addEventListener("click", act);
  }
  buttons.eraser.setAttribute("aria-pressed", "false");
  const brush = create("input", "mnistlab-slider mnistlab-draw-brush", {
    type: "range", min: BRUSHES[0], max: BRUSHES[1], step: 0.01, value: BRUSH,
    title: "How wide the strokes look here. The model's image has strokes of one width, as MNIST " +
      "has them, whatever the brush.",
  });
  brush.addEventListener("input", () => pad().setBrush(Number(brush.value)));
  brush.setAttribute("aria-valuetext", "medium");
  brush.addEventListener("input", () => brush.setAttribute("aria-valuetext",
    brush.value < 0.06 ? "thin" : brush.value < 0.11 ? "medium" : "wide"));

  function toggle() {
    const on = buttons.eraser.getAttribute("aria-pressed") !== "true";
    buttons.eraser.setAttribute("aria-pressed", String(on));
    pad().setErasing(on);
  }
  const setting = createSetting("Brush", brush);
  setting.classList.add("mnistlab-draw-brush-of");
  const node = create("div", "mnistlab-draw-tools", {}, ...Object.values(buttons), setting);
  function show() {
    buttons.undo.disabled = !pad().canUndo();
    buttons.redo.disabled = !pad().canRedo();
    buttons.clear.disabled = pad().strokes().length === 0;
  }
  return { node, show };
}

/* The answer: the best digit, and a bar for each. */
function createAnswer() {
  const best = create("div", "mnistlab-draw-answer", {}, "–");
  const sure = create("span", "mnistlab-draw-sure");
  const verdict = create("span", "mnistlab-draw-verdict");
  const next = create("div", "mnistlab-draw-next mnistlab-quiet", {}, NOTHING);
  const rows = DIGITS.map((digit) => {
    const fill = create("div", "mnistlab-draw-fill");
    const value = create("span", "mnistlab-draw-value");
    const name = create("span", "mnistlab-draw-digit", {}, String(digit));
    const row = create("div", "mnistlab-draw-bar", { "data-digit": digit },
      name, create("div", "mnistlab-draw-track", {}, fill), value);
    return { row, fill, value };
  });
  const bars = create("div", "mnistlab-draw-bars", { role: "img" }, ...rows.map(({ row }) => row));
  const node = create("div", "mnistlab-draw-reading", {},
    create("div", "mnistlab-draw-headline", {}, best,
      create("div", "", {}, create("div", "", {}, sure, verdict), next)), bars);

  function show(probabilities, truth) {
    const ranks = [...DIGITS].sort((one, other) => probabilities[other] - probabilities[one]);
    const known = probabilities.length > 0;
    rows.forEach(({ row, fill, value }, digit) => {
      const rank = known ? ranks.indexOf(digit) + 1 : Infinity;
      fill.style.width = known ? `${100 * probabilities[digit]}%` : "0";
      value.textContent = known ? percent(probabilities[digit]) : "";
      if (rank <= 3) row.dataset.rank = rank;
      else delete row.dataset.rank;
      row.classList.toggle("mnistlab-draw-true", truth === String(digit));
    });
    const words = ([one, two]) => `then ${one} (${percent(probabilities[one])}) and ` +
      `${two} (${percent(probabilities[two])})`;
    const right = truth === String(ranks[0]);
    verdict.textContent = known && truth ? (right ? "right" : `misread: it is ${aDigit(truth)}`) : "";
    verdict.classList.toggle("mnistlab-draw-wrong", !right);
    node.classList.toggle("mnistlab-draw-unknown", !known);
    best.textContent = known ? ranks[0] : "–";
    sure.textContent = known ? percent(probabilities[ranks[0]]) : "";
    next.textContent = known ? words(ranks.slice(1)) : NOTHING;
    const all = known && DIGITS.map((digit) => `${digit}: ${percent(probabilities[digit])}`);
    bars.setAttribute("aria-label", known ? `Probabilities: ${all.join(", ")}` : "No probabilities");
    return known ? `The model reads ${ranks[0]}, ${sure.textContent}; ${next.textContent}.` : "";
  }
  return { node, show };
}

/* The drawings kept: one of them is in the tab order, arrow keys move to the others. */
function createCollection(model, signal, sender) {
  const list = create("div", "mnistlab-draw-kept", {
    role: "listbox", "aria-label": "Your drawings", "aria-orientation": "horizontal",
  });
  const remove = createButton("mnistlab-draw-remove", "Remove");
  remove.title = "Removes the marked drawing from your collection (Delete)";
  const summary = create("div", "mnistlab-draw-summary mnistlab-quiet");
  const node = create("div", "mnistlab-draw-collection", {},
    create("div", "mnistlab-draw-about", {}, summary, remove), list);
  let options = [];
  let marked = -1;

  function mark(place) {
    marked = place;
    remove.classList.toggle("mnistlab-off", place < 0);
    options.forEach((option, other) => {
      option.setAttribute("aria-selected", String(other === place));
      option.tabIndex = other === Math.max(place, 0) ? 0 : -1;
    });
  }

  function choose(place) {
    mark(place);
    options[place].focus();
    sender.ask("take", { place: place + model.get("collection").first });
  }

  function drop() {
    if (marked < 0) return;
    sender.ask("remove", { place: marked + model.get("collection").first });
    // A double click removes one: the next has this place soon.
    mark(-1);
  }

  function press(event, place) {
    const next = placeAfter(event.key, place, options);
    if (event.key === "Enter" || event.key === " ") choose(place);
    else if (event.key === "Delete") {
      if (place === marked) drop();
    }
    else if (next in options) {
      options.forEach((option, other) => (option.tabIndex = other === next ? 0 : -1));
      options[next].focus();
    } else if (next === undefined) return;
    event.preventDefault();
  }

  function createOne(pixels, label, read, place) {
    const right = label < 0 || read === label;
    const words = label < 0 ? `without a label, read as ${aDigit(read)}` : `${aDigit(label)}, ${right ? "read right" : `misread as ${aDigit(read)}`}`;
    const screen = createScreen("mnistlab-draw-small");
    paintDigit(screen, pixels);
    const caption = create("span", "", {}, right ? (label < 0 ? "?" : String(label)) : `${label} as ${read}`);
    const option = create("div", "mnistlab-draw-one", {
      role: "option", "aria-label": words, title: `${words}; click to have it on the pad again`,
    }, screen, caption);
    option.classList.toggle("mnistlab-draw-misread", !right);
    option.addEventListener("click", () => choose(place));
    option.addEventListener("keydown", (event) => press(event, place));
    return option;
  }

  function show() {
    const { digits, labels, read, summary: words, marked: place } = model.get("collection");
    const hadFocus = list.contains(document.activeElement);
    const pixels = bytesOf(digits);
    options = labels.map((label, one) =>
      createOne(pixels.subarray(one * PIXELS, (one + 1) * PIXELS), label, read[one], one));
    list.replaceChildren(...options);
    list.hidden = options.length === 0;
    summary.textContent = words;
    mark(Math.min(place, options.length - 1));
    keepKeys(list);
    if (hadFocus && options.length) options[Math.max(marked, 0)].focus();
    else if (options.length) list.scrollTop = list.scrollHeight;
  }

  remove.addEventListener("click", drop);
  listen(model, signal, ["collection"], show);
  show();
  return { node, unmark: () => mark(-1) };
}

function createKeep(onKeep) {
  const buttons = DIGITS.map((digit) => {
    const button = createButton("mnistlab-draw-keep", String(digit));
    button.dataset.digit = digit;
    button.setAttribute("aria-label", `Keep the drawing as ${aDigit(digit)}`);
    button.addEventListener("click", () => onKeep(digit));
    return button;
  });
  const node = create("div", "mnistlab-draw-keeping", { role: "group", "aria-label": "Keep it as" },
    create("span", "mnistlab-draw-label", {}, "What did you draw? Keep it as"),
    create("div", "mnistlab-draw-digits", {}, ...buttons));
  return { node, show: (able) => buttons.forEach((button) => (button.disabled = !able)) };
}

function createFile(model, signal, sender) {
  const name = create("input", "mnistlab-control mnistlab-draw-name", {
    type: "text", autocomplete: "off", spellcheck: "false", maxlength: 100,
  });
  name.value = model.get("name");
  const save = createButton("mnistlab-draw-save", "Save drawing");
  save.title = "Writes its strokes and its label to .npz, and its picture to .png";
  const load = createButton("mnistlab-draw-load", "Load drawing");
  load.title = "Puts a saved drawing on the pad";
  save.addEventListener("click", () => sender.ask("save", { name: name.value }));
  load.addEventListener("click", () => sender.ask("load", { name: name.value }));
  const label = create("label", "mnistlab-draw-label", {}, "File");
  label.htmlFor = name.id = `mnistlab-${Math.random().toString(36).slice(2)}`;
  const notice = create("div", "mnistlab-draw-notice", { role: "status" });
  const tell = () => (notice.textContent = model.get("notice"));
  listen(model, signal, ["notice"], tell);
  tell();
  const node = create("div", "mnistlab-draw-file", {}, label, name, save, load, notice);
  return { node, show: (able) => (save.disabled = !able) };
}


// The canvas

function render({ model, el, signal }) {
  const root = create("div", "mnistlab-explorer mnistlab-draw");
  const messages = createMessages(model, KEYS);
  const sender = createSender(model, signal, showWaiting);
  const answer = createAnswer();
  const collection = createCollection(model, signal, sender);
  const keep = createKeep((label) => {
    sender.ask("keep", { label });
    pad.beginAnew();
  });
  const file = createFile(model, signal, sender);
  const tools = createTools(() => pad, sender);
  const pad = createPad({
    label: "Pad to draw a digit on.",
    say: messages.say,
    onDraw(strokes, finished) {
      collection.unmark();
      sender.draw(strokes, finished);
      showTools();
    },
    onState: () => queueMicrotask(showTools),
  });
  pad.invite("Draw a digit");

  const seen = createScreen("mnistlab-draw-seen", { role: "img" });
  const origin = create("div", "mnistlab-draw-origin");
  const sample = createButton("mnistlab-draw-sample", "Next sample digit");
  sample.title = "Shows the model a digit that it was not trained on, and its true label";
  sample.hidden = !model.get("samples");
  sample.addEventListener("click", () => {
    if (pad.strokes().length) pad.show([]);
    collection.unmark();
    sender.forget();
    sender.ask("sample");
  });
  const time = create("div", "mnistlab-draw-time mnistlab-quiet");
  const state = create("div", "mnistlab-draw-state", { role: "status", hidden: "" });

  root.append(
    create("div", "mnistlab-draw-panels", {},
      createPanel("mnistlab-draw-left", "Draw a digit", pad.node, tools.node),
      createPanel("mnistlab-draw-middle", "What the model sees", seen, origin, sample),
      createPanel("mnistlab-draw-right", "What it reads", answer.node, time, state)),
    messages.node,
    create("div", "mnistlab-draw-below", {}, keep.node, collection.node, file.node),
  );
  keepKeys(root);

  let waiting = "";
  let answers = 0;

  function showTools() {
    tools.show();
    const drawn = pad.strokes().length > 0;
    keep.show(drawn);
    file.show(drawn);
  }

  function showWaiting(words) {
    waiting = words;
    showState();
  }

  function showState() {
    const stale = model.get("stale");
    root.classList.toggle("mnistlab-draw-waiting", waiting !== "");
    root.classList.toggle("mnistlab-draw-stale", stale && !waiting);
    const known = model.get("result").probabilities.length > 0;
    const words = stale && known ? "The last good answer, not that for this drawing." : "";
    state.textContent = waiting || words;
    state.hidden = !state.textContent;
    time.hidden = !state.hidden;
  }

  function showResult() {
    const { digit, probabilities, took, origin: words, truth } = model.get("result");
    paintDigit(seen, digit.byteLength ? bytesOf(digit) : new Uint8Array(PIXELS));
    origin.textContent = words || "28×28 pixels, still black";
    seen.setAttribute("aria-label", `28×28 pixels: ${words || "all black"}`);
    const spoken = answer.show(probabilities, truth);
    const [making, reading] = took;
    time.textContent = probabilities.length
      ? `${milliseconds(making + reading)} ms: image ${milliseconds(making)}, ` +
        `model ${milliseconds(reading)}`
      : "";
    messages.show();
    messages.tell(model.get("stale") ? "" : spoken);
    showState();
    root.dataset.drawn = String(++answers);
  }

  /* Strokes that Python put on the pad, or another view of this canvas. */
  function adopt() {
    const drawing = model.get("drawing");
    if (sender.isMine(drawing.key)) return;
    sender.forget();
    pad.show(unpacked(drawing));
  }

  listen(model, signal, ["result", "problem", "stale"], together(showResult));
  listen(model, signal, ["drawing"], adopt);
  signal.addEventListener("abort", messages.end);
  pad.show(unpacked(model.get("drawing")), { keepPast: false });
  showTools();
  showResult();
  el.append(root);
}

export default { render };

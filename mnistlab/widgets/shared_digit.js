/* The digit picker: thumbnails to pick from, and a pad to draw on.

Class names that stay as they are, for browser tests, beside those of the pad (pad.js):
  .mnistlab-picker           the whole picker
  .mnistlab-picker-current   canvas: the shared digit as the network sees it
  .mnistlab-picker-status    what the shared digit is
  .mnistlab-picker-images    the listbox of thumbnails; arrow keys move in it
  .mnistlab-picker-image     one thumbnail; aria-selected marks the picked one
  .mnistlab-picker-toggle    button: shows and hides the pad
  .mnistlab-picker-pad       canvas to draw on
  .mnistlab-picker-undo  .mnistlab-picker-clear
  .mnistlab-picker-notice    what else the learner should know

Drawn here, in the browser: the strokes. Done in Python: making a digit of them,
and keeping it for the next notebook. */

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

function createDrawing(model) {
  const undo = createButton("mnistlab-picker-undo", "Undo stroke");
  const clear = createButton("mnistlab-picker-clear", "Clear");
  const pad = createPad({
    className: "mnistlab-picker-pad",
    label: "Pad to draw a digit on.",
    onDraw(strokes, finished) {
      if (!finished || !strokes.length) return;
      const { lengths, points } = packed(strokes);
      model.send({ do: "draw", lengths }, undefined, [points]);
    },
    onState: () => queueMicrotask(showButtons),
  });
  const hint = create("p", "mnistlab-picker-hint", {},
    "Draw with the mouse, a finger or a pen. When you lift it, the digit is scaled and centered " +
    "as MNIST's digits are, and every explorer shows it. Keyboard: arrow keys move, the space " +
    "bar sets the pen down and lifts it.");

  function showButtons() {
    undo.disabled = !pad.canUndo();
    clear.disabled = pad.strokes().length === 0;
  }
  undo.addEventListener("click", () => pad.undo());
  clear.addEventListener("click", () => pad.clear());
  return create("div", "mnistlab-picker-drawing", { hidden: "" }, pad.node,
    create("div", "mnistlab-picker-side", {},
      create("div", "mnistlab-picker-buttons", {}, undo, clear), hint));
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

  const drawing = createDrawing(model);
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

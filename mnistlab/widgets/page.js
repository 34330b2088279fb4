/* What the picker and the explorers share: colors, numbers as text, and parts of a page.

Python puts this file in front of each of their scripts (mnistlab/widgets/scripts.py); together
they are one module, and so nothing is exported here. */

const QUIET_MILLISECONDS = 500;
const ARROWS = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };


// Colors: those of mnistlab.plots. Blue is negative, white 0, red positive.

const SIGNED = [
  "#2166ac", "#4393c3", "#92c5de", "#d1e5f0",
  "#ffffff",
  "#fddbc7", "#f4a582", "#d6604d", "#b2182b",
].map((color) => [1, 3, 5].map((place) => parseInt(color.slice(place, place + 2), 16)));
const SHADES = 128;
const COLORS = Array.from({ length: 2 * SHADES + 1 }, (_, shade) => {
  const place = (shade / (2 * SHADES)) * (SIGNED.length - 1);
  const left = Math.min(Math.floor(place), SIGNED.length - 2);
  return SIGNED[left].map((part, channel) =>
    Math.round(part + (place - left) * (SIGNED[left + 1][channel] - part)),
  );
});

/* The color of a value: white for 0 alone, the strongest from the limit on. */
function colorOf(value, limit) {
  const share = Math.max(-1, Math.min(1, value / limit));
  const shade = Math.sign(share) * Math.ceil(Math.abs(share) * SHADES);
  return COLORS[SHADES + shade];
}

/* The limit of a scale for these numbers: the largest of them without its sign. */
function limitOf(numbers) {
  return numbers.reduce((most, number) => Math.max(most, Math.abs(number)), 0) || 1;
}

function asStyle([red, green, blue]) {
  return `rgb(${red}, ${green}, ${blue})`;
}

/* Paints one pixel a number. */
function paint(canvas, height, width, colorAt) {
  if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
  const picture = new ImageData(width, height);
  for (let place = 0; place < height * width; place++) {
    const [red, green, blue] = colorAt(place);
    picture.data[4 * place] = red;
    picture.data[4 * place + 1] = green;
    picture.data[4 * place + 2] = blue;
    picture.data[4 * place + 3] = 255;
  }
  canvas.getContext("2d").putImageData(picture, 0, 0);
}


// Numbers as text

function fixed(number, decimals = 2) {
  const text = number.toFixed(decimals);
  return (Number(text) === 0 ? text.replace("-", "") : text).replace("-", "−");
}

/* What stands in a text field: at most three decimals. */
function plain(number) {
  return String(Number(number.toFixed(3)));
}

/* A number as people write it: -1, −1 or 0,5; NaN for whatever it is not. */
function parse(text) {
  const clean = text.trim().replace("−", "-").replace(",", ".");
  return clean === "" ? NaN : Number(clean);
}


// Parts of a page

function create(tag, className, attributes = {}, ...children) {
  const node = document.createElement(tag);
  if (className) node.className = className;
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
}

function createButton(className, text) {
  return create("button", `mnistlab-button ${className}`, { type: "button" }, text);
}

function createSelect(className, choices, onChoose, attributes = {}) {
  const select = create("select", `mnistlab-control ${className}`, attributes,
    ...choices.map((choice) => create("option", "", { value: choice }, String(choice))));
  select.addEventListener("change", () => onChoose(select.value));
  return select;
}

/* A control under the label that leads to it; `row` where more than the control stands there. */
function createSetting(label, control, ...row) {
  // Each explorer of a page has this module to itself: a count would begin anew in each.
  control.id = `mnistlab-${Math.random().toString(36).slice(2)}`;
  return create("div", "mnistlab-field", {},
    create("label", "", { for: control.id }, label),
    create("div", "mnistlab-controls-of", {}, ...(row.length ? row : [control])));
}

/* A text field for a number. What cannot be is said, and gone when the field is left. An arrow key
leads to `step(shown, sign, event)`. */
function createField(className, label, { isFine, problem, step }, onNumber, say) {
  const field = create("input", `mnistlab-control mnistlab-number ${className}`, {
    type: "text", inputmode: "decimal", autocomplete: "off", "aria-label": label,
  });
  let shown = 0;

  function take(number) {
    const fine = isFine(number);
    field.setAttribute("aria-invalid", String(!fine));
    say(fine ? "" : problem);
    if (fine) onNumber(number);
  }

  field.addEventListener("input", () => take(parse(field.value)));
  field.addEventListener("change", () => {
    if (field.getAttribute("aria-invalid") === "true") say("");
    field.setAttribute("aria-invalid", "false");
    field.value = plain(shown);
  });
  field.addEventListener("keydown", (event) => {
    const sign = { ArrowUp: 1, ArrowDown: -1 }[event.key];
    if (!sign) return;
    event.preventDefault();
    const number = step(shown, sign, event);
    field.value = plain(number);
    take(number);
  });

  function show(number) {
    shown = number;
    const typing = field.matches(":focus") && parse(field.value) === number;
    const wrong = field.getAttribute("aria-invalid") === "true";
    if (!typing && !wrong) field.value = plain(number);
  }
  return { field, show };
}

/* The colors of a map, with the numbers of both ends. */
function createScale(colors, low, high) {
  const bar = create("span", "mnistlab-scale-bar");
  bar.style.background = `linear-gradient(to right, ${colors.join(", ")})`;
  const ends = [low, high].map((text) => create("span", "", {}, text));
  const node = create("div", "mnistlab-scale mnistlab-quiet", {}, ends[0], bar, ends[1]);
  return { node, ends };
}

/* The hint, and in its place what is wrong: what the learner typed, or else the model's `problem`.
A screen reader is told where the learner stays, not each step on the way. */
function createMessages(model, ...words) {
  const hint = create("div", "mnistlab-hint mnistlab-quiet", {}, ...words);
  const alert = create("div", "mnistlab-alert", { role: "alert" });
  const live = create("div", "mnistlab-live", { role: "status" });
  const node = create("div", "mnistlab-messages", {}, hint, alert, live);
  let complaint = "";
  let timer;

  function show() {
    const text = complaint || model.get("problem");
    if (alert.textContent !== text) alert.textContent = text;
    hint.classList.toggle("mnistlab-off", text !== "");
  }
  function say(text) {
    complaint = text;
    show();
  }
  function tell(text) {
    clearTimeout(timer);
    timer = setTimeout(() => (live.textContent = text), QUIET_MILLISECONDS);
  }
  return { node, hint, show, say, tell, end: () => clearTimeout(timer) };
}


// Keys

/* JupyterLab takes the arrow keys from some parts of a page, sliders among them, unless they have
this attribute themselves. */
function keepKeys(root) {
  for (const node of root.querySelectorAll("*")) node.setAttribute("data-lm-suppress-shortcuts", "");
}

/* Where a key leads to in a list that is wrapped into lines; undefined where it is no such key. */
function placeAfter(key, place, nodes) {
  const columns = nodes.filter((node) => node.offsetTop === nodes[0].offsetTop).length;
  const places = {
    ArrowLeft: place - 1, ArrowRight: place + 1,
    ArrowUp: place - columns, ArrowDown: place + columns,
    Home: 0, End: nodes.length - 1,
  };
  return places[key];
}


// The model

/* The bytes of a trait, in a buffer of their own: an array of floats may not begin anywhere. */
function bytesOf(view) {
  return new Uint8Array(view.buffer, view.byteOffset, view.byteLength).slice();
}

/* Calls back at each change of one of these traits, until the widget ends. */
function listen(model, signal, names, callback) {
  for (const name of names) {
    model.on(`change:${name}`, callback);
    signal.addEventListener("abort", () => model.off(`change:${name}`, callback));
  }
}

/* Returns a function that has one picture drawn for all the changes that come together. */
function together(draw) {
  let scheduled = false;
  return () => {
    if (scheduled) return;
    scheduled = true;
    queueMicrotask(() => {
      scheduled = false;
      draw();
    });
  };
}

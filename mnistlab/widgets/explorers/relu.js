/* The ReLU explorer: the feature maps of a layer before and after the ReLU.

Class names that stay as they are, for browser tests:
  .mnistlab-relu            the whole explorer; data-drawn counts its pictures
  .mnistlab-relu-layer      select: the layer
  .mnistlab-relu-shift      range; .mnistlab-relu-shift-field text field: the same
  .mnistlab-relu-reset      button: shift 0
  .mnistlab-relu-maps       the listbox of all maps; arrow keys choose one
  .mnistlab-relu-map        one of them; aria-selected marks the chosen one
  .mnistlab-relu-before  .mnistlab-relu-after
                            canvases: the chosen map, large; take the arrow keys
  .mnistlab-relu-pixel      the pixel's value, before and after
  .mnistlab-relu-zeros      share of zeros of the chosen map
  .mnistlab-relu-layer-zeros  the same of the layer
  .mnistlab-alert           role=alert: what cannot be, and why
  .mnistlab-live            role=status: the pixel and the share, for screen readers

The maps come from Python. The shift and the ReLU are computed here, in the
browser. The settings are the model's traits of the same names; Python checks
them again. */

const LARGEST_SHIFT = 1e6;
const SHIFT = "Shift, added before the ReLU";
const QUIET_MILLISECONDS = 500;
const SETTINGS = ["layer", "chosen", "shift", "row", "column"];

// Colors: those of mnistlab.plots. Blue is negative, white 0, red positive.
const SIGNED = [
  "#2166ac", "#4393c3", "#92c5de", "#d1e5f0",
  "#ffffff",
  "#fddbc7", "#f4a582", "#d6604d", "#b2182b",
].map((color) => [1, 3, 5].map((place) => parseInt(color.slice(place, place + 2), 16)));
const STEPS = 128;
const COLORS = Array.from({ length: 2 * STEPS + 1 }, (_, step) => {
  const place = (step / (2 * STEPS)) * (SIGNED.length - 1);
  const left = Math.min(Math.floor(place), SIGNED.length - 2);
  return SIGNED[left].map((part, channel) =>
    Math.round(part + (place - left) * (SIGNED[left + 1][channel] - part)),
  );
});

/* The color of a value: white for 0 alone, the strongest from the limit on. */
function colorOf(value, limit) {
  const share = Math.max(-1, Math.min(1, value / limit));
  const step = Math.sign(share) * Math.ceil(Math.abs(share) * STEPS);
  return COLORS[STEPS + step];
}


// The maps and the arithmetic

function mapsOf(model) {
  const { shape, values } = model.get("maps");
  const bytes = values.buffer.slice(values.byteOffset, values.byteOffset + values.byteLength);
  const all = new Float32Array(bytes);
  const [count, height, width] = shape;
  const size = height * width;
  return {
    count, height, width, size, all,
    limit: all.reduce((most, value) => Math.max(most, Math.abs(value)), 0) || 1,
    at: (place) => all.subarray(place * size, (place + 1) * size),
  };
}

function zerosIn(values, shift) {
  return values.reduce((count, value) => count + (value + shift <= 0), 0);
}


// Numbers as text

function format(number, decimals = 3) {
  const text = number.toFixed(decimals);
  return (Number(text) === 0 ? text.replace("-", "") : text).replace("-", "−");
}

function percent(count, size, decimals = 1) {
  return `${((100 * count) / size).toFixed(decimals)} %`;
}

function withCommas(number) {
  return number.toLocaleString("en-US");
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


// Parts of the page

function create(tag, className, properties = {}, attributes = {}) {
  const node = document.createElement(tag);
  node.className = className;
  Object.assign(node, properties);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  return node;
}

function createSvg(tag, attributes = {}) {
  const node = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  return node;
}

/* Controls under their label; a click on it leads to the last of them. */
function createSetting(label, ...controls) {
  const box = create("div", "mnistlab-field");
  const row = create("div", "mnistlab-controls-of");
  row.append(...controls);
  row.lastChild.id = `mnistlab-${Math.random().toString(36).slice(2)}`;
  box.append(create("label", "", { textContent: label, htmlFor: row.lastChild.id }), row);
  return box;
}

/* JupyterLab takes the arrow keys from some parts of a page, sliders among them, unless they have
this attribute themselves. */
function keepKeys(root) {
  for (const node of root.querySelectorAll("*")) node.setAttribute("data-lm-suppress-shortcuts", "");
}

function paint(canvas, values, { width, height, limit }, change) {
  if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
  const picture = new ImageData(width, height);
  for (let place = 0; place < values.length; place++) {
    const [red, green, blue] = colorOf(change(values[place]), limit);
    picture.data[4 * place] = red;
    picture.data[4 * place + 1] = green;
    picture.data[4 * place + 2] = blue;
    picture.data[4 * place + 3] = 255;
  }
  canvas.getContext("2d").putImageData(picture, 0, 0);
}

/* One map, large, with the pixel that is looked at; tells where the pointer and the keys go. */
function createPanel(className, label, go, keep) {
  const panel = create("div", "mnistlab-panel");
  const title = create("div", "mnistlab-title");
  const frame = create("div", "mnistlab-relu-frame");
  const canvas = create("canvas", `mnistlab-canvas ${className}`, {}, {
    tabindex: "0", role: "application", "aria-label": label,
  });
  const cursor = create("div", "mnistlab-relu-cursor");
  frame.append(canvas, cursor);
  panel.append(title, frame);

  function goTo(event) {
    const place = canvas.getBoundingClientRect();
    go((_, { width, height }) => [
      Math.floor(((event.clientY - place.top) / place.height) * height),
      Math.floor(((event.clientX - place.left) / place.width) * width),
    ]);
  }
  canvas.addEventListener("pointerdown", goTo);
  canvas.addEventListener("pointermove", goTo);
  canvas.addEventListener("pointerleave", keep);
  const steps = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
  canvas.addEventListener("keydown", (event) => {
    const step = steps[event.key];
    if (!step) return;
    event.preventDefault();
    go(([row, column]) => [row + step[0], column + step[1]]);
    keep();
  });

  function show(values, maps, [row, column], change) {
    paint(canvas, values, maps, change);
    Object.assign(cursor.style, {
      left: `${(100 * column) / maps.width}%`,
      top: `${(100 * row) / maps.height}%`,
      width: `${100 / maps.width}%`,
      height: `${100 / maps.height}%`,
    });
  }
  return { panel, title, show };
}

/* The graph of max(0, z), and where the pixel is on it. */
function createGraph() {
  const panel = create("div", "mnistlab-panel");
  const svg = createSvg("svg", {
    class: "mnistlab-relu-graph", viewBox: "-104 -104 208 138", role: "img",
    "aria-label": "The graph of the ReLU, with the pixel on it",
  });
  const dot = createSvg("circle", { r: 6, class: "mnistlab-relu-dot" });
  svg.append(
    createSvg("line", { x1: -100, y1: 0, x2: 100, y2: 0, class: "mnistlab-relu-axis" }),
    createSvg("line", { x1: 0, y1: 30, x2: 0, y2: -100, class: "mnistlab-relu-axis" }),
    createSvg("polyline", { points: "-100,0 0,0 100,-100", class: "mnistlab-relu-curve" }),
    dot,
  );
  panel.append(create("div", "mnistlab-title", { textContent: "ReLU" }), svg);

  function show(value, limit) {
    const x = 100 * Math.max(-1, Math.min(1, value / limit));
    dot.setAttribute("cx", x);
    dot.setAttribute("cy", Math.min(0, -x));
  }
  return { panel, show };
}


// The explorer

function render({ model, el, signal }) {
  const get = (name) => model.get(name);
  let maps = mapsOf(model);
  let complaint = "";

  const root = create("div", "mnistlab-explorer mnistlab-relu");
  const hint = create("div", "mnistlab-hint mnistlab-quiet", {
    textContent:
      "Point at a pixel, or use the arrow keys on a large map. The shift is added to every value " +
      "before the ReLU, as a bias would be: it moves the zero.",
  });
  const alert = create("div", "mnistlab-alert", {}, { role: "alert" });
  const live = create("div", "mnistlab-live", {}, { role: "status" });

  function set(name, value) {
    model.set(name, value);
    model.save_changes();
  }

  function say(text) {
    complaint = text;
    showMessages();
  }

  function showMessages() {
    alert.textContent = complaint || get("problem");
    hint.classList.toggle("mnistlab-off", alert.textContent !== "");
  }

  // Settings

  const layer = create("select", "mnistlab-control mnistlab-relu-layer", {}, { "aria-label": "Layer" });
  layer.append(...get("layers").map((name) => new Option(name, name)));
  layer.addEventListener("change", () => set("layer", layer.value));

  const slider = create("input", "mnistlab-slider mnistlab-relu-shift", { type: "range", step: "any" }, {
    "aria-label": SHIFT,
  });
  slider.addEventListener("input", () => set("shift", Number(Number(slider.value).toPrecision(3))));
  // With any step, the browser's own key steps differ; these are hundredths of the range.
  slider.addEventListener("keydown", (event) => {
    const sign = { ArrowUp: 1, ArrowRight: 1, ArrowDown: -1, ArrowLeft: -1 }[event.key];
    if (!sign) return;
    event.preventDefault();
    shiftBy(sign);
  });

  const field = create("input", "mnistlab-control mnistlab-number mnistlab-relu-shift-field", {
    type: "text", inputMode: "decimal", autocomplete: "off",
  }, { "aria-label": SHIFT });
  field.addEventListener("input", () => {
    const number = parse(field.value);
    const fine = Math.abs(number) <= LARGEST_SHIFT;
    field.setAttribute("aria-invalid", String(!fine));
    if (fine) set("shift", number);
    say(fine ? "" : "Shift: type a number up to a million, above 0 or below. The picture stays as it was.");
  });
  field.addEventListener("change", () => {
    if (field.getAttribute("aria-invalid") === "true") say("");
    field.setAttribute("aria-invalid", "false");
    field.value = plain(get("shift"));
  });
  field.addEventListener("keydown", (event) => {
    const sign = { ArrowUp: 1, ArrowDown: -1 }[event.key];
    if (!sign) return;
    event.preventDefault();
    shiftBy(sign);
    field.value = plain(get("shift"));
    field.setAttribute("aria-invalid", "false");
    say("");
  });

  const reset = create("button", "mnistlab-button mnistlab-relu-reset", {
    type: "button", textContent: "Reset",
  });
  reset.addEventListener("click", () => {
    say("");
    set("shift", 0);
  });
  const settings = create("div", "mnistlab-settings");
  settings.append(
    createSetting("Layer", layer),
    createSetting(SHIFT, slider, field),
    reset,
  );

  /* The strongest value rounded to one digit: the sliders end there. */
  function reach() {
    return Number((maps.limit * 1.05).toPrecision(1));
  }

  function shiftBy(sign) {
    const end = Math.max(reach(), Math.abs(get("shift")));
    const next = Math.max(-end, Math.min(end, get("shift") + (sign * reach()) / 50));
    set("shift", Number(next.toFixed(6)));
  }

  // All maps, small

  const list = create("div", "mnistlab-relu-maps", {}, {
    role: "listbox", "aria-label": "Feature maps of the layer", "aria-orientation": "horizontal",
  });
  const listTitle = create("div", "mnistlab-title");
  const listPanel = create("div", "mnistlab-panel");
  listPanel.append(listTitle, list);
  let options = [];

  function createOptions() {
    options = Array.from({ length: maps.count }, (_, place) => {
      const option = create("div", "mnistlab-relu-map", {}, { role: "option" });
      const canvas = create("canvas", "mnistlab-relu-small");
      const share = create("span", "mnistlab-quiet");
      option.append(canvas, share);
      option.addEventListener("click", () => choose(place));
      option.addEventListener("keydown", (event) => move(event, place));
      return { option, canvas, share };
    });
    list.replaceChildren(...options.map(({ option }) => option));
    listTitle.replaceChildren(
      `All ${maps.count} maps before the ReLU `,
      create("span", "mnistlab-quiet", { textContent: "and the share of zeros after it" }),
    );
    keepKeys(list);
  }

  function choose(place) {
    set("chosen", place);
    options[place].option.focus();
  }

  function move(event, place) {
    const top = options[0].option.offsetTop;
    const columns = options.filter(({ option }) => option.offsetTop === top).length;
    const steps = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns, ArrowDown: columns };
    const ends = { Home: 0, End: options.length - 1 };
    const next = event.key in ends ? ends[event.key] : place + steps[event.key];
    if (!(event.key in ends || event.key in steps)) return;
    event.preventDefault();
    if (next in options) choose(next);
  }

  function showOptions(now) {
    options.forEach(({ option, canvas, share }, place) => {
      const values = maps.at(place);
      const zeros = percent(zerosIn(values, now.shift), maps.size, 0);
      paint(canvas, values, maps, (value) => value + now.shift);
      share.textContent = zeros;
      option.title = `map ${place}, ${zeros} zeros`;
      option.setAttribute("aria-label", option.title);
      option.setAttribute("aria-selected", String(place === now.chosen));
      option.tabIndex = place === now.chosen ? 0 : -1;
    });
  }

  // The chosen map, large

  function go(where) {
    const now = [get("row"), get("column")];
    const [row, column] = where(now, maps);
    const inside = row >= 0 && row < maps.height && column >= 0 && column < maps.width;
    if (!inside || (row === now[0] && column === now[1])) return;
    model.set("row", row);
    model.set("column", column);
  }
  const keep = () => model.save_changes();
  const keys = "Arrow keys move to another pixel.";
  const before = createPanel("mnistlab-relu-before", `The map before the ReLU. ${keys}`, go, keep);
  const after = createPanel("mnistlab-relu-after", `The map after the ReLU. ${keys}`, go, keep);
  const graph = createGraph();
  const scale = create("div", "mnistlab-scale");
  const [low, high] = [create("span", ""), create("span", "")];
  const bar = create("div", "mnistlab-scale-bar");
  bar.style.background = `linear-gradient(to right, ${SIGNED.map((color) => `rgb(${color})`)})`;
  scale.append(low, bar, high);
  const pixel = create("div", "mnistlab-relu-pixel");
  const zeros = create("div", "mnistlab-relu-zeros");
  const layerZeros = create("div", "mnistlab-relu-layer-zeros");
  graph.panel.append(pixel, zeros, layerZeros, scale);
  const panels = create("div", "mnistlab-panels");
  panels.append(before.panel, after.panel, graph.panel);

  const messages = create("div", "mnistlab-messages");
  messages.append(hint, alert);
  root.append(settings, listPanel, panels, messages, live);
  keepKeys(root);

  function showSettings(now) {
    layer.value = now.layer;
    const end = Math.max(reach(), Math.abs(now.shift));
    Object.assign(slider, { min: -end, max: end, value: now.shift });
    slider.setAttribute("aria-valuetext", plain(now.shift));
    const typing = field.matches(":focus") && parse(field.value) === now.shift;
    const wrong = field.getAttribute("aria-invalid") === "true";
    if (!typing && !wrong) field.value = plain(now.shift);
  }

  function showPanels(now) {
    const values = maps.at(now.chosen);
    const place = [now.row, now.column];
    const title = `Map ${now.chosen} of ${now.layer}`;
    before.title.textContent = `${title}, before`;
    after.title.textContent = "After";
    before.show(values, maps, place, (value) => value + now.shift);
    after.show(values, maps, place, (value) => Math.max(0, value + now.shift));
    [low.textContent, high.textContent] = [format(-maps.limit, 2), format(maps.limit, 2)];
  }

  function showNumbers(now) {
    const values = maps.at(now.chosen);
    const z = values[now.row * maps.width + now.column];
    const value = z + now.shift;
    const sign = now.shift < 0 ? "−" : "+";
    const added = now.shift ? ` ${sign} ${plain(Math.abs(now.shift))} = ${format(value)}` : "";
    pixel.textContent =
      `Pixel [${now.row}, ${now.column}]: ${format(z)}${added} → ${value > 0 ? format(value) : "0"}`;
    graph.show(value, maps.limit);
    const inMap = zerosIn(values, now.shift);
    const inLayer = zerosIn(maps.all, now.shift);
    zeros.textContent =
      `Zeros in this map: ${percent(inMap, maps.size)} (${withCommas(inMap)} of ${withCommas(maps.size)})`;
    layerZeros.textContent =
      `Zeros in the layer: ${percent(inLayer, maps.all.length)} ` +
      `(${withCommas(inLayer)} of ${withCommas(maps.all.length)})`;
  }

  let waiting = 0;
  function announce() {
    clearTimeout(waiting);
    waiting = setTimeout(() => {
      live.textContent = `${pixel.textContent}. ${zeros.textContent}.`;
    }, QUIET_MILLISECONDS);
  }

  // What is not the pixel's alone is drawn only when it changed.
  let last = null;
  let drawn = 0;
  function show() {
    const now = Object.fromEntries(SETTINGS.map((name) => [name, get(name)]));
    if (now.row >= maps.height || now.column >= maps.width || now.chosen >= maps.count) return;
    if (last === null || ["chosen", "shift"].some((name) => now[name] !== last[name])) showOptions(now);
    showSettings(now);
    showPanels(now);
    showNumbers(now);
    showMessages();
    announce();
    last = now;
    root.dataset.drawn = String(++drawn);
  }

  // One picture for all the changes that come together.
  let scheduled = false;
  function schedule() {
    if (scheduled) return;
    scheduled = true;
    queueMicrotask(() => {
      scheduled = false;
      show();
    });
  }

  function replace() {
    const count = maps.count;
    maps = mapsOf(model);
    if (maps.count !== count) createOptions();
    last = null;
    schedule();
  }

  const listened = [...SETTINGS, "problem"].map((name) => [`change:${name}`, schedule]);
  for (const [name, callback] of [...listened, ["change:maps", replace]]) {
    model.on(name, callback);
    signal.addEventListener("abort", () => model.off(name, callback));
  }
  signal.addEventListener("abort", () => clearTimeout(waiting));
  createOptions();
  show();
  el.append(root);
}

export default { render };

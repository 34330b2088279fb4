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
const SETTINGS = ["layer", "chosen", "shift", "row", "column"];

// The maps and the arithmetic

function mapsOf(model) {
  const { shape, values } = model.get("maps");
  const all = new Float32Array(bytesOf(values).buffer);
  const [count, height, width] = shape;
  const size = height * width;
  return {
    count, height, width, size, all,
    limit: limitOf(all),
    at: (place) => all.subarray(place * size, (place + 1) * size),
  };
}

function zerosIn(values, shift) {
  return values.reduce((count, value) => count + (value + shift <= 0), 0);
}


// Numbers as text

function percent(count, size, decimals = 1) {
  return `${((100 * count) / size).toFixed(decimals)} %`;
}

function withCommas(number) {
  return number.toLocaleString("en-US");
}


// Parts of the page

function createSvg(tag, attributes = {}) {
  const node = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  return node;
}

function paintMap(canvas, values, { width, height, limit }, change) {
  paint(canvas, height, width, (place) => colorOf(change(values[place]), limit));
}

/* One map, large, with the pixel that is looked at; tells where the pointer and the keys go. */
function createPanel(className, label, go, keep) {
  const panel = create("div", "mnistlab-panel");
  const title = create("div", "mnistlab-title");
  const frame = create("div", "mnistlab-relu-frame");
  const canvas = create("canvas", `mnistlab-canvas ${className}`, {
    tabindex: "0", role: "application", "aria-label": label,
  });
  const cursor = create("div", "mnistlab-relu-cursor");
  frame.append(canvas, cursor);
  panel.append(title, frame);

  function goTo(event) {
    // No other button, and no other finger; pointing needs none.
    if (!event.isPrimary || event.buttons > 1) return;
    const place = canvas.getBoundingClientRect();
    go((_, { width, height }) => [
      Math.floor(((event.clientY - place.top) / place.height) * height),
      Math.floor(((event.clientX - place.left) / place.width) * width),
    ]);
  }
  canvas.addEventListener("pointerdown", goTo);
  canvas.addEventListener("pointermove", goTo);
  canvas.addEventListener("pointerleave", keep);
  canvas.addEventListener("keydown", (event) => {
    const step = ARROWS[event.key];
    if (!step) return;
    event.preventDefault();
    go(([row, column]) => [row + step[0], column + step[1]]);
    keep();
  });

  function show(values, maps, [row, column], change) {
    paintMap(canvas, values, maps, change);
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
  panel.append(create("div", "mnistlab-title", {}, "ReLU"), svg);

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

  const root = create("div", "mnistlab-explorer mnistlab-relu");
  const messages = createMessages(model,
    "Point at a pixel, or use the arrow keys on a large map. The shift is added to every value " +
    "before the ReLU, as a bias would be: it moves the zero.");

  function set(name, value) {
    model.set(name, value);
    model.save_changes();
  }

  // Settings

  const layer = createSelect("mnistlab-relu-layer", get("layers"), (name) => set("layer", name),
    { "aria-label": "Layer" });

  const slider = create("input", "mnistlab-slider mnistlab-relu-shift", {
    type: "range", step: "any", "aria-label": SHIFT,
  });
  slider.addEventListener("input", () => set("shift", Number(Number(slider.value).toPrecision(3))));
  // With any step, the browser's own key steps differ; these are hundredths of the range.
  slider.addEventListener("keydown", (event) => {
    const sign = { ArrowUp: 1, ArrowRight: 1, ArrowDown: -1, ArrowLeft: -1 }[event.key];
    if (!sign) return;
    event.preventDefault();
    set("shift", shiftedBy(sign));
  });

  const field = createField("mnistlab-relu-shift-field", SHIFT, {
    isFine: (number) => Math.abs(number) <= LARGEST_SHIFT,
    problem: "Shift: type a number up to a million, above 0 or below. The picture stays as it was.",
    step: (shown, sign) => shiftedBy(sign),
  }, (number) => set("shift", number), messages.say);

  const reset = createButton("mnistlab-relu-reset", "Reset");
  reset.addEventListener("click", () => {
    messages.say("");
    set("shift", 0);
  });
  const settings = create("div", "mnistlab-settings");
  settings.append(
    createSetting("Layer", layer),
    createSetting(SHIFT, field.field, slider, field.field),
    reset,
  );

  /* The strongest value rounded to one digit: the sliders end there. */
  function reach() {
    return Number((maps.limit * 1.05).toPrecision(1));
  }

  function shiftedBy(sign) {
    const end = Math.max(reach(), Math.abs(get("shift")));
    const next = Math.max(-end, Math.min(end, get("shift") + (sign * reach()) / 50));
    return Number(next.toFixed(6));
  }

  // All maps, small

  const list = create("div", "mnistlab-relu-maps", {
    role: "listbox", "aria-label": "Feature maps of the layer", "aria-orientation": "horizontal",
  });
  const listTitle = create("div", "mnistlab-title");
  const listPanel = create("div", "mnistlab-panel");
  listPanel.append(listTitle, list);
  let options = [];

  function createOptions() {
    options = Array.from({ length: maps.count }, (_, place) => {
      const option = create("div", "mnistlab-relu-map", { role: "option" });
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
      create("span", "mnistlab-quiet", {}, "and the share of zeros after it"),
    );
    keepKeys(list);
  }

  function choose(place) {
    set("chosen", place);
    options[place].option.focus();
  }

  function move(event, place) {
    const next = placeAfter(event.key, place, options.map(({ option }) => option));
    if (next === undefined) return;
    event.preventDefault();
    if (next in options) choose(next);
  }

  function showOptions(now) {
    options.forEach(({ option, canvas, share }, place) => {
      const values = maps.at(place);
      const zeros = percent(zerosIn(values, now.shift), maps.size, 0);
      paintMap(canvas, values, maps, (value) => value + now.shift);
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
  const scale = createScale(SIGNED.map(asStyle), "", "");
  const pixel = create("div", "mnistlab-relu-pixel");
  const zeros = create("div", "mnistlab-relu-zeros");
  const layerZeros = create("div", "mnistlab-relu-layer-zeros");
  graph.panel.append(pixel, zeros, layerZeros, scale.node);
  const panels = create("div", "mnistlab-panels");
  panels.append(before.panel, after.panel, graph.panel);

  root.append(settings, listPanel, panels, messages.node);
  keepKeys(root);

  function showSettings(now) {
    layer.value = now.layer;
    const end = Math.max(reach(), Math.abs(now.shift));
    Object.assign(slider, { min: -end, max: end, value: now.shift });
    slider.setAttribute("aria-valuetext", plain(now.shift));
    field.show(now.shift);
  }

  function showPanels(now) {
    const values = maps.at(now.chosen);
    const place = [now.row, now.column];
    const title = `Map ${now.chosen} of ${now.layer}`;
    before.title.textContent = `${title}, before`;
    after.title.textContent = "After";
    before.show(values, maps, place, (value) => value + now.shift);
    after.show(values, maps, place, (value) => Math.max(0, value + now.shift));
    scale.ends[0].textContent = fixed(-maps.limit);
    scale.ends[1].textContent = fixed(maps.limit);
  }

  function showNumbers(now) {
    const values = maps.at(now.chosen);
    const z = values[now.row * maps.width + now.column];
    const value = z + now.shift;
    const sign = now.shift < 0 ? "−" : "+";
    const added = now.shift ? ` ${sign} ${plain(Math.abs(now.shift))} = ${fixed(value, 3)}` : "";
    pixel.textContent =
      `Pixel [${now.row}, ${now.column}]: ${fixed(z, 3)}${added} → ${value > 0 ? fixed(value, 3) : "0"}`;
    graph.show(value, maps.limit);
    const inMap = zerosIn(values, now.shift);
    const inLayer = zerosIn(maps.all, now.shift);
    zeros.textContent =
      `Zeros in this map: ${percent(inMap, maps.size)} (${withCommas(inMap)} of ${withCommas(maps.size)})`;
    layerZeros.textContent =
      `Zeros in the layer: ${percent(inLayer, maps.all.length)} ` +
      `(${withCommas(inLayer)} of ${withCommas(maps.all.length)})`;
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
    messages.show();
    messages.tell(`${pixel.textContent}. ${zeros.textContent}.`);
    last = now;
    root.dataset.drawn = String(++drawn);
  }

  const schedule = together(show);

  function replace() {
    const count = maps.count;
    maps = mapsOf(model);
    if (maps.count !== count) createOptions();
    last = null;
    schedule();
  }

  listen(model, signal, [...SETTINGS, "problem"], schedule);
  listen(model, signal, ["maps"], replace);
  signal.addEventListener("abort", messages.end);
  createOptions();
  show();
  el.append(root);
}

export default { render };

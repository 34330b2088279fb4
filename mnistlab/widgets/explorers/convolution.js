/* The convolution explorer: every number of one output pixel, and the NumPy that computes it.

Class names that stay as they are, for browser tests:
  .mnistlab-convolution   the whole explorer; data-drawn counts its pictures
  .mnistlab-preset  .mnistlab-kernel-rows  .mnistlab-kernel-columns  .mnistlab-stride
  .mnistlab-padding  .mnistlab-dilation  .mnistlab-source  .mnistlab-zoom  .mnistlab-speed
                          selects
  .mnistlab-bias          text field        .mnistlab-rectify   check box
  .mnistlab-play          button: play, pause; a single step where motion is not wanted
  .mnistlab-input         canvas: the image, the patch outlined
  .mnistlab-output        canvas: the map, the pixel outlined; takes the keys
  .mnistlab-overview      canvas: the whole photo, the shown region outlined; takes the arrows
  .mnistlab-patch  .mnistlab-kernel  .mnistlab-products
                          the three grids; in them .mnistlab-cell with data-place="row,column";
                          those of the kernel are text fields
  .mnistlab-products-sum  .mnistlab-bias-value  .mnistlab-total  .mnistlab-result
                          the numbers of the sum; the total before ReLU only where there is one
  .mnistlab-code          the NumPy, as `explorer.code` has it; .mnistlab-code-value its value
  .mnistlab-indices       where the indices come from
  .mnistlab-alert         role=alert: what cannot be, and why
  .mnistlab-live          role=status: the result, for screen readers

All is computed here, in the browser. The settings are the model's traits of the
same names; Python checks them again. */

const PAGE = 5;
const ZOOMS = [1, 2, 4, 8, 16];
const SPEEDS = { slow: 2, normal: 8, fast: 40 };
const SETTINGS = [
  "source", "row", "column", "kernel", "bias", "stride", "padding", "dilation", "relu",
];
const TRAITS = [...SETTINGS, "digit", "photo", "region", "problem"];
const STEPS = {
  ArrowUp: ([row, column]) => [row - 1, column],
  ArrowDown: ([row, column]) => [row + 1, column],
  ArrowLeft: ([row, column]) => [row, column - 1],
  ArrowRight: ([row, column]) => [row, column + 1],
  PageUp: ([row, column]) => [row - PAGE, column],
  PageDown: ([row, column]) => [row + PAGE, column],
  Home: ([row], ctrl) => [ctrl ? 0 : row, 0],
  End: ([row], ctrl) => [ctrl ? Infinity : row, Infinity],
};


// The model

function readImage(stored) {
  const { shape: [height, width], pixels } = stored;
  return { height, width, values: new Float32Array(bytesOf(pixels).buffer) };
}

function readSettings(model) {
  const settings = Object.fromEntries(SETTINGS.map((name) => [name, model.get(name)]));
  return { ...settings, image: readImage(model.get(settings.source)) };
}

function createPresets(model) {
  const [presets, blurs] = [model.get("presets"), model.get("blurs")];
  const names = Object.keys(presets);
  function nameOf(kernel) {
    const isKernel = (name) =>
      sameKernel(kernel, presets[name]) ||
      (blurs[name] && sameKernel(kernel, resized(name, kernel.length, kernel[0].length)));
    return names.find(isKernel) ?? "";
  }
  function resized(name, height, width) {
    return inSize(presets[name], blurs[name], height, width);
  }
  function resize(kernel, height, width) {
    return inSize(kernel, blurs[nameOf(kernel)], height, width);
  }
  return { names, nameOf, resize, kernelOf: (name) => presets[name] };
}


// The controls

function upTo(largest) {
  return Array.from({ length: largest }, (_, place) => place + 1);
}

/* A text field for a number. Every number typed counts at once; up and down change it by 1. */
function createNumberField(className, name, onNumber, onProblem) {
  const field = create("input", `mnistlab-control ${className}`, {
    type: "text", inputmode: "decimal", autocomplete: "off", spellcheck: "false",
    "aria-label": name, title: "A number such as −1, 0.5 or 1/9. Up and down change it by 1.",
  });
  let shown = 0;
  let decimals = 2;

  function write(text) {
    field.value = text;
    field.removeAttribute("aria-invalid");
  }

  function take(number) {
    field.removeAttribute("aria-invalid");
    shown = number;
    onNumber(number);
  }

  field.addEventListener("focus", () => {
    write(String(shown).replace("-", "−"));
    field.select();
  });
  field.addEventListener("input", () => {
    const number = parseNumber(field.value);
    if (Number.isNaN(number)) field.setAttribute("aria-invalid", "true");
    else take(number);
  });
  field.addEventListener("change", () => {
    if (!field.hasAttribute("aria-invalid")) return;
    onProblem(`${name}: “${field.value}” is no number that can be used. Write one such as −1, 0.5 ` +
      "or 1/9, up to a million. The picture stays as it was.");
    write(formatShort(shown, decimals));
  });
  field.addEventListener("blur", () => write(formatShort(shown, decimals)));
  field.addEventListener("keydown", (event) => {
    const sign = { ArrowUp: 1, ArrowDown: -1 }[event.key];
    if (!sign) return;
    event.preventDefault();
    // Tenths are added as whole numbers: 0.1 + 0.2 is not 0.3.
    const number = Math.round((shown + sign * (event.shiftKey ? 0.1 : 1)) * 1e6) / 1e6;
    if (!isFine(number)) return;
    write(String(number).replace("-", "−"));
    take(number);
  });

  function update(number, places = 2) {
    decimals = places;
    const isTyped = field.matches(":focus") && number === shown;
    shown = number;
    if (!isTyped) write(formatShort(number, decimals));
  }
  return { node: field, update };
}

function createControls(model, act) {
  const presets = createPresets(model);
  const own = "your own";
  const preset = createSelect("mnistlab-preset", [...presets.names, own], (name) => {
    if (name === own) act.refresh();
    else act.change({ kernel: presets.kernelOf(name) });
  });
  const resize = (height, width) =>
    act.change({ kernel: presets.resize(model.get("kernel"), height, width) });
  const height = createSelect("mnistlab-kernel-rows", upTo(LARGEST_KERNEL),
    (rows) => resize(Number(rows), model.get("kernel")[0].length),
    { "aria-label": "Kernel rows" });
  const width = createSelect("mnistlab-kernel-columns", upTo(LARGEST_KERNEL),
    (columns) => resize(model.get("kernel").length, Number(columns)),
    { "aria-label": "Kernel columns" });
  const stride = createSelect("mnistlab-stride", upTo(LARGEST_STRIDE),
    (value) => act.change({ stride: Number(value) }));
  const padding = createSelect("mnistlab-padding", ["valid", "same"],
    (value) => act.change({ padding: value }));
  const dilation = createSelect("mnistlab-dilation", upTo(LARGEST_DILATION),
    (value) => act.change({ dilation: Number(value) }));
  const bias = createNumberField("mnistlab-bias mnistlab-number", "Bias",
    (value) => act.change({ bias: value }), act.say);
  const relu = create("input", "mnistlab-rectify", { type: "checkbox" });
  relu.addEventListener("change", () => act.change({ relu: relu.checked }));
  const source = createSelect("mnistlab-source", ["digit", "photo"],
    (value) => act.change({ source: value }));

  const fields = [
    createSetting("Kernel", preset),
    createSetting("Kernel size", height,
      height, create("span", "", { "aria-hidden": "true" }, "×"), width),
    createSetting("Stride", stride),
    createSetting("Padding", padding),
    createSetting("Dilation", dilation),
    createSetting("Bias", bias.node),
    createSetting("ReLU", relu),
  ];
  if (model.get("overview")) fields.unshift(createSetting("Image", source));

  function update(view) {
    preset.value = presets.nameOf(view.kernel) || own;
    height.value = view.kernel.length;
    width.value = view.kernel[0].length;
    stride.value = view.stride;
    padding.value = view.padding;
    dilation.value = view.dilation;
    bias.update(view.bias);
    relu.checked = view.relu;
    source.value = view.source;
  }
  return { node: create("div", "mnistlab-settings", {}, ...fields), update };
}


// The maps

function createPanel(title, beside, canvas, ...below) {
  const size = create("span", "mnistlab-quiet");
  const heading = create("div", "mnistlab-heading", {},
    create("div", "mnistlab-title", {}, title, " ", size), ...beside);
  const node = create("div", "mnistlab-panel", {}, heading, canvas, ...below);
  return { node, size, resize: ({ width }) => { node.style.width = `${width}px`; } };
}

function createInputPanel(act, photoControls) {
  const canvas = create("canvas", "mnistlab-input mnistlab-canvas", {
    role: "img", "aria-label": "The input image, with the patch under the kernel outlined",
  });
  const scale = createScale(["#000000", "#808080", "#ffffff"], "0 black", "1 white");
  const below = photoControls ? [photoControls.node] : [];
  const panel = createPanel("Input", [], canvas, scale.node, ...below);
  let layout;
  let view;
  onDrag(canvas, () => layout, (row, column) => {
    const place = (pixel, axis) =>
      Math.round((pixel + axis.before - (axis.reach - 1) / 2) / axis.stride);
    act.stop();
    act.move(place(row, view.rows), place(column, view.columns));
  });
  function update(next, size, spot) {
    view = next;
    layout = drawInput(canvas, view, size, spot);
    panel.resize(size);
    const { rows, columns } = view;
    const zeros = rows.before + rows.after + columns.before + columns.after;
    panel.size.textContent = `${rows.size} × ${columns.size}` + (zeros ? ", zeros around it" : "");
  }
  return { node: panel.node, update };
}

function createOutputPanel(act, player) {
  const canvas = create("canvas", "mnistlab-output mnistlab-canvas", {
    tabindex: "0", role: "application", "aria-roledescription": "map",
  });
  const scale = createScale(SIGNED.map(asStyle), "", "");
  const sizes = create("div", "mnistlab-sizes mnistlab-quiet");
  const panel = createPanel("Output", [player], canvas, scale.node, sizes);
  let layout;
  let view;
  onDrag(canvas, () => layout, (row, column) => {
    act.stop();
    act.move(row, column);
  });
  canvas.addEventListener("keydown", (event) => {
    const step = STEPS[event.key];
    if (!step || event.altKey || event.metaKey) return;
    event.preventDefault();
    act.stop();
    act.move(...step([view.row, view.column], event.ctrlKey));
  });
  function update(next, size, playing) {
    view = next;
    const { rows, columns, limit } = view;
    layout = drawOutput(canvas, view, size, playing);
    panel.resize(size);
    panel.size.textContent = `${rows.places} × ${columns.places}`;
    sizes.replaceChildren(...sizesOf(view).map((line) => create("div", "", {}, line)));
    scale.ends[0].textContent = fixed(-limit);
    scale.ends[1].textContent = fixed(limit);
    canvas.setAttribute("aria-label",
      `Output, ${rows.places} rows and ${columns.places} columns. Arrow keys, Home, End, Page up ` +
      "and Page down move the pixel.");
  }
  return { node: panel.node, update };
}


// Which part of a photo is shown

function createPhotoControls(model, act) {
  const [height, width] = model.get("photo_size");
  const small = readImage(model.get("overview"));
  const bitmap = bitmapOf(small.height, small.width, (place) => grayColor(small.values[place]));
  const canvas = create("canvas", "mnistlab-overview mnistlab-canvas", {
    tabindex: "0", role: "application", "aria-roledescription": "map",
    "aria-label": "The whole photo, with the part that is shown outlined. Arrow keys move it.",
  });
  const names = ZOOMS.map((zoom) => (zoom === 1 ? "whole" : `${zoom}×`));
  const zoom = createSelect("mnistlab-zoom", names, (name) =>
    show(ZOOMS[names.indexOf(name)], center()));
  const node = create("div", "mnistlab-photo", {}, canvas, createSetting("Zoom", zoom));
  let layout;

  function region() {
    return model.get("region");
  }
  function center() {
    const [top, left, rows, columns] = region();
    return [top + rows / 2, left + columns / 2];
  }
  function show(times, [row, column]) {
    const [rows, columns] = [height, width].map((size) => Math.max(1, Math.round(size / times)));
    const problem = problemOf({ ...readSettings(model), image: shownSize(rows, columns) });
    act.say(problem);
    if (problem) {
      act.refresh();
      return;
    }
    const inside = (middle, part, whole) =>
      Math.round(Math.max(0, Math.min(whole - part, middle - part / 2)));
    model.set("region", [inside(row, rows, height), inside(column, columns, width), rows, columns]);
    model.save_changes();
  }
  function times() {
    return Math.max(...ZOOMS.filter((each) => Math.round(width / each) >= region()[3]));
  }
  const inPhoto = (place, small, whole) => ((place + 0.5) * whole) / small;
  onDrag(canvas, () => layout, (row, column) =>
    show(times(), [inPhoto(row, small.height, height), inPhoto(column, small.width, width)]));
  canvas.addEventListener("keydown", (event) => {
    const step = ARROWS[event.key];
    if (!step) return;
    event.preventDefault();
    const [down, right] = step;
    const [row, column] = center();
    show(times(), [row + (down * region()[2]) / 8, column + (right * region()[3]) / 8]);
  });

  function update(view) {
    node.hidden = view.source !== "photo";
    if (node.hidden) return;
    zoom.value = names[ZOOMS.indexOf(times())];
    const context = prepare(canvas, small.width, small.height);
    layout = layOut(small.width, small.height, small.height, small.width);
    context.drawImage(bitmap, ...boxOf(layout, 0, 0, small.height, small.width));
    const scale = small.width / width;
    outline(context, boxOf(layout, ...region().map((number) => number * scale)));
  }
  return { node, update };
}


// The sum in numbers

function createGrid(className, name, createCell) {
  const grid = create("div", `mnistlab-grid ${className}`, { role: "group", "aria-label": name });
  let cells = [];
  function update(numbers, fill) {
    const [height, width] = [numbers.length, numbers[0].length];
    if (cells.length !== height || cells[0].length !== width) {
      cells = numbers.map((line, i) => line.map((_, j) => createCell(i, j)));
      cells.flat().forEach(({ node }, place) => {
        node.dataset.place = `${Math.floor(place / width)},${place % width}`;
      });
      grid.replaceChildren(...cells.flat().map(({ node }) => node));
      grid.style.setProperty("--columns", width);
    }
    cells.forEach((line, i) => line.forEach((cell, j) => fill(cell, numbers[i][j], i, j)));
  }
  return { node: grid, update };
}

function createTextCell() {
  return { node: create("span", "mnistlab-cell") };
}

/* The three grids. `onSpot` is told which number the pointer or the focus is on, or null. */
function createGrids(model, act, onSpot) {
  const change = (i, j, number) => {
    const kernel = model.get("kernel").map((line) => [...line]);
    kernel[i][j] = number;
    act.change({ kernel });
  };
  const patch = createGrid("mnistlab-patch", "Patch", createTextCell);
  const kernel = createGrid("mnistlab-kernel", "Kernel", (i, j) =>
    createNumberField("mnistlab-cell", `Kernel row ${i}, column ${j}`,
      (number) => change(i, j, number), act.say));
  const products = createGrid("mnistlab-products", "Products", createTextCell);
  const part = (sign, name, grid, note) =>
    create("div", "mnistlab-part", {},
      create("div", "mnistlab-sign", { "aria-hidden": "true" }, sign),
      create("div", "mnistlab-title", {}, name, " ", create("span", "mnistlab-quiet", {}, note)),
      grid.node);
  const node = create("div", "mnistlab-grids", {},
    part("", "Patch", patch, "of the input"),
    part("×", "Kernel", kernel, "to edit"),
    part("=", "Products", products, "to be added up"));

  const placeOf = (event) => event.target.dataset?.place?.split(",").map(Number) ?? null;
  for (const kind of ["pointerover", "focusin"]) {
    node.addEventListener(kind, (event) => onSpot(placeOf(event)));
  }
  for (const kind of ["pointerleave", "focusout"]) node.addEventListener(kind, () => onSpot(null));

  function update(view, spot, room) {
    const cell = Math.floor((room - 90) / (3 * view.columns.kernelSize));
    node.style.setProperty("--cell", `${Math.max(36, Math.min(54, cell))}px`);
    node.classList.toggle("mnistlab-small", cell < 50);
    const isSpot = (i, j) => Boolean(spot) && spot[0] === i && spot[1] === j;
    const limit = limitOf(view.kernel.flat());
    const places = decimalsFor(view.kernel.flat());
    patch.update(view.patch, ({ node }, pixel, i, j) => {
      node.textContent = formatShort(pixel.value);
      node.classList.toggle("mnistlab-zero", !pixel.inside);
      node.title = pixel.inside
        ? `row ${pixel.row}, column ${pixel.column} of the image`
        : "a zero around the image";
      node.classList.toggle("mnistlab-spot", isSpot(i, j));
      paintCell(node, grayColor(pixel.value));
    });
    kernel.update(view.kernel, (cell, number, i, j) => {
      cell.update(number, places);
      cell.node.classList.toggle("mnistlab-spot", isSpot(i, j));
      paintCell(cell.node, colorOf(number, limit));
    });
    products.update(view.products, ({ node }, number, i, j) => {
      node.textContent = formatShort(number);
      node.classList.toggle("mnistlab-spot", isSpot(i, j));
      paintCell(node, colorOf(number, limit));
    });
  }
  return { node, update };
}

function createSum() {
  const term = (className, name) => {
    const number = create("span", `mnistlab-term ${className}`);
    const label = create("span", "mnistlab-quiet", {}, name);
    return { number, label, node: create("div", "mnistlab-term-of", {}, number, label) };
  };
  const sign = (text) => create("span", "mnistlab-sign", {}, text);
  const products = term("mnistlab-products-sum", "");
  const bias = term("mnistlab-bias-value", "bias");
  const total = term("mnistlab-total", "before ReLU");
  const result = term("mnistlab-result", "");
  const rectifying = create("div", "mnistlab-rectifying", {}, total.node, sign("→ ReLU →"));
  const plus = sign("+");
  const node = create("div", "mnistlab-sum", {},
    products.node, plus, bias.node, sign("="), rectifying, result.node);

  function update(view) {
    const count = view.kernel.flat().length;
    products.number.textContent = fixed(view.total - view.bias);
    products.label.textContent = count === 1 ? "1 product" : `sum of ${count} products`;
    plus.textContent = view.bias < 0 ? "−" : "+";
    bias.number.textContent = fixed(Math.abs(view.bias));
    total.number.textContent = fixed(view.total);
    result.number.textContent = fixed(view.result);
    result.label.textContent = `output[${view.row}, ${view.column}]`;
    rectifying.hidden = !view.relu;
    paintCell(total.number, colorOf(view.total, view.limit));
    paintCell(result.number, colorOf(view.result, view.limit));
  }
  return { node, update };
}

function createCode() {
  const note = create("span", "mnistlab-quiet");
  const code = create("code", "mnistlab-code");
  const value = create("span", "mnistlab-code-value");
  const indices = create("div", "mnistlab-indices mnistlab-quiet");
  const lines = create("pre", "mnistlab-lines", {}, note, code, value);
  const node = create("div", "mnistlab-numpy", {},
    create("div", "mnistlab-title", {}, "The same in NumPy"), lines, indices);
  function update(view) {
    const parts = codeOf(view).filter(([text]) => text);
    code.replaceChildren(...parts.map(([text, kind]) =>
      create("span", kind ? `mnistlab-code-${kind}` : "", {}, text)));
    // Always two lines, so that the frame of zeros makes nothing jump.
    note.textContent = parts[0][0].includes("\n") ? "" : "# no zeros around the image\n";
    value.textContent = `  # ${fixed(view.result, 4).replace("−", "-")}`;
    indices.replaceChildren(
      create("div", "", {}, `${indicesOf("Rows", view.row, view.rows)};`),
      create("div", "", {}, `${indicesOf("columns", view.column, view.columns)}.`));
  }
  return { node, update };
}


// Playing

function createPlayer(step, onChange) {
  const still = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
  const button = createButton("mnistlab-play", "");
  const speed = createSelect("mnistlab-speed", Object.keys(SPEEDS), () => isPlaying() && start(),
    { "aria-label": "Speed" });
  speed.value = "normal";
  let timer = null;

  function isPlaying() {
    return timer !== null;
  }
  function label() {
    button.textContent = still ? "Step" : isPlaying() ? "❚❚ Pause" : "▶ Play";
  }
  function start() {
    clearInterval(timer);
    timer = setInterval(() => step() || stop(), 1000 / SPEEDS[speed.value]);
    label();
    onChange();
  }
  function stop() {
    if (!isPlaying()) return;
    clearInterval(timer);
    timer = null;
    label();
    onChange();
  }
  button.addEventListener("click", () => {
    if (still) step(true);
    else if (isPlaying()) stop();
    else if (step(true)) start();
  });
  label();
  const node = create("div", "mnistlab-player", {}, button, ...(still ? [] : [speed]));
  return { node, isPlaying, stop };
}


// The whole

/* The width that the parts can use. */
function roomOf(root) {
  const { paddingLeft, paddingRight } = getComputedStyle(root);
  return (root.clientWidth || 760) - parseFloat(paddingLeft) - parseFloat(paddingRight);
}

/* Sizes of the canvases: two side by side where there is room. */
function canvasSize(room, { image }) {
  const width = Math.max(200, Math.min(360, Math.floor((room - 32) / 2)));
  return { width, height: Math.round(width * Math.min(1.2, image.height / image.width)) };
}

/* What the parts can ask for; every change is checked first. */
function createActions(model, messages) {
  function change(changes) {
    const settings = { ...readSettings(model), ...changes };
    if (changes.source) settings.image = readImage(model.get(changes.source));
    const problem = problemOf(settings);
    messages.say(problem);
    if (problem) {
      act.refresh();
      return;
    }
    save({ ...changes, ...placeInside(settings, inTheSamePlace(settings)) });
  }
  // With another stride the kernel stays where it is on the image.
  function inTheSamePlace({ row, column, stride }) {
    const times = model.get("stride") / stride;
    return { row: Math.round(row * times), column: Math.round(column * times) };
  }
  function placeInside({ image, kernel, ...settings }, { row, column }) {
    const rows = outputSize(image.height, kernel.length, settings);
    const columns = outputSize(image.width, kernel[0].length, settings);
    return { row: clamp(row, rows - 1), column: clamp(column, columns - 1) };
  }
  function save(changes) {
    for (const [name, value] of Object.entries(changes)) model.set(name, value);
    model.save_changes();
    act.refresh();
  }
  function move(row, column) {
    save(placeInside(readSettings(model), { row, column }));
  }
  const act = { change, move, say: messages.say, stop() {}, refresh() {} };
  return act;
}

/* Moves to the next pixel of the output; from the last to the first only when asked to. */
function createStep(act, viewNow) {
  return (again = false) => {
    const { row, column, rows, columns } = viewNow();
    const next = row * columns.places + column + 1;
    const isOver = next >= rows.places * columns.places;
    if (isOver && !again) return false;
    const place = isOver ? 0 : next;
    act.move(Math.floor(place / columns.places), place % columns.places);
    return true;
  };
}

function render({ model, el, signal }) {
  const messages = createMessages(model,
    "Click or drag on a map. On the output, the arrow keys move the pixel too. " +
    "The kernel’s numbers can be edited.");
  const act = createActions(model, messages);
  let view = workOut(readSettings(model));
  let spot = null;
  let frame = 0;

  const player = createPlayer(createStep(act, () => view), () => act.refresh());
  const controls = createControls(model, act);
  const photo = model.get("overview") ? createPhotoControls(model, act) : null;
  const input = createInputPanel(act, photo);
  const output = createOutputPanel(act, player.node);
  const grids = createGrids(model, act, (place) => { spot = place; act.refresh(); });
  const sum = createSum();
  const code = createCode();
  const root = create("div", "mnistlab-explorer mnistlab-convolution",
    // JupyterLab takes keys before any of the page's own; here they are for the explorer.
    { "data-lm-suppress-shortcuts": "true" },
    controls.node, messages.node,
    create("div", "mnistlab-panels", {}, input.node, output.node),
    grids.node, sum.node, code.node);
  root.addEventListener("keydown", (event) => event.stopPropagation());
  el.append(root);

  function draw() {
    frame = 0;
    view = workOut(readSettings(model));
    const room = roomOf(root);
    const size = canvasSize(room, view);
    controls.update(view);
    photo?.update(view);
    input.update(view, size, spot);
    output.update(view, size, player.isPlaying());
    grids.update(view, spot, room);
    sum.update(view);
    code.update(view);
    const { row, column, result } = view;
    if (!player.isPlaying()) messages.tell(`output[${row}, ${column}] = ${fixed(result)}`);
    root.dataset.drawn = Number(root.dataset.drawn || 0) + 1;
  }
  act.refresh = () => { frame = frame || requestAnimationFrame(draw); };
  act.stop = player.stop;
  draw();
  messages.show();

  // What was wrong is history as soon as something else is right.
  function onChange() {
    messages.say("");
    act.refresh();
  }
  const observer = new ResizeObserver(() => act.refresh());
  observer.observe(root);
  listen(model, signal, TRAITS, onChange);
  signal.addEventListener("abort", () => {
    observer.disconnect();
    act.refresh = () => {};
    player.stop();
    messages.end();
    cancelAnimationFrame(frame);
  });
}

export default { render };

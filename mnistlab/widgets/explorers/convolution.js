/* The convolution explorer: every number of one output pixel, and the NumPy that computes it.

Class names that stay as they are, for browser tests:
  .mnistlab-convolution   the whole explorer; data-drawn counts its pictures
  .mnistlab-preset  .mnistlab-kernel-rows  .mnistlab-kernel-columns  .mnistlab-stride
  .mnistlab-padding  .mnistlab-dilation  .mnistlab-source  .mnistlab-zoom  .mnistlab-speed
                          selects
  .mnistlab-bias          text field        .mnistlab-relu      check box
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

const LARGEST_KERNEL = 7;
const LARGEST_STRIDE = 4;
const LARGEST_DILATION = 3;
const LARGEST_NUMBER = 1e6;
const PAGE = 5;
const MARGIN = 2;
const PHOTO_SIDE = 96;
const ZOOMS = [1, 2, 4, 8, 16];
const SPEEDS = { slow: 2, normal: 8, fast: 40 };
const SETTINGS = [
  "source", "row", "column", "kernel", "bias", "stride", "padding", "dilation", "relu",
];
const TRAITS = [...SETTINGS, "digit", "photo", "region"];

// Colors: those of mnistlab.plots. Blue is negative, white 0, red positive.
const SIGNED = [
  "#2166ac", "#4393c3", "#92c5de", "#d1e5f0",
  "#ffffff",
  "#fddbc7", "#f4a582", "#d6604d", "#b2182b",
].map((color) => [1, 3, 5].map((place) => parseInt(color.slice(place, place + 2), 16)));
const MARK = "#d55e00";
const GRID = "rgba(128, 128, 128, 0.35)";


// The arithmetic, as in mnistlab/explain/convolution.py

function covered(kernelSize, dilation) {
  return (kernelSize - 1) * dilation + 1;
}

function outputSize(size, kernelSize, { stride, padding, dilation }) {
  if (padding === "same") return Math.ceil(size / stride);
  return Math.floor((size - covered(kernelSize, dilation)) / stride) + 1;
}

/* What one axis comes to: its sizes, and the zeros before and after the image. */
function measure(size, kernelSize, settings) {
  const { stride, padding, dilation } = settings;
  const places = outputSize(size, kernelSize, settings);
  const reach = covered(kernelSize, dilation);
  const zeros = padding === "same" ? Math.max((places - 1) * stride + reach - size, 0) : 0;
  const before = Math.floor(zeros / 2);
  return { size, kernelSize, places, reach, before, after: zeros - before, stride, dilation };
}

function pixelAt(image, row, column) {
  const inside = row >= 0 && row < image.height && column >= 0 && column < image.width;
  return inside ? image.values[row * image.width + column] : 0;
}

/* The sum for each place of the kernel, before ReLU. */
function crossCorrelate(image, { kernel, bias, stride, dilation }, rows, columns) {
  const sums = new Float64Array(rows.places * columns.places);
  let place = 0;
  for (let row = 0; row < rows.places; row++) {
    for (let column = 0; column < columns.places; column++) {
      let sum = 0;
      for (let i = 0; i < rows.kernelSize; i++) {
        for (let j = 0; j < columns.kernelSize; j++) {
          const down = row * stride + i * dilation - rows.before;
          const right = column * stride + j * dilation - columns.before;
          sum += pixelAt(image, down, right) * kernel[i][j];
        }
      }
      sums[place++] = sum + bias;
    }
  }
  return sums;
}

function patchUnder(image, { row, column, stride, dilation }, rows, columns) {
  return Array.from({ length: rows.kernelSize }, (_, i) =>
    Array.from({ length: columns.kernelSize }, (_, j) => {
      const down = row * stride + i * dilation - rows.before;
      const right = column * stride + j * dilation - columns.before;
      const inside = down >= 0 && down < image.height && right >= 0 && right < image.width;
      return { value: pixelAt(image, down, right), row: down, column: right, inside };
    }),
  );
}

/* Everything that the picture shows, worked out from the settings. */
function workOut(settings) {
  const { image, kernel, relu } = settings;
  const rows = measure(image.height, kernel.length, settings);
  const columns = measure(image.width, kernel[0].length, settings);
  const row = Math.min(settings.row, rows.places - 1);
  const column = Math.min(settings.column, columns.places - 1);
  const here = { ...settings, row, column };
  const sums = crossCorrelate(image, settings, rows, columns);
  const patch = patchUnder(image, here, rows, columns);
  const products = patch.map((line, i) => line.map(({ value }, j) => value * kernel[i][j]));
  const total = sums[row * columns.places + column];
  return {
    ...here, rows, columns, patch, products, total,
    result: relu ? Math.max(0, total) : total,
    output: relu ? sums.map((sum) => Math.max(0, sum)) : sums,
    // ReLU leaves the scale as it is, so that what stays positive keeps its color.
    limit: largest(sums),
  };
}

function largest(numbers) {
  return numbers.reduce((most, number) => Math.max(most, Math.abs(number)), 0) || 1;
}


// What cannot be, in words

function problemOf({ image, kernel, bias, padding, dilation }) {
  if (![bias, ...kernel.flat()].every(isFine)) {
    return "Numbers go up to a million, below 0 as above. The picture stays as it was.";
  }
  const [height, width] = [kernel.length, kernel[0].length];
  const [down, right] = [covered(height, dilation), covered(width, dilation)];
  if (padding === "valid" && (down > image.height || right > image.width)) {
    return (
      `A ${height} × ${width} kernel with dilation ${dilation} covers ${down} × ${right} pixels, ` +
      `and the image has ${image.height} × ${image.width}: the kernel is larger than the image. ` +
      "Use a smaller kernel or dilation, or padding “same”. The picture stays as it was."
    );
  }
  return "";
}

function isFine(number) {
  return Math.abs(number) <= LARGEST_NUMBER;
}

/* A number as people write it: -1, −1, 0,5 or 1/9; NaN for whatever it is not. */
function parseNumber(text) {
  const parts = text.replace("−", "-").replace(/,/g, ".").split("/");
  if (parts.length > 2 || parts.some((part) => !part.trim())) return NaN;
  const [top, bottom = 1] = parts.map(Number);
  const number = top / bottom;
  return isFine(number) ? number : NaN;
}


// Numbers and code as text

function format(number, decimals = 2) {
  const text = number.toFixed(decimals);
  return (Number(text) === 0 ? text.replace("-", "") : text).replace("-", "−");
}

/* A number that fits into a cell: the larger, the fewer decimals. */
function formatShort(number, decimals = 2) {
  const size = Math.abs(number);
  if (size >= 1e4) return number.toExponential(0).replace("-", "−").replace("e+", "e");
  return format(number, Math.min(decimals, size >= 100 ? 0 : size >= 10 ? 1 : 2));
}

/* Whole numbers as they are, others with two decimals. */
function decimalsFor(numbers) {
  return numbers.every(Number.isInteger) ? 0 : 2;
}

function startOf(place, { stride }) {
  return place * stride;
}

function sliceOf(place, axis) {
  const start = startOf(place, axis);
  const step = axis.dilation > 1 && axis.kernelSize > 1 ? `:${axis.dilation}` : "";
  return `${start}:${start + axis.reach}${step}`;
}

/* The code in parts, [text, kind]: the kind is what it is colored as. */
function codeOf({ row, column, rows, columns, relu }) {
  const zeros = [rows, columns].map(({ before, after }) => `(${before}, ${after})`);
  const padded = [rows, columns].some(({ before, after }) => before + after > 0);
  const parts = padded ? [[`padded = np.pad(image, (${zeros.join(", ")}))\n`, ""]] : [];
  parts.push([relu ? "max(0, np.sum(" : "np.sum(", ""], [padded ? "padded" : "image", "image"]);
  parts.push(["[", ""], [sliceOf(row, rows), "mark"], [", ", ""]);
  parts.push([sliceOf(column, columns), "mark"], ["] * ", ""], ["kernel", "kernel"]);
  parts.push([") + ", ""], ["bias", "bias"], [relu ? ")" : "", ""]);
  return parts;
}

function indicesOf(name, place, axis) {
  const { stride, dilation, kernelSize, reach } = axis;
  const start = startOf(place, axis);
  const wide = dilation > 1 ? `dilation ${dilation} × (${kernelSize} − 1) + 1` : `${kernelSize}`;
  return `${name} ${sliceOf(place, axis)} start at ${place} × stride ${stride} = ${start} ` +
    `and stop before ${start} + ${wide} = ${start + reach}`;
}

/* Where the sizes of the output come from. */
function sizesOf({ rows, columns, padding }) {
  const formula = ({ size, reach, places, stride }) =>
    padding === "same"
      ? `${places} = ⌈${size} / ${stride}⌉`
      : `${places} = ⌊(${size} − ${reach}) / ${stride}⌋ + 1`;
  const [down, across] = [formula(rows), formula(columns)];
  return down === across ? [`${down} rows and columns`] : [`${down} rows`, `${across} columns`];
}


// Colors

function signedColor(value, limit) {
  const place = ((Math.max(-1, Math.min(1, value / limit)) + 1) / 2) * (SIGNED.length - 1);
  const low = Math.min(Math.floor(place), SIGNED.length - 2);
  const blend = (from, to) => Math.round(from + (to - from) * (place - low));
  return SIGNED[low].map((from, channel) => blend(from, SIGNED[low + 1][channel]));
}

function grayColor(value) {
  const gray = Math.round(255 * Math.max(0, Math.min(1, value)));
  return [gray, gray, gray];
}

/* Black or white, whichever can be read on a color. */
function inkOn([red, green, blue]) {
  return 0.299 * red + 0.587 * green + 0.114 * blue > 128 ? "#000000" : "#ffffff";
}

function paintCell(node, color) {
  node.style.backgroundColor = `rgb(${color.join(", ")})`;
  node.style.color = inkOn(color);
}


// The model

function readImage(stored) {
  const { shape: [height, width], pixels } = stored;
  // The bytes may begin anywhere in their buffer; an array of floats may not.
  const bytes = pixels.buffer.slice(pixels.byteOffset, pixels.byteOffset + pixels.byteLength);
  return { height, width, values: new Float32Array(bytes) };
}

function readSettings(model) {
  const settings = Object.fromEntries(SETTINGS.map((name) => [name, model.get(name)]));
  return { ...settings, image: readImage(model.get(settings.source)) };
}

function sameKernel(one, other) {
  return (
    one.length === other.length &&
    one.every((line, i) =>
      line.length === other[i].length &&
      line.every((number, j) => Math.abs(number - other[i][j]) < 1e-9))
  );
}

/* What a preset is in a size: a blur of that size, any other kernel cut or filled with zeros. */
function inSize(kernel, lines, height, width) {
  if (lines) {
    const [down, across] = [lines[height - 1], lines[width - 1]];
    return down.map((one) => across.map((other) => one * other));
  }
  const down = Math.floor((kernel.length - height) / 2);
  const right = Math.floor((kernel[0].length - width) / 2);
  return Array.from({ length: height }, (_, i) =>
    Array.from({ length: width }, (_, j) => kernel[i + down]?.[j + right] ?? 0));
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


// Nodes of the page

function create(tag, className, attributes = {}, ...children) {
  const node = document.createElement(tag);
  if (className) node.className = className;
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
}

function labeled(label, ...controls) {
  // Each explorer of a page has this module to itself: a count would begin anew in each.
  const id = `mnistlab-${Math.random().toString(36).slice(2)}`;
  controls[0].id = id;
  return create("div", "mnistlab-field", {},
    create("label", "", { for: id }, label),
    create("div", "mnistlab-controls-of", {}, ...controls));
}

function createSelect(className, choices, onChoose, attributes = {}) {
  const select = create("select", `mnistlab-control ${className}`, attributes,
    ...choices.map((choice) => create("option", "", { value: choice }, String(choice))));
  select.addEventListener("change", () => onChoose(select.value));
  return select;
}

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


// The controls

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
  const relu = create("input", "mnistlab-relu", { type: "checkbox" });
  relu.addEventListener("change", () => act.change({ relu: relu.checked }));
  const source = createSelect("mnistlab-source", ["digit", "photo"],
    (value) => act.change({ source: value }));

  const fields = [
    labeled("Kernel", preset),
    labeled("Kernel size", height, create("span", "", { "aria-hidden": "true" }, "×"), width),
    labeled("Stride", stride),
    labeled("Padding", padding),
    labeled("Dilation", dilation),
    labeled("Bias", bias.node),
    labeled("ReLU", relu),
  ];
  if (model.get("overview")) fields.unshift(labeled("Image", source));

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


// Pictures

/* A small canvas of one pixel a number, to be drawn enlarged. */
function bitmapOf(height, width, colorAt) {
  const canvas = create("canvas", "");
  Object.assign(canvas, { height, width });
  const picture = new ImageData(width, height);
  for (let place = 0; place < height * width; place++) {
    picture.data.set([...colorAt(place), 255], 4 * place);
  }
  canvas.getContext("2d").putImageData(picture, 0, 0);
  return canvas;
}

/* Clears a canvas of so many pixels of the page, sharp on every screen, and returns its context. */
function prepare(canvas, width, height) {
  const density = window.devicePixelRatio || 1;
  canvas.style.width = `${width}px`;
  canvas.style.height = `${height}px`;
  canvas.width = Math.round(width * density);
  canvas.height = Math.round(height * density);
  const context = canvas.getContext("2d");
  context.setTransform(density, 0, 0, density, 0, 0);
  context.imageSmoothingEnabled = false;
  return context;
}

/* Where rows and columns lie on a canvas, with a margin for outlines at the edge. `zeros` are rows
and columns before the image. */
function layOut(width, height, rows, columns, zeros = { rows: 0, columns: 0 }) {
  const cell = Math.min((width - 2 * MARGIN) / columns, (height - 2 * MARGIN) / rows);
  const left = (width - cell * columns) / 2 + zeros.columns * cell;
  const top = (height - cell * rows) / 2 + zeros.rows * cell;
  return {
    cell,
    x: (column) => Math.round(left + column * cell),
    y: (row) => Math.round(top + row * cell),
    row: (y) => Math.floor((y - top) / cell),
    column: (x) => Math.floor((x - left) / cell),
  };
}

function boxOf(layout, row, column, height = 1, width = 1) {
  const [x, y] = [layout.x(column), layout.y(row)];
  return [x, y, layout.x(column + width) - x, layout.y(row + height) - y];
}

function outline(context, [x, y, width, height]) {
  for (const [color, line] of [["#ffffff", 4], [MARK, 2]]) {
    context.strokeStyle = color;
    context.lineWidth = line;
    context.strokeRect(x, y, width, height);
  }
}

function drawGrid(context, layout, rows, columns) {
  if (layout.cell < 8) return;
  const [left, top, width, height] = boxOf(layout, 0, 0, rows, columns);
  context.strokeStyle = GRID;
  context.lineWidth = 1;
  context.beginPath();
  for (let row = 0; row <= rows; row++) {
    context.moveTo(left, layout.y(row) + 0.5);
    context.lineTo(left + width, layout.y(row) + 0.5);
  }
  for (let column = 0; column <= columns; column++) {
    context.moveTo(layout.x(column) + 0.5, top);
    context.lineTo(layout.x(column) + 0.5, top + height);
  }
  context.stroke();
}

function drawZeros(context, [x, y, width, height]) {
  context.save();
  context.beginPath();
  context.rect(x, y, width, height);
  context.clip();
  context.fillStyle = "#202020";
  context.fillRect(x, y, width, height);
  context.strokeStyle = "#808080";
  context.lineWidth = 1;
  context.beginPath();
  for (let step = 0; step < width + height; step += 6) {
    context.moveTo(x + step, y);
    context.lineTo(x + step - height, y + height);
  }
  context.stroke();
  context.restore();
}

function drawInput(canvas, view, size, spot) {
  const { image, rows, columns, patch } = view;
  const context = prepare(canvas, size.width, size.height);
  const all = { rows: image.height + rows.before + rows.after,
    columns: image.width + columns.before + columns.after };
  const zeros = { rows: rows.before, columns: columns.before };
  const layout = layOut(size.width, size.height, all.rows, all.columns, zeros);
  if (all.rows > image.height || all.columns > image.width) {
    drawZeros(context, boxOf(layout, -rows.before, -columns.before, all.rows, all.columns));
  }
  const bitmap = bitmapOf(image.height, image.width, (place) => grayColor(image.values[place]));
  context.drawImage(bitmap, ...boxOf(layout, 0, 0, image.height, image.width));
  drawGrid(context, layout, image.height, image.width);
  const { row: top, column: left } = patch[0][0];
  outline(context, boxOf(layout, top, left, rows.reach, columns.reach));
  const marked = view.dilation > 1 ? patch.flat() : spot ? [patch[spot[0]]?.[spot[1]]] : [];
  context.lineWidth = 2;
  for (const pixel of marked.filter(Boolean)) {
    context.strokeRect(...boxOf(layout, pixel.row, pixel.column));
  }
  return layout;
}

function drawOutput(canvas, view, size, playing) {
  const { output, limit, rows, columns, row, column } = view;
  const context = prepare(canvas, size.width, size.height);
  const layout = layOut(size.width, size.height, rows.places, columns.places);
  const colorAt = (place) => signedColor(output[place], limit);
  const bitmap = bitmapOf(rows.places, columns.places, colorAt);
  const all = boxOf(layout, 0, 0, rows.places, columns.places);
  context.fillStyle = "#ffffff";
  context.fillRect(...all);
  if (playing) {
    // What the kernel has not reached yet is pale.
    context.globalAlpha = 0.18;
    context.drawImage(bitmap, ...all);
    context.globalAlpha = 1;
    context.beginPath();
    context.rect(...boxOf(layout, 0, 0, row, columns.places));
    context.rect(...boxOf(layout, row, 0, 1, column + 1));
    context.save();
    context.clip();
  }
  context.drawImage(bitmap, ...all);
  if (playing) context.restore();
  drawGrid(context, layout, rows.places, columns.places);
  context.strokeStyle = "#a8a8a8";
  context.lineWidth = 1;
  context.strokeRect(all[0] + 0.5, all[1] + 0.5, all[2] - 1, all[3] - 1);
  outline(context, boxOf(layout, row, column));
  return layout;
}

/* Tells of the pixel under the pointer, while it is pressed. */
function onDrag(canvas, layoutNow, tell) {
  const point = (event) => {
    const box = canvas.getBoundingClientRect();
    const layout = layoutNow();
    tell(layout.row(event.clientY - box.top), layout.column(event.clientX - box.left));
  };
  canvas.addEventListener("pointerdown", (event) => {
    canvas.setPointerCapture(event.pointerId);
    point(event);
  });
  canvas.addEventListener("pointermove", (event) => {
    if (canvas.hasPointerCapture(event.pointerId)) point(event);
  });
}

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

function createScale(colors, low, high) {
  const bar = create("span", "mnistlab-scale-bar");
  bar.style.background = `linear-gradient(to right, ${colors.join(", ")})`;
  const ends = [low, high].map((text) => create("span", "", {}, text));
  const node = create("div", "mnistlab-scale mnistlab-quiet", {}, ends[0], bar, ends[1]);
  return { node, ends };
}

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

function createOutputPanel(act, player) {
  const canvas = create("canvas", "mnistlab-output mnistlab-canvas", {
    tabindex: "0", role: "application", "aria-roledescription": "map",
  });
  const scale = createScale(SIGNED.map((color) => `rgb(${color.join(", ")})`), "", "");
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
    scale.ends[0].textContent = format(-limit);
    scale.ends[1].textContent = format(limit);
    canvas.setAttribute("aria-label",
      `Output, ${rows.places} rows and ${columns.places} columns. Arrow keys, Home, End, Page up ` +
      "and Page down move the pixel.");
  }
  return { node: panel.node, update };
}


// Which part of a photo is shown

/* The size in which a part of the photo is shown: as it is, or shrunk in Python. */
function shownSize(rows, columns) {
  const times = Math.min(1, PHOTO_SIDE / Math.max(rows, columns));
  const [height, width] = [rows, columns].map((size) => Math.max(1, Math.round(size * times)));
  return { height, width };
}

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
  const node = create("div", "mnistlab-photo", {}, canvas, labeled("Zoom", zoom));
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
    const step = STEPS[event.key];
    if (!step || !event.key.startsWith("Arrow")) return;
    event.preventDefault();
    const [down, right] = step([0, 0]);
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
    const limit = largest(view.kernel.flat());
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
      paintCell(cell.node, signedColor(number, limit));
    });
    products.update(view.products, ({ node }, number, i, j) => {
      node.textContent = formatShort(number);
      node.classList.toggle("mnistlab-spot", isSpot(i, j));
      paintCell(node, signedColor(number, limit));
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
    products.number.textContent = format(view.total - view.bias);
    products.label.textContent = count === 1 ? "1 product" : `sum of ${count} products`;
    plus.textContent = view.bias < 0 ? "−" : "+";
    bias.number.textContent = format(Math.abs(view.bias));
    total.number.textContent = format(view.total);
    result.number.textContent = format(view.result);
    result.label.textContent = `output[${view.row}, ${view.column}]`;
    rectifying.hidden = !view.relu;
    paintCell(total.number, signedColor(view.total, view.limit));
    paintCell(result.number, signedColor(view.result, view.limit));
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
    value.textContent = `  # ${format(view.result, 4).replace("−", "-")}`;
    indices.replaceChildren(
      create("div", "", {}, `${indicesOf("Rows", view.row, view.rows)};`),
      create("div", "", {}, `${indicesOf("columns", view.column, view.columns)}.`));
  }
  return { node, update };
}


// Playing

function createPlayer(step, onChange) {
  const still = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
  const button = create("button", "mnistlab-button mnistlab-play", { type: "button" });
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

function createMessages() {
  const alert = create("div", "mnistlab-alert", { role: "alert" });
  const hint = create("div", "mnistlab-hint mnistlab-quiet", {},
    "Click or drag on a map. On the output, the arrow keys move the pixel too. " +
    "The kernel’s numbers can be edited.");
  const live = create("div", "mnistlab-live", { role: "status" });
  let timer;
  function say(problem) {
    if (alert.textContent !== problem) alert.textContent = problem;
    hint.classList.toggle("mnistlab-off", problem !== "");
  }
  // A screen reader is told where the pixel stays, not each step on the way.
  function tell(text) {
    clearTimeout(timer);
    timer = setTimeout(() => { live.textContent = text; }, 300);
  }
  const node = create("div", "mnistlab-messages", {}, hint, alert, live);
  return { node, say, tell, end: () => clearTimeout(timer) };
}

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

function clamp(number, most) {
  return Math.max(0, Math.min(most, number));
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

function render({ model, el }) {
  const messages = createMessages();
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
    if (!player.isPlaying()) messages.tell(`output[${row}, ${column}] = ${format(result)}`);
    root.dataset.drawn = Number(root.dataset.drawn || 0) + 1;
  }
  act.refresh = () => { frame = frame || requestAnimationFrame(draw); };
  act.stop = player.stop;
  draw();

  // What was wrong is history as soon as something else is right.
  function onChange() {
    messages.say("");
    act.refresh();
  }
  const events = TRAITS.map((name) => `change:${name}`);
  const observer = new ResizeObserver(act.refresh);
  for (const event of events) model.on(event, onChange);
  observer.observe(root);
  return () => {
    for (const event of events) model.off(event, onChange);
    observer.disconnect();
    act.refresh = () => {};
    player.stop();
    messages.end();
    cancelAnimationFrame(frame);
  };
}

export default { render };

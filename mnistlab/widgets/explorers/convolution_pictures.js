/* The convolution explorer's pictures: the two maps on their canvases, and where a pointer is on
them.

What is drawn comes from convolution_arithmetic.js, which stands before this file; colors of
numbers come from page.js. convolution.js, behind it, puts them on the page. */

const MARGIN = 2;
const MARK = "#d55e00";
const GRID = "rgba(128, 128, 128, 0.35)";


// Colors

function grayColor(value) {
  const gray = Math.round(255 * Math.max(0, Math.min(1, value)));
  return [gray, gray, gray];
}

/* Black or white, whichever can be read on a color. */
function inkOn([red, green, blue]) {
  return 0.299 * red + 0.587 * green + 0.114 * blue > 128 ? "#000000" : "#ffffff";
}

function paintCell(node, color) {
  node.style.backgroundColor = asStyle(color);
  node.style.color = inkOn(color);
}


// A canvas, and where rows and columns lie on it

/* A small canvas of one pixel a number, to be drawn enlarged. */
function bitmapOf(height, width, colorAt) {
  const canvas = create("canvas", "");
  paint(canvas, height, width, colorAt);
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


// The maps

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
  const colorAt = (place) => colorOf(output[place], limit);
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


// The pointer

/* Tells of the pixel under the pointer, while it is pressed. */
function onDrag(canvas, layoutNow, tell) {
  const point = (event) => {
    const box = canvas.getBoundingClientRect();
    const layout = layoutNow();
    tell(layout.row(event.clientY - box.top), layout.column(event.clientX - box.left));
  };
  canvas.addEventListener("pointerdown", (event) => {
    if (!event.isPrimary || event.button !== 0) return;
    canvas.setPointerCapture(event.pointerId);
    point(event);
  });
  canvas.addEventListener("pointermove", (event) => {
    if (canvas.hasPointerCapture(event.pointerId)) point(event);
  });
}

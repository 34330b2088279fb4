/* The convolution explorer's arithmetic, as in mnistlab/explain/convolution.py, and its words.

Pure functions: numbers in, numbers or text out. Nothing here knows of the page or of the model;
page.js stands before this file, convolution_pictures.js and convolution.js behind it. */

const LARGEST_KERNEL = 7;
const LARGEST_STRIDE = 4;
const LARGEST_DILATION = 3;
const LARGEST_NUMBER = 1e6;
const PHOTO_SIDE = 96;


// Sizes and sums

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
    limit: limitOf(sums),
  };
}

function clamp(number, most) {
  return Math.max(0, Math.min(most, number));
}


// Kernels and photos in another size

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

/* The size in which a part of the photo is shown: as it is, or shrunk in Python. */
function shownSize(rows, columns) {
  const times = Math.min(1, PHOTO_SIDE / Math.max(rows, columns));
  const [height, width] = [rows, columns].map((size) => Math.max(1, Math.round(size * times)));
  return { height, width };
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

/* As `parse`, and 1/9 too. */
function parseNumber(text) {
  const [top, bottom = 1, ...more] = text.split("/").map(parse);
  const number = more.length ? NaN : top / bottom;
  return isFine(number) ? number : NaN;
}


// Numbers and code as text

/* A number that fits into a cell: the larger, the fewer decimals. */
function formatShort(number, decimals = 2) {
  const size = Math.abs(number);
  if (size >= 1e4) return number.toExponential(0).replace("-", "−").replace("e+", "e");
  return fixed(number, Math.min(decimals, size >= 100 ? 0 : size >= 10 ? 1 : 2));
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

/* The drawing of a network: the boxes that Python laid out, as SVG. */

const SVG = "http://www.w3.org/2000/svg";
const HIGHEST = 640;

function createSvg(tag, attributes = {}, ...children) {
  const node = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
}

function drawArrow([start, end, height]) {
  const path = `M${start},${height} H${end} M${end - 4},${height - 3} L${end},${height} L${end - 4},${height + 3}`;
  return createSvg("path", { d: path, class: "mnistlab-net-arrow" });
}

function drawLabel(box, text, place, line) {
  return createSvg("text", {
    x: box.middle, y: box.below + place * line, "data-label": place,
  }, text);
}

function drawBox(box, place, { line }) {
  const group = createSvg("g", { class: "mnistlab-net-box", "data-place": place },
    createSvg("title", {}, box.words));
  if (!box.known) group.classList.add("mnistlab-net-unknown");
  if (box.marked) group.classList.add("mnistlab-net-marked");
  for (const { points, color } of box.faces) {
    group.append(createSvg("polygon", { points: points.join(" "), fill: box.known ? color : "none" }));
  }
  if (!box.known) {
    const [[left, top], , [right, bottom]] = box.faces.at(-1).points;
    group.append(createSvg("text", {
      x: (left + right) / 2, y: (top + bottom) / 2 + 5, class: "mnistlab-net-question",
    }, "?"));
  }
  group.append(...box.labels.map((text, label) => drawLabel(box, text, label, line)));
  return group;
}

function render({ model, el, signal }) {
  const frame = create("div", "mnistlab-net");
  frame.style.maxHeight = `${HIGHEST}px`;
  const caption = create("p", "mnistlab-net-caption", {},
    "A box is as high as its maps, and wider the more of them there are; a row of numbers is a bar. "
    + "Under each: its name, what it makes of one image, and how many parameters it has.");
  el.append(frame, caption);

  function draw() {
    const picture = model.get("picture");
    frame.hidden = caption.hidden = !picture.boxes;
    if (!picture.boxes) return;
    const { width, height, font, arrows, boxes } = picture;
    frame.replaceChildren(createSvg("svg", {
      viewBox: `0 0 ${width} ${height}`, width, height, "font-size": font,
      role: "img", "aria-label": model.get("words"),
    }, ...arrows.map(drawArrow), ...boxes.map((box, place) => drawBox(box, place, picture))));
    // What scrolls must be reached by the keyboard too.
    if (height > HIGHEST) frame.tabIndex = 0;
    else frame.removeAttribute("tabindex");
    mark();
  }
  function mark() {
    for (const box of frame.querySelectorAll(".mnistlab-net-box")) {
      box.classList.toggle("mnistlab-net-selected", Number(box.dataset.place) === model.get("selected"));
    }
  }

  frame.addEventListener("click", (event) => {
    const box = event.target.closest(".mnistlab-net-box");
    if (box) model.send({ choose: Number(box.dataset.place) });
  });
  listen(model, signal, ["picture", "words"], together(draw));
  listen(model, signal, ["selected"], mark);
  draw();
}

export default { render };

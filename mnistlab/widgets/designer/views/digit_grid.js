/* Images side by side. Those that can be chosen are buttons, of which Tab reaches one, and the
arrow keys the others. */

function render({ model, el, signal }) {
  const list = create("div", "mnistlab-digits");
  el.append(list);
  let place = 0;

  function paintInto(canvas, pixels, start) {
    const [height, width, channels] = model.get("shape");
    paint(canvas, height, width, (pixel) => {
      const first = start + pixel * channels;
      const colors = channels === 3 ? [0, 1, 2] : [0, 0, 0];
      return colors.map((channel) => pixels[first + channel]);
    });
    canvas.style.width = `${width * model.get("scale")}px`;
  }

  function createItem(caption, index, pixels) {
    const [height, width, channels] = model.get("shape");
    const choosable = model.get("choosable");
    const canvas = create("canvas", "mnistlab-digit-picture", { "aria-hidden": "true" });
    paintInto(canvas, pixels, index * height * width * channels);
    const node = create(choosable ? "button" : "div", "mnistlab-digit",
      choosable ? { type: "button" } : { role: "listitem" },
      canvas, create("span", "mnistlab-digit-caption", {}, caption));
    node.dataset.mark = model.get("marks")[index] ?? "";
    if (choosable) node.addEventListener("click", () => choose(index));
    return node;
  }

  function choose(index) {
    place = index;
    mark();
    model.send({ choose: index, version: model.get("version") });
  }

  function mark() {
    if (!model.get("choosable")) return;
    [...list.children].forEach((node, index) => {
      node.tabIndex = index === place ? 0 : -1;
      node.setAttribute("aria-pressed", String(index === model.get("chosen")));
    });
  }

  function draw() {
    const pixels = bytesOf(model.get("pixels"));
    const captions = model.get("captions");
    const held = list.contains(document.activeElement);
    place = Math.max(0, Math.min(place, captions.length - 1));
    list.setAttribute("role", model.get("choosable") ? "group" : "list");
    list.setAttribute("aria-label", model.get("label"));
    list.style.setProperty("--mnistlab-columns", String(model.get("columns")));
    list.style.setProperty("--mnistlab-digit", `${model.get("shape")[1] * model.get("scale")}px`);
    list.hidden = captions.length === 0;
    list.replaceChildren(...captions.map((caption, index) => createItem(caption, index, pixels)));
    mark();
    keepKeys(list);
    if (held && list.children[place]) list.children[place].focus();
  }

  list.addEventListener("keydown", (event) => {
    const nodes = [...list.children];
    const from = nodes.indexOf(document.activeElement);
    const next = from < 0 ? undefined : placeAfter(event.key, from, nodes);
    if (next === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    if (!nodes[next]) return;
    place = next;
    mark();
    nodes[next].focus();
  });
  listen(model, signal, ["version", "label"], together(draw));
  listen(model, signal, ["chosen"], mark);
  draw();
}

export default { render };

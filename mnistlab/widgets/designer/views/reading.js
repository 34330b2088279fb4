/* A picture, what the model sees of it, and the most probable answers with a bar for each. */

const WIDEST = 224;

function render({ model, el, signal }) {
  const original = create("canvas", "mnistlab-reading-picture", { role: "img" });
  const seen = create("canvas", "mnistlab-reading-picture mnistlab-reading-seen", { role: "img" });
  const name = create("div", "mnistlab-reading-name");
  const size = create("div", "mnistlab-quiet");
  const list = create("ol", "mnistlab-reading-answers");
  const verdict = create("div", "mnistlab-reading-verdict");
  const notes = create("ul", "mnistlab-reading-notes");
  const stale = create("div", "mnistlab-reading-stale");
  const part = (title, ...children) => create("section", "mnistlab-reading-part", {},
    create("div", "mnistlab-reading-title", {}, title), ...children);
  const parts = create("div", "mnistlab-reading-parts", {},
    part("The picture", original, name), part("What the model sees", seen, size),
    part("What it reads", list, verdict));
  const root = create("div", "mnistlab-reading", { role: "status", "aria-live": "polite" },
    stale, parts, notes);
  el.append(root);

  function show(canvas, { pixels, height, width }, words) {
    const colors = bytesOf(pixels);
    paint(canvas, height, width, (place) => colors.subarray(3 * place, 3 * place + 3));
    const scale = WIDEST / Math.max(height, width);
    canvas.style.width = `${Math.max(1, Math.round(width * scale))}px`;
    canvas.classList.toggle("mnistlab-reading-coarse", scale > 2);
    canvas.setAttribute("aria-label", words);
  }

  function createAnswer([answer, percent], place) {
    const fill = create("span", "mnistlab-reading-fill");
    fill.style.width = `${100 * Math.max(0, Math.min(1, model.get("shares")[place]))}%`;
    return create("li", "mnistlab-reading-answer", {},
      create("span", "mnistlab-reading-class", {}, answer),
      create("span", "mnistlab-reading-track", { "aria-hidden": "true" }, fill),
      create("span", "mnistlab-reading-percent", {}, percent));
  }

  function draw() {
    const answers = model.get("answers");
    root.hidden = answers.length === 0;
    if (root.hidden) return;
    const { height, width } = model.get("seen");
    const truth = model.get("truth");
    const right = truth !== "" && answers[0][0] === truth;
    show(original, model.get("original"), `The picture: ${model.get("name")}`);
    show(seen, model.get("seen"), `What the model sees, ${width}x${height} pixels`);
    name.textContent = name.title = model.get("name");
    size.textContent = `${width}x${height} pixels`;
    list.replaceChildren(...answers.map(createAnswer));
    verdict.textContent = truth === "" ? "" : right ? `Right: it is ${truth}.` : `Wrong: it is ${truth}.`;
    verdict.dataset.right = String(right);
    notes.replaceChildren(...model.get("notes").map((note) => create("li", "", {}, note)));
    notes.hidden = model.get("notes").length === 0;
    stale.textContent = model.get("stale");
    stale.hidden = model.get("stale") === "";
    parts.classList.toggle("mnistlab-faded", model.get("stale") !== "");
  }
  listen(model, signal, ["name", "original", "seen", "answers", "shares", "truth", "notes", "stale"],
    together(draw));
  draw();
}

export default { render };

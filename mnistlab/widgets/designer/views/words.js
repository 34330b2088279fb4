/* Words as they are. */

const TAGS = { h: "h3", h2: "h4", code: "pre" };

function render({ model, el, signal }) {
  function draw() {
    const kind = model.get("kind");
    const node = create(TAGS[kind] ?? "p", `mnistlab-words mnistlab-words-${kind}`, {}, model.get("words"));
    if (kind === "code") {
      node.tabIndex = 0;
      node.setAttribute("role", "region");
      node.setAttribute("aria-label", "Code");
    }
    node.hidden = model.get("words") === "";
    el.replaceChildren(node);
  }
  listen(model, signal, ["words", "kind"], together(draw));
  draw();
}

export default { render };

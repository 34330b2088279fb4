/* Words as they are. */

const TAGS = { h: "h3", h2: "h4", code: "pre" };

function render({ model, el, signal }) {
  function draw() {
    const kind = model.get("kind");
    const words = model.get("words");
    // No line ends between a number and its percent sign.
    const parts = words.split(/([\d.,]+ %)/).map((part, place) =>
      (place % 2 ? create("span", "mnistlab-unbroken", {}, part) : part));
    const node = create(TAGS[kind] ?? "p", `mnistlab-words mnistlab-words-${kind}`, {}, ...parts);
    if (kind === "code") {
      node.tabIndex = 0;
      node.setAttribute("role", "region");
      node.setAttribute("aria-label", "Code");
    }
    node.hidden = words === "";
    el.replaceChildren(node);
  }
  listen(model, signal, ["words", "kind"], together(draw));
  draw();
}

export default { render };

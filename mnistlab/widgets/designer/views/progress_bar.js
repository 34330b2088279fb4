/* A bar that grows. */

function render({ model, el, signal }) {
  const bar = create("progress", "mnistlab-progress", { max: 1 });
  el.append(bar);

  function draw() {
    bar.setAttribute("aria-label", model.get("label"));
    bar.value = model.get("value");
    bar.dataset.state = model.get("state");
  }
  listen(model, signal, ["label", "value", "state"], together(draw));
  draw();
}

export default { render };

/* A button that sends files in pieces, which are small enough for any server. */

const PIECE = 2 ** 20;

function render({ model, el, signal }) {
  const input = create("input", "", { type: "file", tabindex: "-1", "aria-hidden": "true" });
  const button = create("button", "jupyter-widgets jupyter-button mnistlab-upload-button",
    { type: "button" });
  const names = create("span", "mnistlab-upload-names mnistlab-words-quiet", { role: "status" });
  input.hidden = true;
  el.append(create("div", "mnistlab-upload", {}, button, input, names));
  button.addEventListener("click", () => input.click());
  input.addEventListener("change", () => {
    const files = [...input.files];
    // The same file can be chosen again only where it is not chosen still.
    input.value = "";
    if (files.length) send(files);
  });

  async function send(files) {
    const key = Math.random().toString(36).slice(2);
    const total = files.reduce((sum, file) => sum + file.size, 0);
    model.send({ key, files: files.map(({ name, size }) => ({ name, size })) });
    if (total > model.get("limit")) return;
    names.textContent = "Sending…";
    try {
      for (const [place, file] of files.entries()) {
        for (let start = 0; start < file.size && !signal.aborted; start += PIECE) {
          const piece = await file.slice(start, start + PIECE).arrayBuffer();
          model.send({ key, file: place }, undefined, [piece]);
        }
      }
    } catch (cause) {
      names.textContent = `The file cannot be read: ${cause.message}`;
      return;
    }
    draw();
  }

  function draw() {
    button.textContent = model.get("description");
    button.title = model.get("tooltip");
    button.disabled = model.get("disabled");
    input.accept = model.get("accept");
    input.multiple = model.get("multiple");
    names.textContent = model.get("names").join(", ");
  }
  listen(model, signal, ["description", "tooltip", "accept", "multiple", "disabled", "names"],
    together(draw));
  draw();
}

export default { render };

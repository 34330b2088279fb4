/* A picture that Python drew. */

function render({ model, el, signal }) {
  const image = create("img", "mnistlab-figure");
  el.append(image);
  let address = "";

  function draw() {
    const png = model.get("png");
    if (address) URL.revokeObjectURL(address);
    address = png.byteLength ? URL.createObjectURL(new Blob([bytesOf(png)], { type: "image/png" })) : "";
    image.hidden = !address;
    if (address) image.src = address;
    image.alt = model.get("alt");
    image.style.width = `${model.get("width")}px`;
  }
  listen(model, signal, ["png", "alt", "width"], together(draw));
  signal.addEventListener("abort", () => address && URL.revokeObjectURL(address));
  draw();
}

export default { render };

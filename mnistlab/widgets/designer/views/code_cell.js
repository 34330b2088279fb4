/* Code as text, with buttons to copy it and to open it as a new cell of the notebook.

JupyterLab lets a page have its commands as `window.jupyterapp` where the course's settings file
asks for that. Elsewhere the code is copied in place, and that is said. */

const OPENED = "It stands in a new cell below.";
const COPIED = "Copied. Paste it into a cell.";
const MARKED = "The browser did not let it be copied. It is marked: press Ctrl+C, or Cmd+C on a Mac.";
const ELSEWHERE = "No new cell can be opened from this page. ";
const MILLISECONDS = 20;
const MOST_WAITS = 50;

function render({ model, el, signal }) {
  const name = create("span", "mnistlab-code-name");
  const copyButton = createButton("mnistlab-code-copy", "Copy");
  const openButton = createButton("mnistlab-code-open", "Open as a new cell");
  const said = create("span", "mnistlab-quiet mnistlab-code-said", { role: "status" });
  const code = create("pre", "mnistlab-code", { tabindex: 0, role: "region" });
  const node = create("div", "mnistlab-code-cell", {},
    create("div", "mnistlab-code-head", {}, name, copyButton, openButton, said), code);
  el.append(node);
  keepKeys(node);

  function draw() {
    const text = model.get("code");
    name.textContent = model.get("name");
    code.textContent = text;
    code.setAttribute("aria-label", `Code of ${model.get("name")}`);
    said.textContent = "";
    node.hidden = text === "";
  }

  async function copy() {
    try {
      await navigator.clipboard.writeText(model.get("code"));
      return COPIED;
    } catch {
      // Not allowed, or a page that is not served safely, which has no clipboard.
      code.focus();
      getSelection().selectAllChildren(code);
      return MARKED;
    }
  }

  async function open() {
    const shell = window.jupyterapp?.shell;
    const commands = window.jupyterapp?.commands;
    if (!commands?.hasCommand("notebook:insert-cell-below")) return ELSEWHERE + (await copy());
    try {
      await commands.execute("notebook:insert-cell-below");
      await ready(shell.currentWidget?.content);
      await commands.execute("notebook:replace-selection", { text: model.get("code") });
      return OPENED;
    } catch {
      return ELSEWHERE + (await copy());
    }
  }

  function answer(button, work) {
    button.addEventListener("click", async () => {
      said.textContent = "";
      said.textContent = await work();
    });
  }
  answer(copyButton, copy);
  answer(openButton, open);
  listen(model, signal, ["code", "name"], together(draw));
  draw();
}

/* A new cell gets its editor a moment later, and what is written before is lost. */
async function ready(notebook) {
  for (let wait = 0; wait < MOST_WAITS && !notebook?.activeCell?.editor; wait++) {
    await new Promise((go) => setTimeout(go, MILLISECONDS));
  }
  if (!notebook?.activeCell?.editor) throw new Error("the new cell has no editor");
}

export default { render };

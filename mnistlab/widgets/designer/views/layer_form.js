/* The settings of one layer. A number is sent while it is typed; what is none, when the field is left. */

const SMALL_STEP = 0.01;

function createNumber(field, send) {
  const input = create("input", "mnistlab-control", {
    type: "text", inputmode: "decimal", autocomplete: "off", spellcheck: "false",
  });
  if (field.optional) input.placeholder = "not set";
  let shown = "";

  function step(sign, event) {
    const number = parse(input.value);
    const width = field.type === "int" ? (event.shiftKey ? 10 : 1) : SMALL_STEP;
    const next = (Number.isFinite(number) ? number : 0) + sign * width;
    input.value = field.type === "int" ? String(next) : plain(next);
    send(input.value);
  }
  input.addEventListener("input", () => {
    const emptied = input.value.trim() === "" && field.optional;
    if (emptied || Number.isFinite(parse(input.value))) send(input.value);
  });
  input.addEventListener("change", () => {
    const text = input.value.trim();
    if (text === "") {
      if (!field.optional) input.value = shown;
    } else if (!Number.isFinite(parse(text))) send(text);
  });
  input.addEventListener("keydown", (event) => {
    const sign = { ArrowUp: 1, ArrowDown: -1 }[event.key];
    if (!sign) return;
    event.preventDefault();
    event.stopPropagation();
    step(sign, event);
  });
  const nodes = [input];
  if (field.type === "int") {
    nodes.push(...[["−", -1, "less"], ["+", 1, "more"]].map(([text, sign, words]) => {
      const button = createButton("mnistlab-step-button", text);
      button.setAttribute("aria-label", `${field.label}: ${words}`);
      button.addEventListener("click", (event) => step(sign, event));
      return button;
    }));
  }
  function show({ value, allowed }, forced) {
    shown = value === null ? "" : String(value);
    const typing = input.matches(":focus") && !forced;
    // An answer to what was typed before may come late.
    if (!typing && (input.value === "" || parse(input.value) !== value || forced)) input.value = shown;
    input.setAttribute("aria-invalid", String(!allowed));
  }
  return { input, nodes, show };
}

function createChoice(field, send) {
  const input = createSelect("", field.choices, send);
  return { input, nodes: [input], show: ({ value }) => (input.value = value) };
}

function createSwitch(field, send) {
  const input = create("input", "", { type: "checkbox" });
  input.addEventListener("change", () => send(input.checked));
  return { input, nodes: [input], show: ({ value }) => (input.checked = value) };
}

function rangeOf({ unit, range, optional }) {
  const allowed = range && `${range}${optional ? ", or empty" : ""}`;
  return [unit, allowed].filter(Boolean).join(", ");
}

function createRow(field, send) {
  const make = { choice: createChoice, bool: createSwitch }[field.type] ?? createNumber;
  const { input, nodes, show } = make(field, send);
  const id = `mnistlab-${Math.random().toString(36).slice(2)}`;
  Object.assign(input, { id });
  input.setAttribute("aria-describedby", `${id}-range ${id}-help`);
  const node = create("div", "mnistlab-setting", {},
    create("label", "", { for: id }, field.label),
    create("div", "mnistlab-setting-control", {}, ...nodes,
      create("span", "mnistlab-setting-range", { id: `${id}-range` }, rangeOf(field))),
    create("div", "mnistlab-setting-help", { id: `${id}-help` }, field.help));
  return {
    node,
    show(now, forced) {
      show(now, forced);
      node.toggleAttribute("data-wrong", !now.allowed);
    },
  };
}

function render({ model, el, signal }) {
  const title = create("h4", "mnistlab-words");
  const help = create("p", "mnistlab-setting-help");
  const list = create("div", "mnistlab-setting-list");
  el.append(create("div", "mnistlab-form", { role: "group", "aria-label": "Settings of the layer" },
    title, help, list));
  let rows = [];
  let made = "";

  function draw(forced = false) {
    const fields = model.get("fields");
    title.textContent = model.get("title");
    help.textContent = model.get("help");
    // Another layer has other fields, and what was typed for one is not meant for the next.
    const wanted = JSON.stringify([model.get("key"), ...fields.map(({ name }) => name)]);
    if (wanted !== made) {
      const key = model.get("key");
      rows = fields.map((field) =>
        createRow(field, (value) => model.send({ set: field.name, value, key })));
      list.replaceChildren(...rows.map(({ node }) => node));
      keepKeys(el);
      made = wanted;
    }
    fields.forEach((field, place) => rows[place].show(field, forced));
  }
  listen(model, signal, ["key", "title", "help", "fields"], together(() => draw()));
  listen(model, signal, ["refused"], together(() => draw(true)));
  draw();
}

export default { render };

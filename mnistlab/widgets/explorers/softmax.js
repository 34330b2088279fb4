/* The softmax explorer: logits to move, their exponentials, and the probabilities.

Class names that stay as they are, for browser tests:
  .mnistlab-softmax             the whole explorer; data-drawn counts its pictures
  .mnistlab-softmax-class       one row, with data-class="0", "1", ...; in it:
    .mnistlab-softmax-choose      radio button: this is the true class
    .mnistlab-softmax-slider      range: the logit
    .mnistlab-softmax-logit       text field: the same
    .mnistlab-softmax-exponential .mnistlab-softmax-probability
                                  the numbers beside the bars
  .mnistlab-softmax-temperature .mnistlab-softmax-constant
                                ranges; text fields: the same with -field at their end
  .mnistlab-softmax-reset       button
  .mnistlab-softmax-sum         the sum of the exponentials
  .mnistlab-softmax-formula     the probability of the true class, with its numbers
  .mnistlab-softmax-loss        its cross-entropy
  .mnistlab-softmax-answer      the most probable class
  .mnistlab-hint                what else there is to see
  .mnistlab-alert               role=alert: what cannot be, and why
  .mnistlab-live                role=status: the result, for screen readers

All is computed here, in the browser, but for the logits of a digit. The
settings are the model's traits of the same names; Python checks them again. */

const LARGEST_LOGIT = 1e6;
const LEAST_SUM = 2.2250738585072014e-308; // below it, float64 has fewer and fewer digits
const TEMPERATURES = [0.01, 100];
const TEMPERATURE = "Temperature T";
const CONSTANT = "Add to all logits";
const SLIDER = 15;
const CONSTANT_SLIDER = 20;
const SPACE = "\u00a0"; // one that no line is broken at
const SETTINGS = ["logits", "temperature", "constant", "chosen"];


// The arithmetic, as in mnistlab/explain/activations.py

function workOut({ logits, temperature, constant, chosen }) {
  const scores = logits.map((logit) => logit + constant);
  const scaled = scores.map((score) => score / temperature);
  const naive = sum(scaled.map(Math.exp));
  const shifted = !(naive >= LEAST_SUM && naive < Infinity);
  const largest = Math.max(...scaled);
  const exponents = shifted ? scaled.map((value) => value - largest) : scaled;
  const exponentials = exponents.map(Math.exp);
  const total = sum(exponentials);
  const probabilities = exponentials.map((value) => value / total);
  return {
    scores, exponents, exponentials, total, probabilities,
    // Why the formula is not used as it is written; null where it is.
    shifted: shifted ? (naive === Infinity ? "large" : "small") : null,
    loss: Math.log(total) - exponents[chosen],
    best: probabilities.indexOf(Math.max(...probabilities)),
  };
}

function sum(numbers) {
  return numbers.reduce((total, number) => total + number, 0);
}


// Numbers as text

/* A number in few characters: 7.39, 0.659, 5.9·10⁴⁷; as mnistlab.plots writes it. */
function short(number) {
  const size = Math.abs(number);
  if (size === 0) return "0";
  if (size >= 1e-3 && size < 1e5) return fixed(number, size > 1 ? 2 : 3);
  const [digits, power] = number.toExponential(1).split("e");
  const raised = [...String(Number(power))].map((sign) => (sign === "-" ? "⁻" : "⁰¹²³⁴⁵⁶⁷⁸⁹"[sign]));
  return `${digits.replace("-", "−")}·10${raised.join("")}`;
}

/* A probability; one just below 1 as what it lacks. */
function probability({ exponentials, probabilities, total }, place) {
  const lacking = sum(exponentials.filter((_, other) => other !== place)) / total;
  return lacking > 0 && lacking < 5e-4 ? `1${SPACE}−${SPACE}${short(lacking)}` : short(probabilities[place]);
}

/* An exponent: one decimal where that is all of it, else two. */
function exponent(number) {
  return fixed(number, Math.abs(number * 10 - Math.round(number * 10)) < 1e-9 ? 1 : 2);
}


// Parts of the page

function createSlider(className, label, step) {
  return create("input", `mnistlab-slider ${className}`, {
    type: "range", step, "aria-label": label,
  });
}

function createNumber(className, label, [smallest, largest], onNumber, say) {
  const [from, to] = [smallest, largest].map((number) => number.toLocaleString("en-US"));
  return createField(className, label, {
    isFine: (number) => number >= smallest && number <= largest,
    problem: `${label}: type a number from ${from} to ${to}. The picture stays as it was.`,
    step(shown, sign, { shiftKey }) {
      const next = shown + sign * (shiftKey ? 1 : 0.1);
      return Number(plain(Math.min(largest, Math.max(smallest, next))));
    },
  }, onNumber, say);
}

function createBar(className) {
  const box = create("div", `mnistlab-softmax-bar ${className}-bar`);
  const track = create("div", "mnistlab-softmax-track");
  const fill = create("div", "mnistlab-softmax-fill");
  const text = create("span", `mnistlab-softmax-value ${className}`);
  track.append(fill);
  box.append(track, text);

  /* Draws from one share of the width to another. */
  function show(from, to, words) {
    const [left, right] = from < to ? [from, to] : [to, from];
    fill.style.left = `${100 * left}%`;
    fill.style.width = `${100 * (right - left)}%`;
    text.textContent = words;
  }
  return { box, fill, show };
}

function createHeading(...parts) {
  const heading = create("div", "mnistlab-title");
  write(heading, parts);
  return heading;
}

/* Writes text, and {power: text} above the line. */
function write(node, parts) {
  node.replaceChildren(
    ...parts.map((part) =>
      typeof part === "string" ? part : create("sup", "", {}, part.power),
    ),
  );
}


// The explorer

function render({ model, el, signal }) {
  const classes = model.get("classes");
  const group = `mnistlab-softmax-${Math.random()}`;
  const get = (name) => model.get(name);

  const root = create("div", "mnistlab-explorer mnistlab-softmax");
  const messages = createMessages(model);

  function set(name, value) {
    model.set(name, value);
    model.save_changes();
  }

  // Temperature and constant

  const temperature = createSlider("mnistlab-softmax-temperature", TEMPERATURE, 0.01);
  Object.assign(temperature, { min: -1, max: 1 });
  temperature.addEventListener("input", () =>
    set("temperature", Number((10 ** Number(temperature.value)).toPrecision(2))),
  );
  const temperatureField = createNumber(
    "mnistlab-softmax-temperature-field", TEMPERATURE, TEMPERATURES,
    (number) => set("temperature", number), messages.say,
  );

  const constant = createSlider("mnistlab-softmax-constant", CONSTANT, 0.1);
  constant.addEventListener("input", () => set("constant", Number(constant.value)));
  const constantField = createNumber(
    "mnistlab-softmax-constant-field", CONSTANT, [-LARGEST_LOGIT, LARGEST_LOGIT],
    (number) => set("constant", number), messages.say,
  );

  const reset = createButton("mnistlab-softmax-reset", "Reset");
  reset.addEventListener("click", () => {
    messages.say("");
    reach = constantReach = 0;
    model.set("logits", [...get("start")]);
    model.set("constant", 0);
    set("temperature", get("start_temperature"));
  });

  const settings = create("div", "mnistlab-settings");
  settings.append(
    createSetting(TEMPERATURE, temperatureField.field, temperature, temperatureField.field),
    createSetting(CONSTANT, constantField.field, constant, constantField.field),
    reset,
  );

  // One row for each class

  const table = create("div", "mnistlab-softmax-table");
  const headings = {
    class: createHeading("True class"),
    logit: createHeading("Logit z"),
    score: createHeading(),
    exponential: createHeading(),
    probability: createHeading("Probability p"),
  };
  headings.logit.classList.add("mnistlab-softmax-wide");
  table.append(...Object.values(headings));

  const rows = classes.map((name, place) => {
    const row = create("div", "mnistlab-softmax-class", { "data-class": place });
    const label = create("label", "mnistlab-softmax-name");
    const radio = create("input", "mnistlab-softmax-choose", { type: "radio", name: group });
    radio.addEventListener("change", () => set("chosen", place));
    label.append(radio, create("span", "", {}, name));

    const change = (number) =>
      set("logits", get("logits").map((old, other) => (other === place ? number : old)));
    const slider = createSlider("mnistlab-softmax-slider", `logit of class ${name}`, 0.1);
    slider.addEventListener("input", () => change(Number(slider.value)));
    const field = createNumber(
      "mnistlab-softmax-logit", `Logit of class ${name}`, [-LARGEST_LOGIT, LARGEST_LOGIT],
      change, messages.say,
    );
    const score = createBar("mnistlab-softmax-score");
    const exponential = createBar("mnistlab-softmax-exponential");
    const probability = createBar("mnistlab-softmax-probability");
    row.append(label, slider, field.field, score.box, exponential.box, probability.box);
    table.append(row);
    return { row, radio, slider, field, score, exponential, probability };
  });

  const total = create("span", "mnistlab-softmax-value mnistlab-softmax-sum");
  const one = create("span", "mnistlab-softmax-value", {}, "1.000");
  const footer = [total, one].map((value) => {
    const box = create("div", "mnistlab-softmax-bar mnistlab-softmax-total");
    box.append(create("span", "mnistlab-quiet", {}, "sum"), value);
    return box;
  });
  table.append(create("div", "mnistlab-softmax-gap"), ...footer);

  // The formula and the loss

  const formula = create("div", "mnistlab-softmax-formula");
  const loss = create("div", "mnistlab-softmax-loss");
  const lines = create("div", "mnistlab-lines");
  lines.append(formula, loss);
  const answer = create("div", "mnistlab-softmax-answer");
  root.append(settings, table, answer, lines, messages.node);
  root.classList.toggle("mnistlab-softmax-many", classes.length > 5);
  keepKeys(root);

  // The sliders reach as far as the numbers do, and are not drawn in while one is moved.
  let reach = 0;
  let constantReach = 0;

  function showSettings(now) {
    reach = Math.max(reach, SLIDER, ...now.logits.map((logit) => Math.ceil(Math.abs(logit))));
    constantReach = Math.max(constantReach, CONSTANT_SLIDER, Math.ceil(Math.abs(now.constant)));
    rows.forEach(({ slider, field, radio }, place) => {
      Object.assign(slider, { min: -reach, max: reach, value: now.logits[place] });
      field.show(now.logits[place]);
      radio.checked = place === now.chosen;
    });
    Object.assign(constant, { min: -constantReach, max: constantReach, value: now.constant });
    constantField.show(now.constant);
    temperature.value = Math.log10(now.temperature);
    temperature.setAttribute("aria-valuetext", plain(now.temperature));
    temperatureField.show(now.temperature);
  }

  function showBars(now, seen) {
    const low = Math.min(0, ...seen.scores);
    const width = Math.max(0, ...seen.scores) - low || 1;
    const tallest = Math.max(...seen.exponentials);
    rows.forEach(({ row, score, exponential, probability }, place) => {
      const value = seen.scores[place];
      row.classList.toggle("mnistlab-softmax-chosen", place === now.chosen);
      row.classList.toggle("mnistlab-softmax-best", place === seen.best);
      score.fill.classList.toggle("mnistlab-softmax-negative", value < 0);
      score.show(-low / width, (value - low) / width, fixed(value, 2));
      exponential.show(0, seen.exponentials[place] / tallest, short(seen.exponentials[place]));
      probability.show(0, seen.probabilities[place], short(seen.probabilities[place]));
    });
    total.textContent = short(seen.total);
  }

  function powerOf(now, seen) {
    const inner = seen.shifted ? "z − max" : "z";
    if (now.temperature === 1) return inner;
    return `${seen.shifted ? `(${inner})` : inner} / ${plain(now.temperature)}`;
  }

  function showHeadings(now, seen) {
    const added = now.constant;
    write(headings.score, [added ? `z ${added < 0 ? "−" : "+"} ${plain(Math.abs(added))}` : "z"]);
    write(headings.exponential, ["Exponential e", { power: powerOf(now, seen) }]);
  }

  function showFormula(now, seen) {
    const powers = seen.exponents.map((value) => ({ power: exponent(value) }));
    const below = powers.flatMap((power, place) => (place ? [" + e", power] : ["e", power]));
    const name = classes[now.chosen];
    const p = probability(seen, now.chosen);
    write(formula, [
      `p(${name}) = e`, powers[now.chosen], " / (", ...below, ") = ",
      `${short(seen.exponentials[now.chosen])} / ${short(seen.total)} = ${p}`,
    ]);
    const value = short(seen.loss);
    write(loss, [
      seen.probabilities[now.chosen] > 0
        ? `cross-entropy = −log p(${name}) = −log ${p.includes(SPACE) ? `(${p})` : p} = ${value}`
        : `cross-entropy = −log p(${name}) = log(sum) − exponent = ${value}, though p itself is too ` +
          "small for a float64",
    ]);
    const best = `${classes[seen.best]} (${short(seen.probabilities[seen.best])})`;
    answer.textContent =
      seen.best === now.chosen
        ? `Most probable: ${best}. Right, if ${name} is the true class.`
        : `Most probable: ${best}. Wrong, if ${name} is the true class, which has ${p}.`;
  }

  function showHint(now, seen) {
    const start = get("start");
    const edited = now.logits.some((logit, place) => logit !== start[place]);
    const parts = [`Shown: ${get("origin")}${edited ? ", edited" : ""}. `];
    if (seen.shifted) {
      parts.push(
        `The sum of the exponentials is too ${seen.shifted} for a float64, so the largest z is ` +
          "subtracted from all first; no probability changes by that. ",
      );
    } else if (now.constant) {
      const power = now.constant / now.temperature;
      parts.push(
        "The constant multiplies every exponential, and so their sum, by e",
        { power: exponent(power) }, ` = ${short(Math.exp(power))}: no probability changes. `,
      );
    }
    write(messages.hint, parts);
  }

  let drawn = 0;
  function show() {
    const now = Object.fromEntries(SETTINGS.map((name) => [name, get(name)]));
    const seen = workOut(now);
    showSettings(now);
    showBars(now, seen);
    showHeadings(now, seen);
    showFormula(now, seen);
    showHint(now, seen);
    messages.show();
    messages.tell(answer.textContent);
    root.dataset.drawn = String(++drawn);
  }

  const schedule = together(show);

  function forget() {
    reach = constantReach = 0;
    schedule();
  }

  listen(model, signal, [...SETTINGS, "origin", "problem"], schedule);
  listen(model, signal, ["start"], forget);
  signal.addEventListener("abort", messages.end);
  show();
  el.append(root);
}

export default { render };

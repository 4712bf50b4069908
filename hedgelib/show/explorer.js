// Controls beside a scene. `ask` is told { view, serial, values } and answers, now or later,
// through `show`; an answer older than what is on screen is ignored.

let explorers = 0;

// The boxes that a control consists of agree with each other at once; the kernel hears of it later.
function sliderRow(control, id, changed) {
  const { low, high, step, start, label } = control;
  const box = element("input", { type: "number", step: "any", id });
  const range = element("input", { type: "range", min: low, max: high, step,
    "aria-labelledby": `${id}-label` });
  const put = (value) => { box.value = value ?? ""; range.value = value ?? start; };
  box.addEventListener("keydown", (event) => {
    const way = { ArrowUp: 1, ArrowDown: -1 }[event.key];
    if (!way) return;
    event.preventDefault();
    const from = box.value === "" ? start : Number(box.value);
    put(Number((from + way * step).toPrecision(12)));
    changed();
  });
  // Half a number is no number yet; a film, which puts near values into the box, waits for all of it.
  box.addEventListener("input", () => {
    if (box.value === "" || control.settled) return;
    range.value = box.value;
    changed();
  });
  box.addEventListener("change", () => {
    if (box.value !== "") range.value = box.value;
    changed();
  });
  range.addEventListener("input", () => {
    box.value = Number(Number(range.value).toPrecision(12));
    changed();
  });
  const name = element("label", { for: id, id: `${id}-label` }, label);
  return { row: element("div", { class: "control" }, name, box, range), put,
    value: () => (box.value === "" ? null : Number(box.value)) };
}

function wordsRow(control, id, changed) {
  const box = element("input", { type: "search", id, placeholder: control.hint });
  box.addEventListener("input", changed);
  const name = element("label", { for: id }, control.label);
  return { row: element("div", { class: "control" }, name, box),
    put: (value) => { box.value = value; }, value: () => box.value };
}

function choiceRow(control, id, changed) {
  const list = element("select", { id },
    ...control.options.map((option) => element("option", {}, option)));
  list.addEventListener("change", changed);
  const name = element("label", { for: id }, control.label);
  return { row: element("div", { class: "control" }, name, list),
    put: (value) => { list.value = value; }, value: () => list.value };
}

function tableOf({ caption, head, align, rows }) {
  const cells = (texts, first, rest) => element("tr", {}, ...texts.map((text, i) =>
    element(i ? rest.name : first.name, { ...(i ? rest : first), name: undefined,
      class: align[i] === "r" ? "right" : "left" }, text)));
  const column = { name: "th", scope: "col" };
  return element("table", { class: "mathjax_ignore" },
    ...(caption ? [element("caption", {}, caption)] : []),
    element("thead", {}, cells(head, column, column)),
    element("tbody", {}, ...rows.map((row) =>
      cells(row, { name: "th", scope: "row" }, { name: "td" }))));
}

function explorer(host, spec, ask) {
  const view = Math.random().toString(36).slice(2), prefix = `hedge-${view}-${explorers++}`;
  let asked = 0, answered = 0, waiting = false, now = "";
  const values = () => Object.fromEntries(
    spec.controls.map(({ name }, i) => [name, rows[i].value()]));
  const put = (wanted) => spec.controls.forEach(({ name }, i) => {
    if (name in wanted) rows[i].put(wanted[name]);
  });
  const tell = () => {
    waiting = false;
    now = JSON.stringify(values());
    root.setAttribute("aria-busy", "true");
    ask({ view, serial: ++asked, values: JSON.parse(now) });
  };
  // While an answer is on its way only the last state waits; more would queue up in the kernel.
  const changed = () => {
    if (JSON.stringify(values()) === now) return;
    if (asked > answered) waiting = true; else tell();
  };
  const rows = spec.controls.map((control, i) =>
    (control.options ? choiceRow : "hint" in control ? wordsRow : sliderRow)(control, `${prefix}-${i}`, changed));
  const start = Object.fromEntries(spec.controls.map(({ name, start }) => [name, start]));
  const button = (label, wanted) => {
    const made = element("button", { type: "button" }, label);
    made.addEventListener("click", () => { put(wanted); changed(); });
    return made;
  };
  const problem = element("div", { class: "problem", role: "alert" });
  const readout = element("div", { class: "readout", "aria-live": "polite" });
  const picture = element("div", { class: "picture" }, readout);
  const said = element("output", { role: "status", "aria-live": "polite", class: "sentence" });
  const table = element("div", { class: "table", role: "group", "aria-label": "Table" });
  // A table that is wider than its cell scrolls, by keyboard as well.
  const reach = () => {
    if (table.scrollWidth > table.clientWidth) table.setAttribute("tabindex", "0");
    else table.removeAttribute("tabindex");
  };
  new ResizeObserver(reach).observe(table);
  const root = element("div", { class: "hedge-scene hedge-explorer" },
    ...rows.map(({ row }) => row),
    element("div", { class: "presets" },
      ...spec.presets.map(([label, wanted]) => button(label, wanted)), button("Reset", start)),
    problem, picture, said, table);
  ownKeys(root);
  host.append(root);

  function show(answer) {
    // What a view is told when it opens is for itself, and too late once it has asked.
    if (answer.opened && (answer.opened !== view || asked)) return;
    const mine = answer.view === view;
    if (mine && answer.serial <= answered) return;
    if (mine) answered = answer.serial;
    // Somebody else moved the controls, another view or a cell; or a film has only near values.
    if (!mine || answer.moved) {
      put(answer.values);
      now = JSON.stringify(values());
    }
    const { scene } = answer;
    problem.textContent = answer.problem;
    picture.classList.toggle("past", !scene);
    picture.hidden = !!scene && !scene.panels.length;
    if (scene?.panels.length) draw(scene, picture, readout);
    said.textContent = scene?.alt ?? "";
    table.replaceChildren(...(scene?.table ? [tableOf(scene.table)] : []));
    reach();
    root.setAttribute("aria-busy", String(asked > answered));
    if (waiting && asked <= answered) tell();
  }
  return { show, view };
}

// A question: choose or type, commit with Enter or the button, and read the verdict below.

let questions = 0;

function choices(spec, name, commit) {
  const boxes = spec.options.map(([key, text]) => {
    const input = element("input", { type: "radio", name, value: key });
    return { input, row: element("label", {}, input, element("span", {}, text)) };
  });
  const group = element("div", { class: "options", role: "radiogroup", "aria-labelledby": `${name}-ask` },
    ...boxes.map(({ row }) => row));
  return { rows: [group], value: () => boxes.find(({ input }) => input.checked)?.input.value ?? "",
    put: (value) => { for (const { input } of boxes) input.checked = input.value === value; } };
}

function number(spec, name) {
  const input = element("input", { type: "text", id: name, autocomplete: "off", spellcheck: "false",
    "aria-describedby": `${name}-ask` });
  const label = element("label", { for: name }, `Your answer (${spec.unit})`);
  return { rows: [label, input], value: () => input.value,
    put: (value) => { input.value = value; } };
}

// A box for each argument; the answer has one on each line, and is empty while a box is.
function inputs(spec, name) {
  const boxes = spec.inputs.map(([text], i) => {
    const input = element("input", { type: "text", id: `${name}-${i}`, autocomplete: "off",
      spellcheck: "false" });
    return { input, label: element("label", { for: input.id }, text) };
  });
  const values = () => boxes.map(({ input }) => input.value.trim());
  return { rows: boxes.map(({ input, label }) => element("div", { class: "argument" }, label, input)),
    value: () => values().every(Boolean) ? values().join("\n") : "",
    put: (value) => value.split("\n").forEach((one, i) => { boxes[i].input.value = one; }) };
}

function question({ model, el }) {
  const spec = model.get("spec"), name = `hedge-question-${questions++}-${Math.random().toString(36).slice(2)}`;
  const ask = element("div", { class: "ask", id: `${name}-ask` });
  ask.innerHTML = spec.ask;
  const asks = spec.kind !== "function";
  const answer = ({ choice: choices, inputs }[spec.kind] ?? number)(spec, name);
  const verdict = element("div", { class: "verdict", role: "status", "aria-live": "polite" });
  const readout = element("div", { class: "readout", "aria-live": "polite" });
  const picture = element("div", { class: "picture" }, readout);
  picture.hidden = true;
  const commit = () => {
    if (!answer.value().trim()) {
      verdict.textContent = { choice: "Choose one of the answers first.",
        inputs: "Fill every box first." }[spec.kind] ?? "Type a number first.";
      return;
    }
    root.setAttribute("aria-busy", "true");
    typing = false;
    model.send({ answer: answer.value() });
  };
  // What is being typed is not written over by the answer before it.
  let typing = false;
  const button = element("button", { type: "button" }, spec.button ?? "Answer");
  button.addEventListener("click", commit);
  const form = element("div", { class: "form" }, ...answer.rows, button);
  form.addEventListener("input", () => { typing = true; });
  form.addEventListener("keydown", (event) => {
    const plain = !(event.shiftKey || event.ctrlKey || event.altKey || event.metaKey);
    if (event.key !== "Enter" || !plain || event.target === button) return;
    event.preventDefault();
    commit();
  });
  const fold = ([title, html]) => {
    const inside = element("div");
    inside.innerHTML = html;
    return element("details", {}, element("summary", {}, title), inside);
  };
  // What is answered in code may have no kernel to say that it was.
  const after = (spec.after ?? []).map(fold);
  const waits = element("p", { class: "waits" }, "The worked solution comes with your first answer.");
  const wait = (waiting) => {
    waits.hidden = !waiting;
    for (const part of after) part.hidden = waiting;
  };
  wait(asks && after.length > 0);
  const root = element("div", { class: "hedge-scene hedge-question", role: "group",
    "aria-labelledby": `${name}-ask` }, ask, ...(asks ? [form] : []), verdict, picture,
    ...spec.folded.map(fold), waits, ...after);
  ownKeys(root);
  el.append(root);
  const show = () => {
    const told = model.get("told");
    root.removeAttribute("aria-busy");
    if (told.answer === null) return;
    wait(false);
    if (!typing) answer.put(told.answer);
    root.dataset.outcome = told.outcome;
    verdict.innerHTML = told.verdict;
    picture.hidden = !told.scene;
    if (told.scene) draw(told.scene, picture, readout);
  };
  model.on("change:told", show);
  show();
  return () => model.off("change:told", show);
}

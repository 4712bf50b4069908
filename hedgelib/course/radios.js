// A question with radio buttons.

let questions = 0;

function render({ model, el }) {
  const name = `hedge-question-${questions++}-${Math.random().toString(36).slice(2)}`;
  const buttons = model.get("options").map((option) => {
    const input = element("input", { type: "radio", name, value: option });
    input.addEventListener("change", () => {
      model.set("value", option);
      model.save_changes();
    });
    return { input, label: element("label", {}, input, element("span", {}, option)) };
  });
  const root = element("fieldset", { class: "hedge-question", role: "radiogroup" },
    element("legend", {}, element("b", {}, "Before you go on. "), model.get("question")),
    ...buttons.map(({ label }) => label));
  ownKeys(root);
  el.append(root);
  const follow = () => {
    for (const { input } of buttons) input.checked = input.value === model.get("value");
  };
  model.on("change:value", follow);
  follow();
  return () => model.off("change:value", follow);
}

export default { render };

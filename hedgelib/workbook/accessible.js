// Lives as a child of a group of controls. ipywidgets gives a slider's handle no name, and JupyterLab
// takes arrow keys, Space and Enter for itself wherever no text is being typed.

const SUPPRESS = "data-lm-suppress-shortcuts";

// The keys that run a cell. With a question they go to the notebook, which keeps the guess.
const runs = (event) => event.key === "Enter" && (event.shiftKey || event.ctrlKey || event.metaKey);

const set = (element, name, value) => {
  if (element.getAttribute(name) !== value) element.setAttribute(name, value);
};

function mend(group, question) {
  group.setAttribute(SUPPRESS, "true");
  for (const handle of group.querySelectorAll(".noUi-handle")) {
    const label = handle.closest(".widget-hbox")?.querySelector("label");
    if (label) set(handle, "aria-label", `Move ${label.textContent}`);
    // 0.23, not 0.22999999999999998.
    const value = Number(handle.getAttribute("aria-valuetext"));
    set(handle, "aria-valuetext", String(Number(value.toPrecision(12))));
  }
  const image = group.querySelector("img"), said = group.querySelector("output");
  if (image && said) set(image, "alt", said.textContent);
  for (const radios of group.querySelectorAll(".widget-radio-box")) {
    radios.setAttribute("role", "radiogroup");
    if (question) radios.setAttribute("aria-label", question);
  }
}

function render({ model, el }) {
  el.hidden = true;
  let observer, group;
  // On the window, and so before JupyterLab, which listens on the document, looks for the attribute.
  const open = (event) => {
    if (!runs(event) || !group.contains(event.target)) return;
    group.removeAttribute(SUPPRESS);
    setTimeout(() => group.setAttribute(SUPPRESS, "true"));
  };
  const whenThere = () => {
    group = el.closest(".widget-vbox");
    if (!group) return requestAnimationFrame(whenThere);
    // The notebook takes the focus at every key that reaches it, and the key is lost.
    group.addEventListener("keydown", (event) => {
      if (!model.get("question") || !runs(event)) event.stopPropagation();
    });
    if (model.get("question")) window.addEventListener("keydown", open, true);
    const again = () => mend(group, model.get("question"));
    again();
    // Controls come one after the other, and may be drawn anew.
    observer = new MutationObserver(again);
    const changes = { childList: true, subtree: true, attributeFilter: ["aria-valuetext"] };
    observer.observe(group, changes);
  };
  requestAnimationFrame(whenThere);
  return () => {
    observer?.disconnect();
    window.removeEventListener("keydown", open, true);
  };
}

export default { render };

// What every widget of the workbook needs of the page.

function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes))
    if (value !== undefined) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

// A key that is pressed in a widget is not for the notebook around it; running a cell and saving are.
// The notebook looks for its shortcuts before any key gets to the widget, and leaves out what has
// the attribute.
function ownKeys(root) {
  root.addEventListener("focusin", ({ target }) =>
    target.setAttribute("data-lm-suppress-shortcuts", "true"));
  root.addEventListener("keydown", keepKeys);
}

function keepKeys(event) {
  const { key, code, keyCode, shiftKey, ctrlKey, metaKey, altKey } = event;
  const command = ctrlKey || metaKey;
  if ((key === "Enter" && (shiftKey || altKey || command)) || (key === "s" && command)) {
    event.preventDefault();
    event.currentTarget.parentElement.dispatchEvent(new KeyboardEvent("keydown", { key, code,
      keyCode, shiftKey, ctrlKey, metaKey, altKey, bubbles: true, cancelable: true }));
  }
  event.stopPropagation();
}

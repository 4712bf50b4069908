"use strict";
for (const table of document.querySelectorAll("table.index")) {
  const heads = [...table.tHead.rows[0].cells];
  const body = table.tBodies[0];
  const given = [...body.rows];
  // Without a value a row stays at the end, whichever way the others go.
  const value = (row, column) => {
    const cell = row.cells[column];
    if (heads[column].classList.contains("text")) return cell.dataset.value.toLowerCase();
    return cell.dataset.value === "" ? null : Number(cell.dataset.value);
  };
  const sorted = (column, sign) => {
    const rows = given.map((row) => [value(row, column), row]);
    const compare = new Intl.Collator("en", { numeric: true }).compare;
    rows.sort(([a], [b]) => {
      if (a === null || b === null) return (a === null) - (b === null);
      return sign * (typeof a === "string" ? compare(a, b) : a - b);
    });
    return rows.map(([, row]) => row);
  };
  const press = (column) => {
    const head = heads[column];
    // Numbers are wanted from the largest down, names from A on; the third time as they came.
    const order = head.classList.contains("text")
      ? ["ascending", "descending", null] : ["descending", "ascending", null];
    const next = order[(order.indexOf(head.getAttribute("aria-sort")) + 1) % 3];
    for (const other of heads) other.removeAttribute("aria-sort");
    if (next) head.setAttribute("aria-sort", next);
    body.replaceChildren(...(next ? sorted(column, next === "ascending" ? 1 : -1) : given));
  };
  heads.forEach((head, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    button.addEventListener("click", () => press(column));
    head.append(button);
  });
  const hint = document.createElement("small");
  hint.textContent = "press a heading to sort by it";
  table.caption.append(" – ", hint);
}

"use strict";
const answers = [...document.querySelectorAll("section.answer")];
const bar = document.getElementById("bar");
// What a browser keeps belongs to what the page had: a page written since then goes before it.
const name = (answer) =>
  `by hand ${document.title} ${answer.dataset.code} ${answer.dataset.entered}`;

function state(answer) {
  return {
    ticks: [...answer.querySelectorAll(".tick")].map((box) => box.checked),
    marked: answer.querySelector(".marked").checked,
    comment: answer.querySelector("textarea").value,
  };
}

function restore(answer) {
  let kept = null;
  try {
    kept = JSON.parse(localStorage.getItem(name(answer)));
  } catch {
    // A browser may keep nothing for files.
  }
  if (!kept) return;
  answer.querySelectorAll(".tick").forEach((box, i) => { box.checked = Boolean(kept.ticks[i]); });
  answer.querySelector(".marked").checked = kept.marked;
  answer.querySelector("textarea").value = kept.comment;
}

function count() {
  const done = answers.filter((answer) => answer.querySelector(".marked").checked).length;
  document.getElementById("count").textContent = `${done} of ${answers.length} marked`;
}

function cell(text) {
  return `"${text.replaceAll('"', '""')}"`;
}

function table() {
  // Ticks of words that a student has replaced since count again if the words come back.
  const earlier = JSON.parse(bar.dataset.earlier);
  const said = [...answers.map((answer) => ({ ...answer.dataset, ...state(answer) })), ...earlier];
  const places = [...Array(Math.max(0, ...said.map(({ ticks }) => ticks.length))).keys()];
  const head = ["code", "question", ...places.map((i) => String(i + 1)), "comment", "entered"];
  const rows = said.map(({ code, question, ticks, marked, comment, entered }) => {
    const cells = places.map((i) => (marked && i < ticks.length ? String(Number(ticks[i])) : ""));
    return [code, question, ...cells, comment, entered];
  });
  return [head, ...rows].map((row) => row.map(cell).join(",")).join("\r\n") + "\r\n";
}

for (const answer of answers) {
  restore(answer);
  answer.addEventListener("input", (event) => {
    if (event.target.matches(".tick")) answer.querySelector(".marked").checked = true;
    try {
      localStorage.setItem(name(answer), JSON.stringify(state(answer)));
    } catch {
      // Then only what is saved is kept.
    }
    count();
  });
}
document.getElementById("save").addEventListener("click", () => {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob(["\ufeff", table()], { type: "text/csv" }));
  link.download = bar.dataset.file;
  link.click();
});
count();

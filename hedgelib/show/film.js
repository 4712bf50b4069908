// Plays an explorer without a kernel, from scenes that were computed before.

function playFilm(host, film) {
  const { spec, places, frames, scenes } = film;
  const names = spec.controls.map(({ name }) => name);
  const start = Object.fromEntries(spec.controls.map(({ name, start }) => [name, start]));
  const key = (values) => JSON.stringify(names.map((name) => values[name]));
  const near = (name, value) => {
    if (typeof value !== "number") return places[name].includes(value) ? value : start[name];
    return places[name].reduce((a, b) => (Math.abs(b - value) < Math.abs(a - value) ? b : a));
  };
  // Python writes 15.0 where JavaScript writes 15.
  const byKey = new Map(Object.entries(frames).map(([text, i]) => [JSON.stringify(JSON.parse(text)), i]));
  let last = start;
  const find = (values) => {
    if (byKey.has(key(values))) return values;
    const close = Object.fromEntries(names.map((name) => [name, near(name, values[name])]));
    if (byKey.has(key(close))) return close;
    // One control at a time: the one that has just been moved, the others at their start.
    const moved = names.find((name) => values[name] !== last[name]) ?? names[0];
    return { ...start, [moved]: close[moved] };
  };
  const ui = explorer(host, spec, ({ view, serial, values }) => {
    last = find(values);
    ui.show({ ...scenes[byKey.get(key(last))], view, serial, values: last, moved: true });
  });
  const note = element("p", { class: "note" }, "Without a kernel: a control moves in steps, and "
    + "where there are several, one at a time from the start.");
  host.firstElementChild.prepend(note);
  ui.show({ ...scenes[byKey.get(key(start))], values: start });
}

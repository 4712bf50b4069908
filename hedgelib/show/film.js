// Plays an explorer without a kernel, from scenes that were computed before.

const NO_KERNEL = "Without a kernel this page shows what was computed before.";

function playFilm(host, film) {
  const { spec, frames, scenes } = film;
  const { controls, words = [] } = spec, names = controls.map(({ name }) => name);
  const start = Object.fromEntries(controls.map(({ name, start }) => [name, start]));
  // Python writes 15.0 where JavaScript writes 15.
  const shots = Object.entries(frames).map(([text, scene]) => ({ values: JSON.parse(text), scene }));
  const listOf = (values) => names.map((name) => values[name] ?? start[name]);
  const asRecord = (list) => Object.fromEntries(names.map((name, i) => [name, list[i]]));
  const places = names.map((_, i) => [...new Set(shots.map(({ values }) => values[i]))]);
  const apart = ({ low, high }, a, b) =>
    (low === undefined ? Number(a !== b) : Math.abs(a - b) / (high - low));
  let last = listOf(start);
  // A step of an arrow key must get to the next value that there is.
  const meant = (value, i) => {
    const { step } = controls[i], way = Math.sign(value - last[i]);
    if (step === undefined || !way || Math.abs(value - last[i]) > step * 1.001) return value;
    const ahead = places[i].filter((place) => (place - last[i]) * way > 0);
    return ahead.length ? ahead.reduce((a, b) => (Math.abs(b - value) < Math.abs(a - value) ? b : a)) : value;
  };
  // What has just been moved counts most, then what is chosen.
  const find = (asked) => {
    const wanted = asked.map(meant);
    const weights = controls.map(({ low }, i) =>
      (asked[i] !== last[i] ? 100 : 1) * (low === undefined ? 10 : 1));
    const far = ({ values }) =>
      values.reduce((sum, value, i) => sum + weights[i] * apart(controls[i], value, wanted[i]), 0);
    return shots.map((shot) => [far(shot), shot]).reduce((a, b) => (b[0] < a[0] ? b : a))[1];
  };
  const note = element("p", { class: "note", role: "status" });
  const say = (asked, values) => {
    const others = controls.flatMap(({ label }, i) =>
      (asked[i] === values[i] ? [] : [`“${label}” ${asked[i]}`.replace("-", "−")]));
    note.textContent = [NO_KERNEL,
      ...(others.length ? [`Not computed: ${others.join(", ")}; the nearest is shown.`] : []),
      ...words.map((label) => `“${label}” needs a kernel.`)].join(" ");
  };
  const settled = controls.map((control) => ({ ...control, settled: true }));
  const ui = explorer(host, { ...spec, controls: settled }, ({ view, serial, values }) => {
    const asked = listOf(values), shot = find(asked);
    last = shot.values;
    say(asked, last);
    ui.show({ ...scenes[shot.scene], view, serial, values: asRecord(last), moved: true });
  });
  host.firstElementChild.prepend(note);
  say(last, last);
  ui.show({ ...scenes[find(last).scene], values: start });
}

// The model of a widget on a page without a kernel: `answered` stands in for the kernel.
function pageModel(state, answered) {
  const hearers = new Set();
  return {
    get: (name) => state[name],
    on: (_, hear) => hearers.add(hear),
    off: (_, hear) => hearers.delete(hear),
    async send(asked) {
      Object.assign(state, await answered(asked));
      for (const hear of hearers) hear();
    },
  };
}

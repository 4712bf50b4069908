// A flight: briefing, days, landing. The kernel decides everything; each action is one message.
// In a film (`spec.film`) a pilot gives the orders, and the reader lets the days pass.

function flight({ model, el }) {
  const words = model.get("spec"), view = Math.random().toString(36).slice(2);
  const id = (name) => `hedge-flight-${view}-${name}`;
  let asked = 0, answered = 0, phase = "", at = "", typed = false;
  const text = (name, content, attributes = {}) => element(name, attributes, content);
  const list = (lines, attributes = {}) =>
    element("ul", attributes, ...lines.map((line) => text("li", line)));
  const button = (label, act) => {
    const made = element("button", { type: "button" }, label);
    made.addEventListener("click", act);
    return made;
  };
  const ask = (act, values = {}) => {
    if (asked > answered) return;
    const { day, seed } = model.get("screen");
    root.setAttribute("aria-busy", "true");
    model.send({ view, serial: ++asked, day, seed, act, ...values });
  };

  // The controls stay while days pass: what has the focus keeps it.
  const touched = () => { typed = true; };
  const short = sliderRow({ label: words.short, low: 0, high: 150000, step: 500, start: 0 },
    id("short"), touched);
  const add = sliderRow({ label: words.add, low: -50000, high: 50000, step: 500, start: 0 },
    id("add"), touched);
  const radios = (name, label, options) => {
    const inputs = options.map(([value]) => element("input", { type: "radio", name: id(name), value }));
    const row = element("fieldset", { class: "choice" }, text("legend", label),
      ...options.map(([, shown], i) => element("label", {}, inputs[i], text("span", shown))));
    return { row, inputs, value: () => inputs.find((input) => input.checked)?.value ?? "",
      put: (value) => { for (const input of inputs) input.checked = input.value === String(value); } };
  };
  const margin = radios("margin", words.margin,
    [["coin", words.coin], ["stablecoin", words.stablecoin]]);
  const venues = radios("venues", words.venues, [["1", words.one], ["2", words.two]]);
  const chosen = element("p", { class: "note" }), { film } = words;
  const pilots = film && radios("pilot", film.pilot, film.pilots);
  pilots?.put(film.pilots[0][0]);
  const problem = element("div", { class: "problem", role: "alert" });
  const fly = (days) => {
    if (film) return ask("days", { days });
    if (short.value() === null || add.value() === null) {
      problem.textContent = words.no_number;
      return;
    }
    ask("days", { days, short: short.value(), add: add.value(), margin: margin.value(),
      venues: Number(venues.value()) });
  };
  const plan = button(words.plan, () => {
    const [added, size] = model.get("screen").plan[margin.value()];
    add.put(added);
    short.put(size);
    touched();
  });
  const days = element("div", { class: "presets days" },
    ...(film ? [] : [plan, element("span", { class: "gap" })]), button(words.one_day, () => fly(1)), button(words.three_days, () => fly(3)),
    button(words.week, () => fly(7)));
  const title = film ? film.title : words.ask, ordered = element("p");
  const given = film ? [ordered] : [short.row, add.row,
    element("div", { class: "choices" }, margin.row, venues.row), chosen];
  const orders = element("div", { class: "orders", role: "group", "aria-label": title },
    text("h4", title), ...given, days, text("p", film ? film.line : words.keys, { class: "note" }));
  orders.addEventListener("keydown", (event) => {
    const plain = !(event.shiftKey || event.ctrlKey || event.altKey || event.metaKey);
    if (event.key !== "Enter" || !plain || event.target.tagName !== "INPUT") return;
    event.preventDefault();
    fly(1);
  });

  const heading = element("h3", { tabindex: "-1" });
  const lead = element("div", { class: "lead" });
  const said = element("div", { class: "said", role: "status", "aria-live": "polite" });
  const readout = element("div", { class: "readout", "aria-live": "polite" });
  const picture = element("div", { class: "picture" }, readout);
  const state = element("div", { class: "state" });
  const question = element("div", { class: "question" });
  const end = element("div", { class: "end" });
  const rules = element("details", {}, text("summary", words.rules));
  const root = element("div", { class: "hedge-scene hedge-explorer hedge-flight mathjax_ignore",
    role: "group", "aria-label": "Flight" },
    heading, lead, said, picture, state, question, problem, orders, end, rules);
  ownKeys(root);
  el.append(root);

  function asks(told) {
    if (!told) return question.replaceChildren();
    const name = id("answer");
    const inputs = told.options.map(([value]) => element("input", { type: "radio", name, value,
      ...(told.answer === value && { checked: "" }), ...(told.answer && { disabled: "" }) }));
    const commit = () => {
      const answer = inputs.find((input) => input.checked)?.value;
      if (answer) ask("answer", { answer }); else problem.textContent = words.choose;
    };
    const group = element("div", { role: "radiogroup", "aria-label": told.ask },
      ...told.options.map(([, shown], i) => element("label", {}, inputs[i], text("span", shown))));
    group.addEventListener("keydown", (event) => {
      const plain = !(event.shiftKey || event.ctrlKey || event.altKey || event.metaKey);
      if (event.key !== "Enter" || !plain || told.answer) return;
      event.preventDefault();
      commit();
    });
    question.replaceChildren(text("p", `${told.ask} …`, { class: "ask" }), group,
      ...(told.answer ? [text("p", told.verdict,
        { class: `verdict ${told.right ? "right" : "wrong"}`, role: "status" })]
        : [button(words.answer, commit)]));
  }

  function landing(told) {
    const pictures = told.scenes.map((scene) => {
      const place = element("div", { class: "picture" });
      draw(scene, place, null);
      return place;
    });
    const table = element("div", { class: "table" },
      ...(told.worst ? [tableOf(told.worst)] : [text("p", told.no_worst)]));
    const links = told.lessons.flatMap(([name, href], i) =>
      [i ? ", " : " ", element("a", { href, target: "_blank" }, name)]);
    end.replaceChildren(pictures[0], ...told.judged.map((line) => text("p", line)), pictures[1],
      table, element("p", {}, told.read, ...links, "."), text("p", told.kept, { class: "note" }),
      button(told.again, () => ask("again")));
  }

  function show() {
    const told = model.get("screen"), mine = told.view === view;
    if (mine && told.serial <= answered) return;
    if (mine) answered = told.serial;
    root.setAttribute("aria-busy", String(asked > answered));
    const open = told.question && !told.question.answer;
    const now = `${told.seed} ${told.day} ${told.phase}`, moved = now !== at;
    const before = phase;
    phase = told.phase === "day" && open ? "question" : told.phase;
    at = now;
    root.dataset.phase = phase;
    problem.textContent = told.problem;
    const flying = told.phase === "day", landed = told.phase === "landing";
    heading.textContent = landed ? told.landing.title
      : `${told.name}. ${flying ? told.heading : told.title}`;
    lead.replaceChildren(...(landed ? told.landing.lines : flying ? [told.mandate] : told.lines)
      .map((line, i) => text("p", line, flying || (told.phase === "briefing" && i === 1) ? { class: "mandate" } : {})));
    said.replaceChildren(...(told.happened?.length ? [list(told.happened, { class: "cards" })] : []),
      ...(flying && told.alerts.length ? [list(told.alerts, { class: "alerts" })] : []));
    picture.hidden = !flying;
    if (flying) draw(told.scene, picture, readout);
    state.replaceChildren(...(flying ? told.words : []).map((line) => text("p", line)));
    asks(flying ? told.question : null);
    orders.hidden = phase !== "day";
    if (flying && (moved || !typed)) {
      short.put(told.short);
      add.put(0);
      margin.put(told.margin);
      venues.put(told.venues);
      typed = false;
    }
    for (const row of [margin.row, venues.row]) row.hidden = !told.open;
    ordered.textContent = told.ordered ?? "";
    chosen.textContent = told.open ? "" : told.chosen ?? "";
    if (landed) landing(told.landing);
    else if (told.phase === "briefing") end.replaceChildren(
      ...(film ? [pilots.row, text("p", film.line, { class: "note" })] : []),
      button(told.take_off, () => ask("takeoff", film ? { pilot: pilots.value() } : {})));
    else end.replaceChildren();
    rules.hidden = landed;
    rules.replaceChildren(rules.firstChild, list(told.rules));
    if (!mine || before === phase) return;
    if (phase === "day") (film ? days.querySelector("button") : document.getElementById(id("short"))).focus();
    else if (phase === "question") question.querySelector("input")?.focus();
    else if (phase === "briefing") end.querySelector("button")?.focus();
    else heading.focus();
  }
  model.on("change:screen", show);
  show();
  return () => model.off("change:screen", show);
}

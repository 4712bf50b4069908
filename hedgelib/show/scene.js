// Puts a scene (see scene.py) on the screen as SVG. It decides nothing: limits, ticks, words and
// places come with the scene.

const SVG = "http://www.w3.org/2000/svg";
const DASHES = { dashed: [5, 2.5], dotted: [1, 2] };
const BASELINE = { top: 0.93, middle: 0.35, bottom: -0.22 };
const LINE_HEIGHT = 1.2, TITLE = 17, LABEL = 14, TICK = 13;
let serial = 0;
// Each widget on a page has loaded this file for itself.
const unique = Math.random().toString(36).slice(2);

function node(name, attributes, parent) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  parent?.append(made);
  return made;
}

const px = (value) => Math.round(value * 100) / 100;

// `x` and `y` are where the words belong; `vertical` says which part of the block lies at `y`.
function write(parent, text, x, y, { align = "start", vertical = "middle", size = LABEL, turn,
  ...rest }) {
  const lines = text.split("\n"), step = size * LINE_HEIGHT;
  const above = { top: 0, middle: (lines.length - 1) / 2, bottom: lines.length - 1 }[vertical];
  const first = y - above * step + BASELINE[vertical] * size;
  const made = node("text", {
    "text-anchor": align, "font-size": size, ...rest,
    ...(turn && { transform: `rotate(-90 ${px(x)} ${px(y)})` }),
  }, parent);
  for (const [i, line] of lines.entries())
    node("tspan", { x: px(x), y: px(first + i * step) }, made).textContent = line;
  return made;
}

function scales({ box: [left, top, right, bottom], x, y }) {
  return {
    x: (v) => left + (v - x.low) / (x.high - x.low) * (right - left),
    y: (v) => bottom - (v - y.low) / (y.high - y.low) * (bottom - top),
  };
}

function path(xs, ys, at) {
  let pen = "M", text = "";
  for (let i = 0; i < xs.length; i++) {
    if (xs[i] === null || ys[i] === null) { pen = "M"; continue; }
    text += `${pen}${px(at.x(xs[i]))} ${px(at.y(ys[i]))}`;
    pen = "L";
  }
  return text;
}

const stroke = (mark) => ({
  fill: "none", stroke: `var(--${mark.role})`, "stroke-width": mark.width,
  ...(mark.dash && { "stroke-dasharray": DASHES[mark.dash].map((d) => d * mark.width).join(" ") }),
});

function shape(name, x, y, size) {
  const r = size / 2;
  if (name === "diamond") return `M${x} ${y - r}l${r} ${r}l${-r} ${r}l${-r} ${-r}z`;
  const a = r * 0.42, b = r * 0.58;
  return `M${x - r} ${y - b}l${a} ${-a}l${b} ${b}l${b} ${-b}l${a} ${a}l${-b} ${b}l${b} ${b}`
    + `l${-a} ${a}l${-b} ${-b}l${-b} ${b}l${-a} ${-a}l${b} ${-b}z`;
}

const MARKS = {
  line(group, mark, at, panel) {
    node("path", { d: path(panel.shared[mark.x], mark.y, at), ...stroke(mark),
      "clip-path": panel.clip }, group);
  },
  area(group, mark, at, panel) {
    const xs = panel.shared[mark.x], known = xs.map((_, i) => i)
      .filter((i) => mark.low[i] !== null && mark.high[i] !== null);
    const edge = [...known.map((i) => [xs[i], mark.low[i]]),
      ...known.reverse().map((i) => [xs[i], mark.high[i]])];
    node("path", { d: path(edge.map((p) => p[0]), edge.map((p) => p[1]), at) + "Z",
      fill: `var(--${mark.role})`, "fill-opacity": mark.opacity, "clip-path": panel.clip }, group);
  },
  bars(group, mark, at, panel) {
    const [along, over] = mark.across ? ["y", "x"] : ["x", "y"];
    mark.at.forEach((middle, i) => {
      if (mark.start[i] === null || mark.end[i] === null) return;
      const a = [middle - mark.thickness / 2, middle + mark.thickness / 2].map(at[along]);
      const b = [mark.start[i], mark.end[i]].map(at[over]);
      node("rect", {
        [along]: px(Math.min(...a)), [over]: px(Math.min(...b)),
        [mark.across ? "height" : "width"]: px(Math.abs(a[1] - a[0])),
        [mark.across ? "width" : "height"]: px(Math.abs(b[1] - b[0])),
        fill: `var(--${mark.role})`, "fill-opacity": mark.opacity, "clip-path": panel.clip,
      }, group);
    });
  },
  points(group, mark, at, panel) {
    const xs = panel.shared[mark.x];
    xs.forEach((value, i) => {
      if (value === null || mark.y[i] === null) return;
      const x = px(at.x(value)), y = px(at.y(mark.y[i])), colour = `var(--${mark.role})`;
      if (mark.shape === "circle")
        node("circle", { cx: x, cy: y, r: mark.size / 2, fill: colour,
          "fill-opacity": mark.opacity }, group);
      else if (mark.shape === "ring")
        node("circle", { cx: x, cy: y, r: mark.size / 2, fill: "var(--paper)", stroke: colour,
          "stroke-width": 2.2 }, group);
      else
        node("path", { d: shape(mark.shape, x, y, mark.size), fill: colour,
          stroke: "var(--paper)", "stroke-width": mark.shape === "cross" ? 1 : 0 }, group);
    });
  },
  rule(group, mark, at, { box: [left, top, right, bottom] }) {
    const v = px(at[mark.direction](mark.at));
    const ends = mark.direction === "x" ? { x1: v, x2: v, y1: top, y2: bottom }
      : { x1: left, x2: right, y1: v, y2: v };
    node("line", { ...ends, ...stroke(mark) }, group);
  },
  band(group, mark, at, { box: [left, top, right, bottom], clip }) {
    const [a, b] = [mark.low, mark.high].map(at[mark.direction]).sort((p, q) => p - q);
    const place = mark.direction === "x" ? { x: px(a), y: top, width: px(b - a), height: bottom - top }
      : { x: left, y: px(a), width: right - left, height: px(b - a) };
    node("rect", { ...place, fill: `var(--${mark.role})`, "fill-opacity": mark.opacity,
      "clip-path": clip }, group);
  },
  text(group, mark, at, { box: [left, top, right, bottom] }) {
    const x = mark.x_share ? left + mark.x * (right - left) : at.x(mark.x);
    const y = mark.y_share ? bottom - mark.y * (bottom - top) : at.y(mark.y);
    write(group, mark.text, x + mark.shift[0], y + mark.shift[1], {
      align: mark.align, vertical: mark.vertical, size: mark.size,
      fill: `var(--${mark.colour})`,
      ...(mark.bold && { "font-weight": "bold" }),
      ...(mark.halo && { stroke: "var(--paper)", "stroke-width": 4, "paint-order": "stroke",
        "stroke-linejoin": "round", "stroke-opacity": 0.85 }),
    });
  },
  guess(group, mark, at, panel) {
    const x = px(at.x(mark.x)), ends = [mark.y, mark.until ?? mark.y].map((y) => px(at.y(y)));
    const look = { fill: "var(--paper)", stroke: `var(--${mark.role})`, "stroke-width": 2.8 };
    node("line", { x1: x, x2: x, y1: ends[0], y2: ends[1], ...look }, group);
    for (const y of new Set(ends)) node("path", { d: shape("diamond", x, y, 15), ...look }, group);
    MARKS.text(group, mark.words, at, panel);
  },
};

function axes(group, panel, at) {
  const { box: [left, top, right, bottom], x, y } = panel;
  const line = (x1, y1, x2, y2, colour) =>
    node("line", { x1, y1, x2, y2, stroke: `var(--${colour})`, "stroke-width": 1 }, group);
  if (x.visible) for (const [v] of x.ticks) line(px(at.x(v)), top, px(at.x(v)), bottom, "grid");
  if (y.visible) for (const [v] of y.ticks) line(left, px(at.y(v)), right, px(at.y(v)), "grid");
  if (x.visible) line(left, bottom, right, bottom, "frame");
  if (y.visible) line(left, top, left, bottom, "frame");
  for (const [v, text] of x.ticks)
    write(group, text, at.x(v), bottom + (x.visible ? 11 : 7),
      { align: "middle", vertical: "top", size: TICK, "data-tick": "x" });
  for (const [v, text] of y.ticks)
    write(group, text, left - (y.visible ? 11 : 7), at.y(v),
      { align: "end", size: TICK, "data-tick": "y" });
  write(group, x.label, ...panel.labels_at[0], { align: "middle", "data-label": "x" });
  write(group, y.label, ...panel.labels_at[1], { align: "middle", turn: true, "data-label": "y" });
  if (panel.title)
    write(group, panel.title, left, top - 10,
      { vertical: "bottom", "font-weight": "bold", "data-label": "panel" });
}

// How a readout writes a value; the same house style as hedgelib's own.
function words(value, { unit, signed, low, high }) {
  const size = Math.abs(value), sign = value < 0 ? "−" : signed ? "+" : "";
  const shown = (text) => (/[1-9]/.test(text) ? sign : "") + text;
  if (unit === "day") {
    const day = new Date(Math.round(value) * 86400000);
    return day.toLocaleDateString("en-GB",
      { day: "numeric", month: "short", year: "numeric", timeZone: "UTC" });
  }
  if (unit === "usd") return shown("$" + Math.round(size).toLocaleString("en-US"));
  if (unit === "share") return shown((size * 100).toFixed((high - low) < 0.2 ? 2 : 1) + "%");
  const digits = Math.max(0, 3 - Math.floor(Math.log10(high - low)));
  return shown(size.toLocaleString("en-US", { maximumFractionDigits: Math.min(digits, 8) }));
}

function valueAt(xs, ys, x) {
  for (let i = 1; i < xs.length; i++) {
    const [a, b, p, q] = [xs[i - 1], xs[i], ys[i - 1], ys[i]];
    if ([a, b, p, q].includes(null) || x < Math.min(a, b) || x > Math.max(a, b)) continue;
    return a === b ? q : p + (q - p) * (x - a) / (b - a);
  }
  return null;
}

// What the named lines of a panel say at an x.
function readout(panel, x) {
  const said = [`${panel.x.label} ${words(x, panel.x)}`];
  for (const mark of panel.marks) {
    if (mark.kind !== "line" || !mark.name) continue;
    const y = valueAt(panel.shared[mark.x], mark.y, x);
    if (y !== null) said.push(`${mark.name.replaceAll("\n", " ")} ${words(y, panel.y)}`);
  }
  return said.length > 1 ? said.join("; ") : "";
}

// A line that follows the pointer and the arrow keys, and the values under it in words.
function reader(svg, scene, place) {
  const able = scene.panels.filter((p) => readout(p, (p.x.low + p.x.high) / 2));
  if (!able.length) return;
  const line = node("line", { stroke: "var(--text)", "stroke-dasharray": "2 3",
    visibility: "hidden" }, svg);
  let on = 0, share = 0.5;
  const show = () => {
    const panel = able[on], [left, top, right, bottom] = panel.box;
    const at = left + share * (right - left);
    for (const [key, v] of Object.entries({ x1: at, x2: at, y1: top, y2: bottom }))
      line.setAttribute(key, px(v));
    line.setAttribute("visibility", "visible");
    place.textContent = readout(panel, panel.x.low + share * (panel.x.high - panel.x.low));
  };
  const hide = () => { line.setAttribute("visibility", "hidden"); place.textContent = ""; };
  svg.addEventListener("pointermove", (event) => {
    const frame = svg.getBoundingClientRect();
    const x = (event.clientX - frame.left) / frame.width * scene.size[0];
    const y = (event.clientY - frame.top) / frame.height * scene.size[1];
    const found = able.findIndex(({ box }) =>
      x >= box[0] && x <= box[2] && y >= box[1] && y <= box[3]);
    if (found < 0) return hide();
    on = found;
    share = (x - able[on].box[0]) / (able[on].box[2] - able[on].box[0]);
    show();
  });
  svg.addEventListener("pointerleave", hide);
  svg.addEventListener("blur", hide);
  svg.setAttribute("tabindex", "0");
  svg.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 0.02, ArrowLeft: -0.02, Home: -1, End: 1 }[event.key];
    if (event.key === "Escape") return hide();
    if (step === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    if (able.length > 1 && (share + step > 1.001 || share + step < -0.001) && Math.abs(step) < 1) {
      on = (on + Math.sign(step) + able.length) % able.length;
      share = step > 0 ? 0 : 1;
    } else share = Math.min(1, Math.max(0, share + step));
    show();
  });
}

// Draw a scene into an element, in the place of what was there. `place` takes the readout.
function draw(scene, element, place) {
  const [width, height] = scene.size;
  const svg = node("svg", { viewBox: `0 0 ${width} ${height}`, role: "img",
    "aria-label": scene.alt, width, height, style: `min-width: ${scene.least_width}px` });
  write(svg, scene.title, ...scene.title_at,
    { vertical: "top", size: TITLE, "font-weight": "bold", "data-label": "title" });
  for (const panel of scene.panels) {
    const at = scales(panel), group = node("g", {}, svg), id = `hedge-clip-${unique}-${serial++}`;
    const [left, top, right, bottom] = panel.box;
    node("rect", { x: left, y: top, width: right - left, height: bottom - top },
      node("clipPath", { id }, group));
    panel.clip = `url(#${id})`;
    axes(group, panel, at);
    for (const mark of panel.marks)
      MARKS[mark.kind](node("g", { "data-mark": mark.kind }, group), mark, at, panel);
  }
  if (place) reader(svg, scene, place);
  const old = element.querySelector(":scope > svg");
  const focused = old && old === document.activeElement;
  if (old) old.replaceWith(svg); else element.prepend(svg);
  if (focused) svg.focus();
}

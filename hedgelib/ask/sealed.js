// Judges answers on a page without a kernel, as question.py and answers.py do, from what sealed.py
// has written. READING is what both read an answer by.

const whole = (pattern, flags) => new RegExp(`^(?:${pattern})$`, flags);
const WRITTEN = whole(READING.written), PLAIN = whole(READING.plain);
const GROUPED = whole(READING.grouped), QUOTABLE = whole(READING.quotable, "u");
const RATE = whole(READING.rate);
const FLOAT_ERROR = 1e-9, NEAR_ZERO = 2e-12;

class Unread extends Error {}
const noNumber = (what) =>
  new Unread(`An answer is a number, such as 12.5, and you gave ${what}.`);
const quoted = (text) =>
  QUOTABLE.test(text) ? `'${text}'` : "a text that holds something else";

function figure(written, text) {
  const digits = written.trim();
  if (!PLAIN.test(digits) && !GROUPED.test(digits)) {
    if (!/[0-9]/.test(digits)) throw noNumber(quoted(text));
    throw new Unread(`${QUOTABLE.test(text) ? quoted(text) : "Your answer"} can be read in more `
      + "than one way: write a point before the decimals, and commas or nothing between "
      + "thousands, such as 1,234.5 or 1234.5.");
  }
  return Number(digits.replace(/[ ,_'’]/g, ""));
}

function factor(words, unit, text) {
  const asked = unit.split(",")[0];
  const known = (word, other) => READING.units[word] ?? other;
  const wanted = known(asked.toLowerCase(), asked), given = known(words, words);
  const rate = RATE.exec(words), askedRate = RATE.exec(wanted);
  const decimals = READING.decimals.includes(wanted);
  if (!given || given === wanted || given === wanted.toLowerCase()) return 1;
  if (askedRate && (given === "percent" || rate?.[1] === askedRate[1])) return 1;
  if (decimals && ["x", "percent"].includes(given)) return given === "x" ? 1 : 0.01;
  if (!Object.values(READING.units).includes(given)) throw noNumber(quoted(text));
  throw new Unread(
    `Give the answer ${decimals ? "without a unit" : `in ${asked}`}; ${quoted(text)} is in ${given}.`);
}

function readAnswer(text, unit) {
  const plain = [...text].map((letter) => READING.letters[letter] ?? letter).join("")
    .replace(/[\s\x1c-\x1f\x85]+/g, " ").trim().toLowerCase();
  const found = [...plain].length <= READING.longest ? WRITTEN.exec(plain) : null;
  if (!found) throw noNumber(quoted(text));
  const [, sign, currency, otherSign, above, below, words] = found.map((part) => part ?? "");
  if (sign && otherSign) throw noNumber(quoted(text));
  let value = figure(above, text);
  if (below) {
    const divisor = figure(below, text);
    if (!divisor) throw noNumber("a fraction with 0 below the line");
    value /= divisor;
  }
  if ([sign, otherSign].includes("-")) value = -value;
  for (const word of [currency, words]) value *= factor(word.trim(), unit, text);
  if (!Number.isFinite(value)) throw noNumber("one that is too large");
  return value;
}

const isWhole = (value) =>
  Math.abs(value - Math.round(value)) <= FLOAT_ERROR * Math.abs(Math.round(value));

// The verdict on a number by the opened book of a question; none if the book has nothing to say.
function judgeNumber(number, { right, within, near, whole, models, rounded, said }) {
  const close = (value, room = within) => Math.abs(number - value) <= room * Math.abs(value);
  const isRight = close(right);
  if (isRight && (!whole || (isWhole(number) && Math.round(number) === Math.round(right))))
    return said.right;
  let model = isRight ? undefined : models.find(({ value }) => close(value));
  if (!model) {
    const digits = Math.abs(number).toPrecision(12).split("e")[0].replace(".", "")
      .replace(/^0+|0+$/g, "").length;
    const roundsTo = (values) => digits >= 2 && values[digits - 1] === number;
    const named = models.filter(({ own }) => own && roundsTo(own));
    if (named.length === 1 && !roundsTo(rounded)) [model] = named;
  }
  if (model?.said) return model.said;
  return close(right, near) ? said.near : undefined;
}

const bytes = (base64) => Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
const hex = (data) => [...data].map((byte) => byte.toString(16).padStart(2, "0")).join("");
const digest = async (...words) => new Uint8Array(
  await crypto.subtle.digest("SHA-256", new TextEncoder().encode(words.join("\n"))));

async function inflate(data) {
  const stream = new Blob([data]).stream().pipeThrough(new DecompressionStream("deflate"));
  return JSON.parse(await new Response(stream).text());
}

async function unseal(key, sealed) {
  const data = bytes(sealed);
  for (let i = 0; i < data.length; i += 32) {
    const block = await digest(key, i / 32);
    for (let j = i; j < Math.min(i + 32, data.length); j++) data[j] ^= block[j - i];
  }
  return inflate(data);
}

function cellOf(number, width) {
  if (!number) return "0";
  return `${number < 0 ? "-" : "+"}${Math.floor(Math.log(Math.abs(number)) / width)}`;
}

async function bookOf(number, { salt, width, cells, book }) {
  const cell = cellOf(number, width);
  const kept = cells[hex((await digest(salt, "cell", cell)).slice(0, 6))];
  if (!kept) return null;
  const mask = await digest(salt, "key", cell);
  return unseal(hex(bytes(kept).map((byte, i) => byte ^ mask[i])), book);
}

const unread = (answer, reason) => {
  const text = element("p", {}, reason);
  return { answer, outcome: "unread", verdict: text.outerHTML };
};

// What a question tells of an answer, as the kernel would.
async function answerSealed(answer, question) {
  if (!crypto.subtle)
    return unread(answer, "Browsers let a page check answers only over https, or on this machine.");
  if (question.options) {
    const { salt, options } = question;
    return { answer, ...await unseal(hex(await digest(salt, answer)), options[answer]) };
  }
  const { unit, start, way, said, scene } = question;
  try {
    const read = readAnswer(answer, unit), number = Math.abs(read) <= NEAR_ZERO ? 0 : read;
    const book = await bookOf(number, question);
    const other = way && (number - start) * way < 0 ? said.way : said.wrong;
    return { answer, scene, ...((book && judgeNumber(number, book)) ?? other) };
  } catch (error) {
    if (!(error instanceof Unread)) throw error;
    return unread(answer, error.message);
  }
}

function askSealed(el, sealed) {
  const model = pageModel({ spec: sealed.spec, told: { answer: null } }, async ({ answer }) =>
    ({ told: await answerSealed(answer, sealed.question) }));
  question({ model, el });
}

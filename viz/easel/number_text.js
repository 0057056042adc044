// @ts-check
// Numbers and tokens as they are printed.

/**
 * As printf's "%.4f": ties to even, where toFixed would round them up.
 * @param {number} value a float32
 */
export function fourDecimals(value) {
  if (Number.isNaN(value)) return "nan";
  if (!Number.isFinite(value)) return value > 0 ? "inf" : "-inf";
  const sign = value < 0 || Object.is(value, -0) ? "-" : "";
  const scaled = Math.abs(value) * 10000; // exact: a float32 times 10000 fits a double
  if (scaled > 2 ** 52) return value.toFixed(4);
  let whole = Math.floor(scaled);
  const rest = scaled - whole;
  if (rest > 0.5 || (rest === 0.5 && whole % 2)) whole += 1;
  return `${sign}${Math.floor(whole / 10000)}.${String(whole % 10000).padStart(4, "0")}`;
}

/**
 * A number to be read out: four decimals, six where it is small; words stay.
 * @param {number | string} number
 */
export function longText(number) {
  if (typeof number === "string") return number;
  if (!Number.isFinite(number) || Math.abs(number) >= 0.01 || number === 0) return fourDecimals(number);
  return number.toFixed(6);
}

/**
 * A number for a cell: six characters at most; words stay.
 * @param {number | string} number
 */
export function shortText(number) {
  if (typeof number === "string") return number;
  if (!Number.isFinite(number)) return fourDecimals(number);
  const size = Math.abs(number);
  if (size >= 99999.5) return number.toExponential(0);
  const decimals = size < 9.9995 ? 3 : size < 99.995 ? 2 : size < 999.95 ? 1 : 0;
  const text = number.toFixed(decimals);
  return Number(text) === 0 ? text.replace("-", "") : text;
}

/**
 * Typographic minus signs before digits and before "inf".
 * @param {string} text
 */
export const typeset = (text) => text.replace(/-(?=[\di])/g, "−");

/**
 * A number with so many significant digits, for the end of a colour scale.
 * @param {number} value
 * @param {number} digits
 */
export const plain = (value, digits = 3) => typeset(String(Number(value.toPrecision(digits))));

/**
 * A token cut to so many characters.
 * @param {string} token
 * @param {number} most
 */
export function clip(token, most) {
  const letters = [...token];
  return letters.length > most ? `${letters.slice(0, most - 1).join("")}…` : token;
}

/**
 * Round numbers between two ends, about five of them, with their texts.
 * @param {[number, number]} ends
 * @returns {[number, string][]}
 */
export function roundTicks([low, high]) {
  const rough = (high - low) / 5, power = 10 ** Math.floor(Math.log10(rough));
  const step = power * ([1, 2, 5, 10].find((n) => n * power >= rough) ?? 10);
  const digits = Math.min(Math.max(0, -Math.floor(Math.log10(step) + 1e-9)), 8);
  /** @type {[number, string][]} */
  const ticks = [];
  for (let n = Math.ceil(low / step); n * step <= high; n++) {
    ticks.push([n * step, typeset((n * step).toFixed(digits).replace(/^-(0(\.0*)?)$/, "$1"))]);
  }
  return ticks;
}

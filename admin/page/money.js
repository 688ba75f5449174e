// Amounts and counts are text here, as the server sent their digits: a JavaScript number would round them.

// JSON whose numbers come as text. A JSON text is strings, numbers and the rest: strings are passed over whole.
export function parseExactly(text) {
  const quoted = text.replace(/("(?:[^"\\]|\\.)*")|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g,
    (found, string) => string ?? `"${found}"`);
  return JSON.parse(quoted);
}

// 1234567.80 as 1,234,567.80.
export function grouped(amount) {
  return amount.replace(/^(-?\d+)/, (whole) => whole.replace(/\B(?=(\d{3})+$)/g, ","));
}

// As above; a dash where there is none.
export function shown(amount) {
  return amount === null ? "–" : grouped(amount);
}

// 1 campaign, 10,000 campaigns.
export function counted(campaigns) {
  return campaigns === "1" ? "1 campaign" : `${grouped(campaigns)} campaigns`;
}

// +118.40 and -0.01: a difference says which way it goes.
export function signed(amount) {
  return isZero(amount) || amount.startsWith("-") || amount === "NaN" ? grouped(amount) : `+${grouped(amount)}`;
}

export function isZero(amount) {
  return /^-?0+(\.0+)?$/.test(amount);
}

// 0.00 for 4546.32.
export function zeroLike(amount) {
  return `0${amount.replace(/^[^.]*/, "").replace(/\d/g, "0")}`;
}

// How much of the budget is spent, in whole per cent: 100 only where nothing is left. To be drawn, not to be paid.
export function percent(spent, budget) {
  return Math.floor(Number(spent) / Number(budget) * 100);
}

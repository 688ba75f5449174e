// The calls to the server. The token is kept for this tab only, and sent in a header: no cookie, nothing to forge.
import { parseExactly } from "./money.js";

const CAMPAIGNS = "api/admin/campaigns/sync-spend";
const CORRECTIONS = "api/admin/campaigns/corrections";
const KEPT_AS = "spend-sync-token";
export const UNKNOWN_TOKEN = "this token is not known";

export class Problem extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

export function token() {
  return sessionStorage.getItem(KEPT_AS);
}

// Whether it can be one: a header carries no other characters.
export function keepToken(token) {
  const is = /^[\x21-\x7e]+$/.test(token);
  if (is) sessionStorage.setItem(KEPT_AS, token);
  return is;
}

export function forgetToken() {
  sessionStorage.removeItem(KEPT_AS);
}

// A link may bring the token behind #token=: that part is never sent to the server, and does not stay in the address.
export function takeTokenFromAddress() {
  const found = location.hash.match(/^#token=([\x21-\x7e]+)$/);
  if (found) keepToken(found[1]);
  if (found) history.replaceState(null, "", location.pathname);
  return Boolean(found);
}

async function call(path, options = {}) {
  if (!token()) throw new DOMException("signed out meanwhile", "AbortError");
  let response;
  try {
    response = await fetch(path, { ...options, headers: { ...options.headers, Authorization: `Bearer ${token()}` } });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Problem(0, "the server does not answer");
  }
  if (response.ok) return response;
  const body = await response.json().catch(() => ({}));
  throw new Problem(response.status, body.error ?? `the server answered ${response.status}`);
}

const read = async (response) => parseExactly(await response.text());

export async function preview(wanted, signal) {
  return read(await call(`${CAMPAIGNS}?${new URLSearchParams(wanted)}`, { signal }));
}

export async function corrections() {
  return read(await call(`${CORRECTIONS}?limit=20`)).then((answer) => answer.corrections);
}

export async function syncOne(campaignId) {
  const headers = { "Content-Type": "application/json" };
  return read(await call(CAMPAIGNS, { method: "POST", headers, body: JSON.stringify({ campaignId }) }));
}

// Calls back for each line that the server sends while it works: {progress}, {failed}; gives what it said at the end.
export async function syncAll(signal, onLine) {
  const headers = { Accept: "application/x-ndjson" };
  const response = await call(CAMPAIGNS, { method: "POST", headers, signal });
  let rest = "";
  for await (const chunk of pieces(response.body.pipeThrough(new TextDecoderStream()))) {
    const lines = (rest + chunk).split("\n");
    rest = lines.pop();
    for (const line of lines.map(parseExactly)) {
      if (line.finished) return line.finished;
      if (line.error) throw new Problem(503, line.error);
      onLine(line);
    }
  }
  throw new Problem(0, "the server stopped before it was done");
}

// Not every browser has streams that can be iterated over.
async function* pieces(stream) {
  const reader = stream.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    yield value;
  }
}

// What the page's tests stand on: the browser, the accessibility rules, and psql beside it.
import { execFileSync, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { chromium } from "playwright-core";

const axe = createRequire(import.meta.url).resolve("axe-core");
const PSQL = ["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1"];

// Debian's browser, kept from calling home.
export function openBrowser() {
  const quiet = ["--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-sync"];
  const args = ["--no-sandbox", "--disable-component-update", ...quiet];
  return chromium.launch({ executablePath: "/usr/bin/chromium", args });
}

// Whatever the browser complains of is a problem, but for answers that a test asks to be refused.
export async function newPage(browser, problems) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, bypassCSP: false });
  const page = await context.newPage();
  page.setDefaultTimeout(15_000);
  page.on("pageerror", (error) => problems.push(String(error)));
  page.on("console", (message) => {
    const expected = /status of (403|409|503)/.test(message.text());
    if (message.type() === "error" && !expected) problems.push(message.text());
  });
  return page;
}

// The rules of WCAG 2.2 A and AA that a program can check. The page's policy runs no script but its own: axe comes by the
// debugger's door.
export async function violations(page) {
  await page.evaluate(readFileSync(axe, "utf8"));
  const result = await page.evaluate(() =>
    axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] }));
  return result.violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(" ")}`);
}

// What sticks out of the window, if anything does.
export function overflow(page) {
  return page.evaluate(() => {
    const width = document.documentElement.clientWidth;
    return document.documentElement.scrollWidth > width ? `${document.documentElement.scrollWidth} > ${width}` : "";
  });
}

// The database's answer, as its owner.
export function query(sql) {
  return execFileSync("psql", [...PSQL, "-c", sql], { encoding: "utf8" }).trim();
}

// Waits for it to come true, ten seconds at most.
export async function eventually(what, isTrue) {
  for (let attempt = 0; attempt < 100; attempt += 1) {
    if (isTrue()) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`this did not come true: ${what}`);
}

// Runs it in a transaction that stays open until what is returned is called.
query.hold = (sql) => {
  const psql = spawn("psql", [...PSQL, "-o", "/dev/null"], { stdio: ["pipe", "inherit", "inherit"] });
  psql.stdin.write(`SET application_name = 'holder'; BEGIN; ${sql}; SELECT pg_advisory_lock(4711);\n`);
  const held = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = 4711";
  while (query(held) !== "1");
  return () => new Promise((resolve) => {
    psql.on("close", resolve);
    psql.stdin.end("ROLLBACK;\n");
  });
};

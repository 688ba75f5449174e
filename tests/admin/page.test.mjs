// The page as an administrator uses it, in a headless Chromium, on a platform with six wrong totals. After each click the
// database is asked, too: what the page says is not enough. One story: each test goes on where the last one ended.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { eventually, newPage, openBrowser, overflow, query, violations } from "./browser.mjs";

const ADDRESS = process.env.PAGE_ADDRESS;
const SHOTS = process.env.PAGE_SHOTS;
const WRONG = "Ultimate Test Campaign";
const DRIFTED = `
  SELECT count(*) FROM campaigns
  WHERE spent IS DISTINCT FROM (SELECT coalesce(sum(earnings), 0) FROM clip_submissions s JOIN clips ON clips.id = s."clipId"
                                WHERE s."campaignId" = campaigns.id AND s.status = 'APPROVED')`;

let browser;
let page;
const problems = [];
const row = (title) => page.locator("#campaigns tbody tr").filter({ hasText: title });
const cell = (title, name) => row(title).locator(`.${name}`).innerText();
const rows = () => page.locator("#campaigns tbody tr");
const titles = () => page.locator("#campaigns tbody .title").allInnerTexts();
const news = (text) => page.locator("#news", { hasText: text }).waitFor();
// The news may say so from the last time: what counts is that an answer came.
const refresh = async () => {
  const answer = page.waitForResponse(/sync-spend\?/);
  await page.getByRole("button", { name: "Refresh" }).click();
  await answer;
  await page.locator("#campaigns:not([aria-busy])").waitFor();
  await news("Refreshed");
};
const logged = (text) => eventually(text, () => readFileSync(process.env.PAGE_SERVER_LOG, "utf8").includes(text));
const signIn = async (token) => {
  await page.getByLabel("Token").fill(token);
  await page.getByRole("button", { name: "Sign in" }).click();
};

before(async () => {
  browser = await openBrowser();
  page = await newPage(browser, problems);
});
after(() => browser.close());

test("a wrong token is refused, and not kept", async () => {
  await page.goto(ADDRESS);
  await signIn("not the token that it should be, but long");
  await page.getByRole("alert").filter({ hasText: "this token is not known" }).waitFor();
  assert.equal(await page.evaluate(() => sessionStorage.length), 0);
  assert.equal(await rows().count(), 0);
});

test("a viewer sees all, and can repair nothing", async () => {
  await signIn(process.env.SPEND_SYNC_VIEWER_TOKEN);
  await row(WRONG).waitFor();
  assert.equal(await page.getByRole("button", { name: /^Sync/, disabled: false }).count(), 0);
  await page.getByRole("button", { name: "Sign out" }).click();
});

test("the preview shows what is wrong, to the cent, and most wrong first", async () => {
  await page.goto(`${ADDRESS}/#token=${process.env.SPEND_SYNC_ADMIN_TOKEN}`);
  await page.reload();
  await row(WRONG).waitFor();
  assert.equal(new URL(page.url()).hash, "");
  assert.equal(await cell(WRONG, "recorded"), "3,075.93");
  assert.equal(await cell(WRONG, "actual"), "4,546.32");
  assert.equal(await cell(WRONG, "difference"), "+1,470.39");
  assert.match(await cell(WRONG, "budget"), /45 % of 10,000\.00/);
  assert.equal(await page.locator("#needs-sync").innerText(), "6");
  assert.equal(await page.locator("#total-difference").innerText(), "+4,740.50");
  assert.deepEqual((await titles()).slice(0, 3), ["Ember Creator Week", "Basalt Summer Push", "Aurora Relaunch"]);
  await page.screenshot({ path: `${SHOTS}/page_light.png` });
});

test("no accessibility rule is broken, light or dark", async () => {
  for (const colorScheme of ["light", "dark"]) {
    await page.emulateMedia({ colorScheme });
    assert.deepEqual(await violations(page), []);
  }
  await page.screenshot({ path: `${SHOTS}/page_dark.png` });
  await page.emulateMedia({ colorScheme: "light" });
});

test("Sync, by the keyboard: the row shows 0.00, and the database agrees", async () => {
  await row(WRONG).getByRole("button", { name: `Sync ${WRONG}` }).focus();
  await page.keyboard.press("Enter");
  await news(`${WRONG} is corrected from 3075.93 to 4546.32`);
  assert.equal(await cell(WRONG, "difference"), "0.00");
  assert.equal(await cell(WRONG, "recorded"), "4,546.32");
  await page.locator("#needs-sync", { hasText: "5" }).waitFor();
  assert.equal(query(`SELECT spent FROM campaigns WHERE title = '${WRONG}'`), "4546.32");
  assert.equal(query(DRIFTED), "5");
  const focused = await page.evaluate(() => document.activeElement.getAttribute("aria-label"));
  assert.equal(focused, `Sync ${WRONG}`);
});

test("the correction stands in the log", async () => {
  const first = page.locator("#corrections tbody tr").first();
  assert.match(await first.innerText(), /Ultimate Test Campaign\s+3,075\.93\s+4,546\.32\s+sync_campaign\s+spend_sync_admin/);
});

test("filter, search, sort and pages", async () => {
  await page.getByLabel("Needs sync").check();
  await news("5 campaigns");
  assert.equal(await rows().count(), 5);
  await page.getByLabel("Search").fill("summer");
  await news("2 campaigns");
  assert.deepEqual(await titles(), ["Basalt Summer Push", "Harbour Summer Push"]);
  await page.getByLabel("Needs sync").uncheck();
  await news("10 campaigns");
  await page.getByLabel("Search").fill("");
  await news("40 campaigns");

  const sortBy = async (name, order) => {
    await page.getByRole("button", { name, exact: true }).click();
    await page.locator(`th[aria-sort=${order}]`, { hasText: name }).waitFor();
  };
  const list = (order) => query(`SELECT string_agg(title, '|' ORDER BY ${order}, id) FROM campaigns`);
  await sortBy("Campaign", "ascending");
  assert.equal((await titles()).join("|"), list("lower(title)"));
  await sortBy("Campaign", "descending");
  assert.equal((await titles()).join("|"), list("lower(title) DESC"));
  await sortBy("Actual", "descending");
  assert.equal((await titles())[0], query("SELECT title FROM spend_sync_status() ORDER BY actual_spent DESC LIMIT 1"));
  await sortBy("Difference", "descending");
});

test("a preview that fails is said, and not called fresh", async () => {
  const away = (route) => route.fulfill({ status: 503, json: { error: "the database does not answer: try again later" } });
  await page.route("**/sync-spend?**", away);
  for (const click of ["Refresh", "Difference"]) {
    await page.getByRole("button", { name: click, exact: true }).click();
    await page.getByRole("alert").filter({ hasText: "the database does not answer" }).waitFor();
    assert.equal(await page.locator("#news").innerText(), "");
    assert.equal(await page.locator("#campaigns[aria-busy]").count(), 0);
  }
  await page.unroute("**/sync-spend?**", away);
  await refresh();
});

test("what the tables' own rules refuse is said, and changes nothing", async () => {
  query("ALTER TABLE campaigns ADD CONSTRAINT small CHECK (spent < 7000 OR title <> 'Ember Creator Week') NOT VALID");
  await row("Ember Creator Week").getByRole("button").click();
  await page.getByRole("alert").filter({ hasText: "a rule of the database's own tables" }).waitFor();
  assert.equal(await cell("Ember Creator Week", "difference"), "+7,137.94");
  query("ALTER TABLE campaigns DROP CONSTRAINT small");
});

test("Sync all asks first, shows how far it is, and leaves nothing wrong", async () => {
  await page.getByRole("button", { name: "Sync all" }).click();
  await page.getByRole("dialog").getByText("5 campaigns to sync; in all, totals change by +3,270.11.").waitFor();
  assert.deepEqual(await violations(page), []);
  await page.keyboard.press("Escape");
  assert.equal(query(DRIFTED), "5");

  // One of them is held by somebody else: until they are done, the page shows how far it is.
  const release = query.hold("SELECT FROM campaigns WHERE title = 'Basalt Summer Push' FOR UPDATE");
  await page.getByRole("button", { name: "Sync all" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Sync all" }).click();
  await page.getByText("1 of 5", { exact: true }).waitFor();
  assert.equal(query(DRIFTED), "4");
  await release();
  await news("5 campaigns are corrected, +3,270.11 in all");
  assert.equal(query(DRIFTED), "0");
  assert.equal(await page.locator("#needs-sync").innerText(), "0");
  assert.deepEqual(await page.locator("td.difference").evaluateAll((cells) => [...new Set(cells.map((cell) => cell.innerText))]), ["0.00"]);
  assert.equal(await page.getByRole("button", { name: "Sync all" }).isDisabled(), true);
  assert.equal(await page.locator("#progress").isHidden(), true);
});

test("Stop ends a long sync after the campaign it is at", async () => {
  query("ALTER TABLE campaigns DISABLE TRIGGER USER; UPDATE campaigns SET spent = 1; ALTER TABLE campaigns ENABLE TRIGGER USER");
  await refresh();
  const tenth = query("SELECT id FROM campaigns ORDER BY id OFFSET 9 LIMIT 1");
  const release = query.hold(`SELECT FROM campaigns WHERE id = '${tenth}' FOR UPDATE`);
  await page.getByRole("button", { name: "Sync all" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Sync all" }).click();
  await page.getByText("9 of 40", { exact: true }).waitFor();
  await page.getByRole("button", { name: "Stop" }).click();
  // That it hung up reaches the server a moment later.
  await logged("nobody listens any more");
  await release();
  await news("Stopped: the campaign that it was at may still be corrected");
  const busy = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'spend-sync-admin' AND state <> 'idle'";
  await eventually("the server is idle", () => query(busy) === "0");
  assert.equal(query(DRIFTED), "30");
});

test("titles are text, whatever they look like; amounts keep digits that a double would lose", async () => {
  query(`UPDATE campaigns SET title = '<img src=x onerror="document.title=1"> "12.50"' WHERE title = '${WRONG}';
    ALTER TABLE campaigns DISABLE TRIGGER USER;
    ALTER TABLE campaigns ALTER spent TYPE numeric(30, 2);
    UPDATE campaigns SET spent = 1234567890123456789.05 WHERE id = 'cmultimatetestcampaign001';
    ALTER TABLE campaigns ENABLE TRIGGER USER`);
  await refresh();
  await page.getByLabel("Search").fill("onerror");
  await news("1 campaign");
  assert.deepEqual(await titles(), ['<img src=x onerror="document.title=1"> "12.50"']);
  assert.equal(await page.locator("td.recorded").innerText(), "1,234,567,890,123,456,789.05");
  assert.equal(await page.title(), "Campaign spend");
  await page.getByLabel("Search").fill("");
  await news("40 campaigns");
});

test("odd budgets empty no page", async () => {
  query(`ALTER TABLE campaigns ALTER budget TYPE numeric; UPDATE campaigns SET budget = 'Infinity' WHERE title = 'Aurora Launch';
    UPDATE campaigns SET budget = 0 WHERE title = 'Basalt Launch'; UPDATE campaigns SET budget = 'NaN' WHERE title = 'Citrus Launch'`);
  await refresh();
  assert.equal(await rows().count(), 40);
  assert.equal(await row("Aurora Launch").locator("meter").isHidden(), true);
});

test("ten thousand campaigns: fifty on a page, all within reach", async () => {
  query(`INSERT INTO campaigns (id, title, description, creator, budget, "payoutRate")
    SELECT 'many' || n, 'Many ' || lpad(n::text, 5, '0'), '', '', 100, 1 FROM generate_series(1, 9960) n`);
  await refresh();
  await page.getByRole("button", { name: "Campaign", exact: true }).click();
  await page.getByText("Page 1 of 200, 10,000 campaigns").waitFor();
  assert.equal(await rows().count(), 50);
  await page.getByRole("button", { name: "Next" }).click();
  await page.getByText("Page 2 of 200, 10,000 campaigns").waitFor();
  const expected = query("SELECT string_agg(title, '|') FROM (SELECT title FROM campaigns ORDER BY lower(title), id OFFSET 50 LIMIT 50) p");
  assert.equal((await titles()).join("|"), expected);
  // Two clicks before the answer to the first, at the last page but one, lead to the last page.
  await page.getByLabel("Search").fill("many 000");
  await page.getByText("Page 1 of 2, 99 campaigns").waitFor();
  await page.getByRole("button", { name: "Next" }).dblclick();
  await page.getByText("Page 2 of 2, 99 campaigns").waitFor();
  assert.equal(await rows().count(), 49);
  await page.getByLabel("Search").fill("many 09960");
  await page.getByText("Page 1 of 1, 1 campaign").waitFor();
  await page.getByLabel("Search").fill("");
  await page.getByText("Page 1 of 200").waitFor();
});

test("on a narrow screen nothing is cut off", async () => {
  await page.setViewportSize({ width: 360, height: 740 });
  assert.deepEqual(await violations(page), []);
  assert.equal(await overflow(page), "");
  await page.screenshot({ path: `${SHOTS}/page_narrow.png` });
});

test("who signs out sees nothing any more, not even what was asked for before", async () => {
  await page.route("**/sync-spend?**", async (route) => {
    await new Promise((resolve) => setTimeout(resolve, 700));
    await route.continue().catch(() => {});
  });
  await page.getByRole("button", { name: "Refresh" }).click();
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.waitForTimeout(1200);
  assert.equal(await page.getByLabel("Token").isVisible(), true);
  assert.equal(await rows().count(), 0);
  await signIn("ключ ключ ключ ключ ключ ключ ключ ключ");
  await page.getByRole("alert").filter({ hasText: "this token is not known" }).waitFor();
});

test("nothing went wrong in the browser that the page does not speak of", () => {
  assert.deepEqual(problems, []);
});

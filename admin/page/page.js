// What happens when the page is used.
import * as api from "./api.js";
import { counted, signed } from "./money.js";
import * as view from "./view.js";

const PAGE_SIZE = 50;
const TYPING_PAUSE_MS = 250;
// Pages, searches and sorts may share a preview: at a million clips one takes seconds.
const SHARED_FOR_S = 30;
const { at, say } = view;
const wanted = { page: 1, search: "", needsSync: false, sort: "difference", order: "desc" };
let mayRepair = false;
let summary = null;
// The newest question for campaigns, and its answer, if it is still to come.
let newest = new AbortController();
let loading = Promise.resolve();
// The sync of all that runs, if one does.
let syncing = null;

// Whoever is no longer let in, or was not yet, sees where to sign in; a token that is refused is forgotten.
function complain(problem) {
  if (problem.name === "AbortError") return;
  const refused = problem.status === 401 || problem.message === api.UNKNOWN_TOKEN;
  if (refused) api.forgetToken();
  if (refused || at("signed-in").hidden) view.showSignIn(problem.message);
  else view.complain(problem.message);
}

function showSummary() {
  view.showSummary(summary, mayRepair && !syncing);
}

// ---- Asking

// Only the newest question counts: an answer to an older one would show what is no longer asked for. Gives the answer, or
// what went wrong instead.
function load(maxAge = 0) {
  newest.abort();
  newest = new AbortController();
  at("campaigns").setAttribute("aria-busy", "true");
  loading = ask(newest.signal, maxAge);
  return loading;
}

async function ask(signal, maxAge) {
  try {
    const answer = await api.preview({ ...wanted, pageSize: PAGE_SIZE, maxAge }, signal);
    signal.throwIfAborted();
    ({ mayRepair, summary } = answer);
    wanted.page = Number(answer.page.number);
    view.showSignedIn();
    showSummary();
    view.showCampaigns(answer.campaigns, mayRepair, syncOne);
    view.showPage(answer.page, answer.asOf);
    view.showOrder(wanted);
    at("campaigns").removeAttribute("aria-busy");
    return { answer };
  } catch (problem) {
    if (!signal.aborted) at("campaigns").removeAttribute("aria-busy");
    complain(problem);
    return { problem };
  }
}

// The log is an extra: a role without the right to read it can still preview and repair.
async function loadCorrections() {
  try {
    view.showCorrections(await api.corrections());
  } catch (problem) {
    view.showNoCorrections(`The log cannot be shown: ${problem.message}.`);
  }
}

// What cannot be had is not asked for any more: the next page is then the one after the one that is shown.
async function change(wish) {
  const before = { ...wanted };
  Object.assign(wanted, { page: 1 }, wish);
  const { answer, problem } = await load(SHARED_FOR_S);
  if (answer) say(counted(answer.page.matching));
  else if (problem.name !== "AbortError") Object.assign(wanted, before);
}

// Whether all of it is shown.
async function loadAll() {
  const { answer } = await load();
  if (answer) await loadCorrections();
  return Boolean(answer);
}

// ---- Repairing

// The row stays where it is, whatever the filter and the order, and the button keeps the focus. What is being loaded comes
// first: it would show the row as it was.
async function syncOne(row) {
  if (row.hasAttribute("aria-busy")) return;
  row.setAttribute("aria-busy", "true");
  await loading;
  try {
    const done = await api.syncOne(row.dataset.id);
    view.showRepaired(row, done);
    say(done.message);
    await loadCorrections();
    ({ summary } = await api.preview({ pageSize: 1 }));
    showSummary();
  } catch (problem) {
    complain(problem);
  }
  row.removeAttribute("aria-busy");
}

function askToSyncAll() {
  const { needsSync, totalDifference } = summary;
  at("confirm-text").textContent = `${counted(needsSync)} to sync; in all, totals change by ${signed(totalDifference)}.`;
  at("confirm").returnValue = "no";
  at("confirm").showModal();
}

async function syncAll() {
  const failed = [];
  syncing = new AbortController();
  showSummary();
  view.showProgress("0", "0");
  say("Syncing all");
  let news = "";
  let problem = "";
  try {
    const done = await api.syncAll(syncing.signal, ({ progress, failed: refused }) => {
      if (progress) view.showProgress(progress.done, progress.total);
      if (refused) failed.push(`${refused.campaignId}: ${refused.error}`);
    });
    news = `${done.message}, ${signed(done.totalDifference)} in all`;
    problem = failed.join("; ");
  } catch (error) {
    if (error.name === "AbortError") news = "Stopped: the campaign that it was at may still be corrected";
    else problem = error.message;
  }
  syncing = null;
  at("progress").hidden = true;
  if (!api.token() || !(await loadAll())) return;
  if (news) say(news);
  if (problem) view.addProblem(problem);
}

// ---- Signing in and out

at("sign-in").addEventListener("submit", async (event) => {
  event.preventDefault();
  const is = api.keepToken(at("token").value.trim());
  at("token").value = "";
  if (is) await loadAll();
  else view.showSignIn(api.UNKNOWN_TOKEN);
});
// What is still under way is not to come back on the page, and no sync goes on for somebody who has left.
at("sign-out").addEventListener("click", () => {
  newest.abort();
  syncing?.abort();
  api.forgetToken();
  view.showSignIn("");
});

// ---- Listening

let typing;
at("search").addEventListener("input", () => {
  clearTimeout(typing);
  typing = setTimeout(() => change({ search: at("search").value.trim() }), TYPING_PAUSE_MS);
});
at("only-needing-sync").addEventListener("change", (event) => change({ needsSync: event.target.checked }));
at("refresh").addEventListener("click", async () => {
  if (await loadAll()) say("Refreshed");
});
at("previous").addEventListener("click", () => change({ page: wanted.page - 1 }));
at("next").addEventListener("click", () => change({ page: wanted.page + 1 }));
at("sync-all").addEventListener("click", askToSyncAll);
at("confirm").addEventListener("close", () => at("confirm").returnValue === "yes" && syncAll());
at("progress-stop").addEventListener("click", () => syncing?.abort());
for (const heading of document.querySelectorAll("th[data-sort]")) {
  const sort = heading.dataset.sort;
  heading.querySelector("button").addEventListener("click", () => {
    const usual = sort === "title" ? "asc" : "desc";
    const other = usual === "asc" ? "desc" : "asc";
    change({ sort, order: wanted.sort === sort && wanted.order === usual ? other : usual });
  });
}

window.addEventListener("hashchange", () => api.takeTokenFromAddress() && loadAll());
api.takeTokenFromAddress();
if (api.token()) loadAll();
else view.showSignIn("");

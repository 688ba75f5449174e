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
let newest = new AbortController();

// Whoever is no longer let in, or was not yet, sees where to sign in; a token that is refused is forgotten.
function complain(problem) {
  if (problem.name === "AbortError") return;
  const refused = problem.status === 401 || problem.message === api.UNKNOWN_TOKEN;
  if (refused) api.forgetToken();
  if (refused || at("signed-in").hidden) view.showSignIn(problem.message);
  else view.complain(problem.message);
}

// ---- Asking

// Only the newest question counts: an answer to an older one would show what is no longer asked for.
async function load(maxAge = 0) {
  newest.abort();
  newest = new AbortController();
  at("campaigns").setAttribute("aria-busy", "true");
  try {
    const answer = await api.preview({ ...wanted, pageSize: PAGE_SIZE, maxAge }, newest.signal);
    ({ mayRepair, summary } = answer);
    view.showSignedIn();
    view.showSummary(summary, mayRepair);
    view.showCampaigns(answer.campaigns, mayRepair, syncOne);
    view.showPage(answer.page, answer.asOf);
    view.showOrder(wanted);
    at("campaigns").removeAttribute("aria-busy");
    return answer;
  } catch (problem) {
    complain(problem);
    return null;
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

async function change(wish) {
  Object.assign(wanted, { page: 1 }, wish);
  const answer = await load(SHARED_FOR_S);
  if (answer) say(counted(answer.page.matching));
}

async function loadAll() {
  if (await load()) await loadCorrections();
}

// ---- Repairing

// The row stays where it is, whatever the filter and the order, and the button keeps the focus.
async function syncOne(row) {
  row.setAttribute("aria-busy", "true");
  try {
    const done = await api.syncOne(row.dataset.id);
    view.showRepaired(row, done);
    say(done.message);
    await loadCorrections();
    ({ summary } = await api.preview({ pageSize: 1 }));
    view.showSummary(summary, mayRepair);
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
  const stopping = new AbortController();
  let failed = 0;
  at("progress-stop").onclick = () => stopping.abort();
  at("sync-all").disabled = true;
  view.showProgress("0", "0");
  say("Syncing all");
  let news;
  try {
    const done = await api.syncAll(stopping.signal, ({ progress, failed: refused }) => {
      if (progress) view.showProgress(progress.done, progress.total);
      if (refused) failed += 1;
    });
    news = `${done.message}, ${signed(done.totalDifference)} in all` + (failed ? `; ${failed} could not be` : "");
  } catch (problem) {
    if (problem.name === "AbortError") news = "Stopped; what is done is done";
    else complain(problem);
  }
  at("progress").hidden = true;
  await loadAll();
  if (news) say(news);
}

// ---- Signing in and out

at("sign-in").addEventListener("submit", async (event) => {
  event.preventDefault();
  api.keepToken(at("token").value.trim());
  at("token").value = "";
  await loadAll();
});
at("sign-out").addEventListener("click", () => {
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
  await loadAll();
  say("Refreshed");
});
at("previous").addEventListener("click", () => change({ page: wanted.page - 1 }));
at("next").addEventListener("click", () => change({ page: wanted.page + 1 }));
at("sync-all").addEventListener("click", askToSyncAll);
at("confirm").addEventListener("close", () => at("confirm").returnValue === "yes" && syncAll());
for (const heading of document.querySelectorAll("th[data-sort]")) {
  const sort = heading.dataset.sort;
  heading.querySelector("button").addEventListener("click", () => {
    const usual = sort === "title" ? "asc" : "desc";
    const other = usual === "asc" ? "desc" : "asc";
    change({ sort, order: wanted.sort === sort && wanted.order === usual ? other : usual });
  });
}

api.takeTokenFromAddress();
if (api.token()) loadAll();
else view.showSignIn("");

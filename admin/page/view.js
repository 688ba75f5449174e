// What is on the page: the server's answers, as rows and figures. Nothing is asked or sent here.
import { counted, isZero, percent, shown, signed, zeroLike } from "./money.js";

export const at = (id) => document.getElementById(id);

export function say(news) {
  at("news").textContent = news;
  at("problem").textContent = "";
}

export function complain(message) {
  at("news").textContent = "";
  at("problem").textContent = message;
}

// Beside the news, which it does not contradict.
export function addProblem(message) {
  at("problem").textContent = message;
}

// Nothing stays behind the form.
export function showSignIn(problem) {
  for (const id of ["campaigns", "corrections"]) at(id).tBodies[0].replaceChildren();
  at("signed-in").hidden = true;
  at("sign-in").hidden = false;
  at("sign-in-problem").textContent = problem;
  at("token").focus();
}

export function showSignedIn() {
  at("sign-in").hidden = true;
  at("sign-in-problem").textContent = "";
  at("signed-in").hidden = false;
}

export function showSummary(summary, maySyncAll) {
  at("total").textContent = shown(summary.total);
  at("in-sync").textContent = shown(summary.inSync);
  at("needs-sync").textContent = shown(summary.needsSync);
  at("needs-sync").className = isZero(summary.needsSync) ? "right" : "wrong";
  at("total-difference").textContent = signed(summary.totalDifference);
  at("sync-all").disabled = !maySyncAll || isZero(summary.needsSync);
}

const cellOf = (row) => (name) => row.querySelector(name);

function fill(row, campaign) {
  const cell = cellOf(row);
  const name = campaign.title ?? campaign.id;
  row.dataset.id = campaign.id;
  cell(".title").textContent = name;
  cell(".key").textContent = campaign.id;
  cell("button").setAttribute("aria-label", `Sync ${name}`);
  fillAmounts(row, campaign);
}

function fillAmounts(row, campaign) {
  const cell = cellOf(row);
  cell(".recorded").textContent = shown(campaign.recordedSpent);
  cell(".actual").textContent = shown(campaign.actualSpent);
  cell(".difference").textContent = signed(campaign.difference);
  cell(".difference").className = `amount difference ${campaign.needsSync ? "wrong" : "right"}`;
  cell(".clips").textContent = shown(campaign.approvedClipsCount);
  cell("td.budget").dataset.budget = campaign.budget ?? "";
  fillBudget(cell("td.budget"), campaign.actualSpent);
}

// What a repair stored is what is recorded now, and what is actual.
export function showRepaired(row, { newSpent, approvedClipsCount }) {
  const budget = cellOf(row)("td.budget").dataset.budget || null;
  const [recordedSpent, actualSpent, difference] = [newSpent, newSpent, zeroLike(newSpent)];
  fillAmounts(row, { recordedSpent, actualSpent, difference, needsSync: false, approvedClipsCount, budget });
}

function fillBudget(cell, actualSpent) {
  const budget = cell.dataset.budget || null;
  const [meter, text] = [cell.querySelector("meter"), cell.querySelector("small")];
  meter.hidden = !(Number(budget) > 0 && Number.isFinite(Number(budget)) && Number.isFinite(Number(actualSpent)));
  text.textContent = budget === null ? "no budget" : `of ${shown(budget)}`;
  if (meter.hidden) return;
  // Drawn in another colour from four fifths on, and in a third one when nothing is left.
  const [spent, whole] = [Number(actualSpent), Number(budget)];
  Object.assign(meter, { max: whole, low: whole * 0.8, high: whole * 0.9999, optimum: 0, value: spent });
  text.textContent = `${percent(actualSpent, budget)} % of ${shown(budget)}`;
  meter.setAttribute("aria-label", `${shown(actualSpent)} spent, ${text.textContent}`);
}

export function showCampaigns(campaigns, mayRepair, sync) {
  const rows = campaigns.map((campaign) => {
    const row = at("campaign-row").content.firstElementChild.cloneNode(true);
    fill(row, campaign);
    const button = row.querySelector("button");
    button.disabled = !mayRepair;
    button.addEventListener("click", () => sync(row));
    return row;
  });
  at("campaigns").classList.toggle("without-budget", campaigns.length > 0 && campaigns.every(({ budget }) => budget === null));
  at("campaigns").tBodies[0].replaceChildren(...rows);
}

export function showPage({ number, size, matching }, asOf) {
  const pages = Math.max(1, Math.ceil(Number(matching) / Number(size)));
  at("page-number").textContent = `Page ${shown(number)} of ${shown(String(pages))}, ${counted(matching)}`;
  at("as-of").textContent = `As of ${new Date(asOf).toLocaleTimeString()}`;
  at("previous").disabled = Number(number) <= 1;
  at("next").disabled = Number(number) >= pages;
}

export function showOrder({ sort, order }) {
  for (const heading of document.querySelectorAll("th[data-sort]")) {
    if (heading.dataset.sort !== sort) heading.removeAttribute("aria-sort");
    else heading.setAttribute("aria-sort", order === "asc" ? "ascending" : "descending");
  }
}

export function showCorrections(corrections) {
  const rows = corrections.map((correction) => {
    const row = document.createElement("tr");
    const add = (text, kind = "") => Object.assign(row.insertCell(), { textContent: text, className: kind });
    add(new Date(correction.at).toLocaleString());
    add(correction.campaignTitle ?? correction.campaignId);
    add(shown(correction.recordedSpent), "amount");
    add(shown(correction.actualSpent), "amount");
    add(correction.foundBy);
    add(correction.role);
    return row;
  });
  at("corrections").tBodies[0].replaceChildren(...rows);
  at("no-corrections").hidden = corrections.length > 0;
  at("no-corrections").textContent = "No total was found wrong yet.";
}

export function showNoCorrections(why) {
  at("corrections").tBodies[0].replaceChildren();
  at("no-corrections").hidden = false;
  at("no-corrections").textContent = why;
}

export function showProgress(done, total) {
  at("progress").hidden = false;
  Object.assign(at("progress-bar"), { max: Math.max(1, Number(total)), value: Number(done) });
  at("progress-text").textContent = `${shown(done)} of ${shown(total)}`;
}

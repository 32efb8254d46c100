// 10,000 executions and 25,000 events: what is drawn is what is in sight. Times are told, and held only to what a broken page would
// take.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { api, end, executionPath, finished, launch, machine, machinePath, serve } from "./world.mjs";

let browser, base, call;
const generous = 10; // times the figure that the page is meant to keep

before(async () => {
  base = await serve(["local", "--port", "0"]);
  call = api(base);
  browser = await launch();
});
after(() => end(browser));

// Mapped is a machine whose execution has 4n + 6 events for n items.
const mapped = (name) => machine(call, name, {
  StartAt: "Each", States: { Each: { Type: "Map", ItemProcessor: { StartAt: "One", States: { One: { Type: "Pass", End: true } } }, End: true } },
});

// Timed opens an address in a fresh page and tells the milliseconds until ready: something is painted, and answers.
async function timed(path, ready) {
  const opened = await browser.newContext({ viewport: { width: 1280, height: 900 } });
  const page = await opened.newPage();
  await page.goto("about:blank");
  await page.goto(base + path, { waitUntil: "commit" });
  const at = await page.evaluate((ready) => new Promise((done) => {
    const look = () => (document.querySelector(ready) ? requestAnimationFrame(() => setTimeout(() => done(performance.now()))) : requestAnimationFrame(look));
    look();
  }), ready);
  const first = await page.evaluate(() => performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? 0);
  return { page, at, first };
}

// Scrolled goes through a list from its top to its end, and tells the longest time between two frames.
const scrolled = (page, list) => page.locator(list).evaluate((node) => new Promise((done) => {
  let [step, last, longest, most] = [0, performance.now(), 0, 0];
  const next = (now) => {
    longest = Math.max(longest, now - last);
    last = now;
    most = Math.max(most, node.querySelectorAll(".row").length);
    node.scrollTop = (node.scrollHeight * ++step) / 60;
    if (step < 62) requestAnimationFrame(next);
    else done({ longest, rows: most, end: node.scrollTop + node.clientHeight >= node.scrollHeight - 1 });
  };
  requestAnimationFrame((now) => {
    last = now;
    requestAnimationFrame(next);
  });
}));

function told(t, what, ms, meant) {
  t.diagnostic(`${what}: ${Math.round(ms)} ms (meant: ${meant})`);
  assert.ok(ms < meant * generous, `${what} took ${ms} ms`);
}

async function smooth(t, what, page, list) {
  const { longest, rows, end: reached } = await scrolled(page, list);
  told(t, `${what}, scrolled through: longest frame`, longest, 100);
  assert.ok(reached && rows < 120, `${rows} rows drawn at once`);
}

test("10,000 executions", async (t) => {
  const arn = await machine(call, "many", { StartAt: "A", States: { A: { Type: "Succeed" } } });
  for (let i = 0; i < 10_000; i += 50) {
    await Promise.all(Array.from({ length: 50 }, (_, j) => call("StartExecution", { stateMachineArn: arn, name: `run-${i + j}` })));
  }
  const { page, at, first } = await timed(machinePath("many"), ".executions .row");
  told(t, "first paint", first, 1000);
  told(t, "10,000 executions listed", at, 1000);
  await page.getByText("10000", { exact: true }).waitFor();
  await smooth(t, "10,000 executions", page, ".executions .list");
  const from = Date.now();
  await page.getByLabel("name contains", { exact: true }).fill("run-9999");
  await page.getByText("1 of 10000").waitFor();
  told(t, "filtered", Date.now() - from, 300);
  await page.close();
});

test("an execution of 1,000 events", async (t) => {
  const arn = await finished(call, await mapped("thousand"), Array.from({ length: 249 }, (_, i) => i));
  const { page, at } = await timed(executionPath(arn), ".detail .payload");
  told(t, "1,000 events, a state chosen and its data shown", at, 500);
  const from = Date.now();
  await page.locator(".map").getByRole("button", { name: /^Each/ }).press("Enter");
  await page.locator(".detail h2", { hasText: "Each" }).waitFor();
  told(t, "another state chosen", Date.now() - from, 200);
  await page.close();
});

test("an execution of 25,000 events", async (t) => {
  const arn = await finished(call, await mapped("huge"), Array.from({ length: 6_240 }, (_, i) => i));
  const { page, at, first } = await timed(executionPath(arn), ".detail .payload");
  told(t, "first paint", first, 1000);
  told(t, "25,000 events, a state chosen and its data shown", at, 1000);
  await smooth(t, "the timeline of 6,241 stays", page, ".timeline");
  await page.getByRole("tab", { name: "Events" }).click();
  await page.getByRole("listbox", { name: "events" }).getByText("ExecutionStarted").waitFor();
  await smooth(t, "24,966 events", page, ".events .list");
  await page.getByRole("listbox", { name: "events" }).getByText("ExecutionSucceeded").waitFor();
  await page.close();
});

test("a machine of 500 states", async (t) => {
  const states = Object.fromEntries(Array.from({ length: 500 }, (_, i) => ["S" + i, i === 499 ? { Type: "Succeed" }
    : i % 7 === 3 ? { Type: "Choice", Choices: [{ Variable: "$.a", IsPresent: true, Next: "S" + Math.min(i + 5, 499) }, { Variable: "$.b", IsPresent: true, Next: "S" + Math.max(i - 3, 0) }], Default: "S" + (i + 1) }
    : { Type: "Pass", Next: "S" + (i + 1) }]));
  await machine(call, "wide", { StartAt: "S0", States: states });
  const { page, at } = await timed(machinePath("wide"), ".map .state:nth-of-type(400)");
  told(t, "500 states laid out and drawn", at, 1000);
  await page.close();
});

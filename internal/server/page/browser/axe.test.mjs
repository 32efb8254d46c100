// axe-core finds nothing to complain of, in light, in the dark and at phone width, and nothing there is wider than the phone.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { api, arnOf, axeSource, end, executionPath, finished, launch, machine, machinePath, serve, stride } from "./world.mjs";

let browser, base, call;
const executions = {};

before(async () => {
  base = await serve(["local", "--port", "0"]);
  call = api(base);
  stride(base, "deploy", "--yes");
  browser = await launch();
  const order = arnOf("stateMachine", "order-fulfilment");
  const input = (more) => ({ id: "o-1", customer: "Ada", email: "ada@example.com", card: "tok_visa", total: 100, items: [{ sku: "desk", quantity: 1 }], ...more });
  executions.failed = await finished(call, order, input({ items: [{ sku: "sold-out", quantity: 1 }] }));
  executions.succeeded = await finished(call, order, input());
  await call("StartExecution", { stateMachineArn: arnOf("stateMachine", "sensor-ingest"), input: "{}" });
  executions.waiting = (await call("StartExecution", { stateMachineArn: order, input: JSON.stringify(input({ total: 129_900 })) })).executionArn;
  const many = await machine(call, "many", {
    QueryLanguage: "JSONata", StartAt: "Set", States: {
      Set: { Type: "Pass", Assign: { who: "Ada" }, Output: { a: 1 }, Next: "Each" },
      Each: { Type: "Map", Items: "{% [1..30] %}", ItemProcessor: { StartAt: "One", States: { One: { Type: "Pass", End: true } } }, Next: "Call" },
      Call: { Type: "Task", Resource: "arn:aws:states:::lambda:invoke", Arguments: { FunctionName: "nobody" }, Retry: [{ ErrorEquals: ["States.ALL"], MaxAttempts: 1, IntervalSeconds: 1 }], End: true },
    },
  });
  executions.retried = await finished(call, many, {});
});
after(() => end(browser));

async function check(page, where) {
  await page.evaluate(axeSource);
  const { violations, passes } = await page.evaluate(() => axe.run(document, { resultTypes: ["violations"] }));
  assert.ok(passes.length > 5, "axe looked at something");
  const told = violations.map((v) => `${v.id}: ${v.help}\n` + v.nodes.slice(0, 4).map((n) => `    ${n.html.slice(0, 200)}\n      ${n.failureSummary?.replaceAll("\n", " ").slice(0, 300)}`).join("\n"));
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  if (wide > 0) told.push(`${wide} px wider than the window`);
  return told.map((line) => `${where}: ${line}`);
}

const sights = {
  "a machine": async (page) => {
    await page.goto(base + machinePath("order-fulfilment"));
    await page.getByRole("listbox", { name: "executions" }).getByRole("option").nth(2).waitFor();
  },
  "the form": async (page) => {
    await page.getByRole("button", { name: "Start…" }).click();
    await page.getByRole("button", { name: "add to items" }).click();
  },
  "JSON, refused": async (page) => {
    await page.getByRole("button", { name: "JSON" }).click();
    await page.getByLabel("Input (JSON)").fill("{");
    await page.getByRole("button", { name: "Start", exact: true }).click();
    await page.getByRole("alert").waitFor();
    // closed by the next sight's address
  },
  "an Express machine": async (page) => {
    await page.goto(base + machinePath("sensor-ingest"));
    await page.reload();
    await page.getByRole("listbox", { name: "executions" }).getByRole("option").first().waitFor();
  },
  "an Express execution": async (page) => {
    await page.getByRole("listbox", { name: "executions" }).getByRole("option").first().click();
    await page.locator(".detail h2").waitFor();
  },
  "a failed execution": async (page) => {
    await page.goto(base + executionPath(executions.failed));
    await page.getByText("workflows/fulfilment.go").first().waitFor();
  },
  "its differences": async (page) => {
    await page.getByText("Differences").click();
    await page.getByText("Definition of the state").click();
  },
  "a search": async (page) => {
    await page.getByLabel("find a state").fill("re");
    await page.getByText("found").first().waitFor();
  },
  "one that waits": async (page) => {
    await page.goto(base + executionPath(executions.waiting));
    await page.getByText("This task waits").waitFor();
  },
  "one that succeeded": async (page) => {
    await page.goto(base + executionPath(executions.succeeded));
    await page.locator(".pill", { hasText: "succeeded" }).first().waitFor();
  },
  "retries and variables": async (page) => {
    await page.goto(base + executionPath(executions.retried));
    await page.getByText("$who", { exact: true }).waitFor();
  },
  "events": async (page) => {
    await page.getByRole("tab", { name: "Events" }).click();
    await page.getByRole("listbox", { name: "events" }).getByText("ExecutionStarted").click();
    await page.locator(".event-detail pre").waitFor();
  },
  "input and output": async (page) => page.getByRole("tab", { name: "Input and output" }).click(),
  "run again": async (page) => {
    await page.getByRole("button", { name: /Run again from/ }).click();
    await page.getByLabel("Input of the state (JSON)").waitFor();
  },
};

for (const [look, context] of Object.entries({
  light: { colorScheme: "light", viewport: { width: 1280, height: 900 } },
  dark: { colorScheme: "dark", viewport: { width: 1280, height: 900 } },
  phone: { colorScheme: "light", viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true },
})) {
  test(`axe: ${look}`, async () => {
    const opened = await browser.newContext({ reducedMotion: "reduce", ...context });
    const page = await opened.newPage();
    const found = [];
    for (const [sight, go] of Object.entries(sights)) {
      await go(page);
      found.push(...await check(page, sight));
    }
    await opened.close();
    assert.equal(found.join("\n"), "");
  });
}

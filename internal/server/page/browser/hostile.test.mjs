// Names and payloads are hostile: none of them executes, becomes markup, turns the text around it, or makes the page slow.

import assert from "node:assert/strict";
import { createServer } from "node:http";
import { after, before, test } from "node:test";
import { account, api, end, executionPath, finished, launch, machine, machinePath, region, serve } from "./world.mjs";

const script = `<script>hit=1</script><img src=x onerror=hit=1><svg onload=hit=1>"'>{{hit=1}}\${hit=1}javascript:hit=1`;
const controls = "\u0000\u0007\u001b[31m\u202e\u2066\u200f\u061c\ufeff\u2028";
const bad = script + controls;
const long = (n) => ("<b>" + "\u202ex".repeat(10) + "</b>").repeat(Math.ceil(n / 27)).slice(0, n);
const shown = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/;

let browser, base, call, fake, remote;

before(async () => {
  base = await serve(["local", "--port", "0"]);
  call = api(base);
  browser = await launch();
  fake = await pretend();
  remote = await serve(["ui", "--port", "0", "--write"], { AWS_ENDPOINT_URL: `http://127.0.0.1:${fake.address().port}` });
});
after(async () => {
  await end(browser);
  fake?.close();
});

// Visit opens a page on which any script of a payload, any element that it makes and any request that it sends is seen.
async function visit(t, at, path) {
  const opened = await browser.newContext({ viewport: { width: 1280, height: 900 } });
  const page = await opened.newPage();
  const wrong = [];
  page.on("dialog", (d) => { wrong.push("dialog " + d.message()); d.dismiss(); });
  page.on("pageerror", (e) => wrong.push(e.message));
  page.on("console", (m) => m.type() === "error" && !/status of 4\d\d/.test(m.text()) && wrong.push(m.text()));
  page.on("request", (r) => r.url().startsWith(new URL(at).origin) || wrong.push("request to " + r.url()));
  t.after(async () => {
    await opened.close();
    assert.deepEqual(wrong, []);
  });
  await page.goto(at);
  await page.goto(new URL(at).origin + path);
  return page;
}

// Harmless looks at everything that the page holds now.
async function harmless(page, where) {
  const found = await page.evaluate(() => ({
    hit: typeof hit, made: [...document.querySelectorAll("main script, nav script, img, iframe, object, embed, b, [onload], [onerror]")].map((n) => n.outerHTML.slice(0, 100)),
    links: [...document.querySelectorAll("a")].map((a) => a.getAttribute("href")).filter((href) => !href.startsWith("#/")),
    text: document.body.textContent + [...document.querySelectorAll("*")].flatMap((n) => [...n.attributes].map((a) => a.value)).join("\n"),
  }));
  assert.equal(found.hit, "undefined", where);
  assert.deepEqual([found.made, found.links], [[], []], where);
  const at = found.text.search(shown);
  assert.equal(at < 0 ? "" : JSON.stringify(found.text.slice(at - 40, at + 20)), "", where + ": a character that turns or hides text");
}

test("payloads of a real execution", async (t) => {
  const states = (n) => (bad.slice(0, 60) + n).replaceAll("\u0000", "");
  const arn = await machine(call, "hostile", {
    Comment: bad, QueryLanguage: "JSONata", StartAt: states(1), States: {
      [states(1)]: { Type: "Pass", Comment: bad, Assign: { v: "{% $states.input %}" }, Output: { [bad]: "{% $states.input %}" }, Next: states(2) },
      [states(2)]: { Type: "Choice", Choices: [{ Comment: bad, Condition: "{% true %}", Next: states(3) }], Default: states(3) },
      [states(3)]: { Type: "Fail", Error: script, Cause: bad + long(20_000) },
    },
  });
  const input = { [bad]: bad, big: long(100_000), list: [bad] };
  const page = await visit(t, base, executionPath(await finished(call, arn, input)));
  await page.locator(".execution .pill", { hasText: "failed" }).first().waitFor();
  await page.locator(".detail .payload").first().waitFor();
  await harmless(page, "the failure");
  await page.locator(".map").getByRole("button").first().press("Enter");
  await page.getByText("Differences").click();
  await page.locator(".differences li").first().waitFor();
  await page.locator(".variable summary").click();
  await page.getByText("Definition of the state").click();
  await harmless(page, "a state");
  for (const tab of ["Events", "Input and output", "Definition"]) {
    await page.getByRole("tab", { name: tab }).click();
    if (tab === "Events") {
      await page.getByRole("listbox", { name: "events" }).getByText("ExecutionStarted").click();
      await page.locator(".event-detail pre").waitFor();
    }
    await harmless(page, tab);
  }
  await page.getByRole("button", { name: "Run again from here…" }).click();
  const edited = JSON.parse(await page.getByLabel("Input of the state (JSON)").inputValue());
  assert.deepEqual(edited, input, "what is edited is what was there");
  await harmless(page, "run again");
  await page.getByRole("button", { name: "Run", exact: true }).click();
  await page.getByRole("alert").or(page.getByRole("link", { name: "hostile-rerun" })).first().waitFor();
  await page.goto(base + machinePath("hostile"));
  await page.getByRole("listbox", { name: "executions" }).getByRole("option").first().waitFor();
  await page.getByLabel("find a state").fill(script.slice(0, 20));
  await page.getByText("3 found").waitFor();
  await harmless(page, "the map");
});

test("values of 256 KB", async (t) => {
  const arn = await machine(call, "heavy", { StartAt: "A", States: { A: { Type: "Pass", Next: "B" }, B: { Type: "Pass", End: true } } });
  for (const [name, input] of Object.entries({ text: long(80_000), deep: JSON.parse("[".repeat(900) + "]".repeat(900)), wide: Object.fromEntries(Array.from({ length: 12_000 }, (_, i) => ["key" + i, i])), words: "x".repeat(262_000) })) {
    const page = await visit(t, base, executionPath(await finished(call, arn, input)));
    await page.locator(".detail .payload").nth(1).waitFor();
    await page.getByText("Differences").click();
    await page.getByText("no difference").waitFor();
    await page.getByRole("tab", { name: "Input and output" }).click();
    await harmless(page, name);
    const answer = await page.evaluate(() => new Promise((done) => { const from = performance.now(); requestAnimationFrame(() => requestAnimationFrame(() => done(performance.now() - from))); }));
    t.diagnostic(`${name}: the next two frames after ${Math.round(answer)} ms`);
  }
});

// Pretend is a Step Functions whose every name is hostile, also those that AWS would refuse.
async function pretend() {
  const arn = (kind, rest) => `arn:aws:states:${region}:${account}:${kind}:${rest}`;
  const m = arn("stateMachine", bad);
  const e = arn("execution", bad + ":" + bad);
  const definition = JSON.stringify({ StartAt: bad, States: { [bad]: { Type: "Task", Resource: bad, Next: "constructor" }, constructor: { Type: "Pass", Next: "__proto__" }, ["__proto__"]: { Type: "Succeed" } } });
  const text = JSON.stringify({ [bad]: bad, ["__proto__"]: bad });
  const details = { truncated: false };
  const answers = {
    ListStateMachines: { stateMachines: [{ stateMachineArn: m, name: bad, type: "STANDARD", creationDate: 1 }] },
    ListStateMachineAliases: { stateMachineAliases: [{ stateMachineAliasArn: m + ":" + bad, creationDate: 1 }] },
    DescribeStateMachine: { stateMachineArn: m, name: bad, type: "STANDARD", definition, roleArn: bad, creationDate: 1, status: "ACTIVE" },
    DescribeStateMachineForExecution: { stateMachineArn: m, name: bad, definition, roleArn: bad, updateDate: 1 },
    ListExecutions: { executions: [{ executionArn: e, stateMachineArn: m, name: bad, status: "FAILED", startDate: 1, stopDate: 2 }] },
    DescribeExecution: { executionArn: e, stateMachineArn: m, name: bad, status: "FAILED", startDate: 1, stopDate: 2, input: text, error: bad, cause: bad + long(5000), redriveStatus: "REDRIVABLE" },
    GetExecutionHistory: { events: [
      { id: 1, previousEventId: 0, timestamp: 1, type: "ExecutionStarted", executionStartedEventDetails: { input: text, inputDetails: details, roleArn: bad } },
      { id: 2, previousEventId: 1, timestamp: 1, type: "TaskStateEntered", stateEnteredEventDetails: { name: bad, input: text, inputDetails: details } },
      { id: 3, previousEventId: 2, timestamp: 1, type: "TaskScheduled", taskScheduledEventDetails: { resourceType: bad, resource: bad, region: bad, parameters: text } },
      { id: 4, previousEventId: 3, timestamp: 2, type: "TaskFailed", taskFailedEventDetails: { resourceType: bad, resource: bad, error: bad, cause: bad } },
      { id: 5, previousEventId: 4, timestamp: 2, type: "ExecutionFailed", executionFailedEventDetails: { error: bad, cause: bad } },
    ] },
  };
  const server = createServer((request, response) => {
    const operation = request.headers["x-amz-target"]?.split(".")[1];
    if (!operation) {
      response.setHeader("Content-Type", "text/xml");
      return response.end(`<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult><Arn>arn:aws:iam::${account}:root</Arn><UserId>u</UserId><Account>${account}</Account></GetCallerIdentityResult></GetCallerIdentityResponse>`);
    }
    response.setHeader("Content-Type", "application/x-amz-json-1.0");
    response.statusCode = answers[operation] ? 200 : 400;
    response.end(JSON.stringify(answers[operation] ?? { __type: "ValidationException", message: bad }));
  });
  await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
  return server;
}

test("a Step Functions that lies", async (t) => {
  const page = await visit(t, remote, "/");
  await page.getByRole("heading", { level: 1 }).waitFor();
  await page.getByRole("listbox", { name: "executions" }).getByRole("option").first().waitFor();
  await harmless(page, "a machine");
  await page.getByRole("listbox", { name: "executions" }).getByRole("option").first().click();
  await page.locator(".execution .pill", { hasText: "failed" }).first().waitFor();
  await page.locator(".detail .payload").first().waitFor();
  await harmless(page, "an execution");
  await page.getByRole("button", { name: "Redrive" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Redrive" }).click();
  await page.getByRole("alert").waitFor();
  await harmless(page, "a refusal");
  await page.getByRole("button", { name: "Close" }).click();
  for (const tab of ["Events", "Definition", "Input and output"]) {
    await page.getByRole("tab", { name: tab }).click();
    await harmless(page, tab);
  }
  for (const name of ["constructor", "__proto__"]) {
    await page.locator(".map").getByRole("button", { name: new RegExp("^" + name) }).press("Enter");
    await page.getByText("Definition of the state").click();
    await harmless(page, name);
  }
});

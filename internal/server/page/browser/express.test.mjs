// Express executions in the page: listed from the log of their machine, and told as Standard ones are.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { account, api, arnOf, end, launch, logs, machinePath, region, serve, stride, visit as visitIn } from "./world.mjs";

const group = "/aws/vendedlogs/states/mine";
const ingest = arnOf("stateMachine", "sensor-ingest");
const batch = (device, value) => JSON.stringify({ device, kind: "temperature", readings: [{ at: 1, value: 20 }, { at: 2, value }] });
const script = `<script>hit=1</script><img src=x onerror=hit=1>"'>{{hit=1}}`;
const bad = script + "\u0007\u001b[31m\u202e\u2066\u200f\u2028";
let browser, base, remote, call;

// Express makes an Express machine that logs at a level.
const express = async (name, level, states, includeExecutionData = true) => (await call("CreateStateMachine", {
  name, type: "EXPRESS", roleArn: `arn:aws:iam::${account}:role/r`, definition: JSON.stringify({ StartAt: Object.keys(states)[0], States: states }),
  loggingConfiguration: { level, includeExecutionData, destinations: level === "OFF" ? [] : [{ cloudWatchLogsLogGroup: { logGroupArn: `arn:aws:logs:${region}:${account}:log-group:${group}:*` } }] },
})).stateMachineArn;

const visit = (t, path, options) => visitIn(browser, base, t, path, options);

const row = (page, name) => page.getByRole("listbox", { name: "executions" }).getByRole("option").getByText(name, { exact: true });
const status = (page, word) => page.locator(".execution .head .pill", { hasText: word }).waitFor();

before(async () => {
  base = await serve(["local", "--port", "0"]);
  call = api(base);
  await logs(base)("CreateLogGroup", { logGroupName: group });
  stride(base, "deploy", "--yes");
  remote = await serve(["ui", "--port", "0"], { AWS_ENDPOINT_URL: base });
  browser = await launch();
});
after(() => end(browser));

test("the sample's executions come as they end, and are told", async (t) => {
  const page = await visit(t, machinePath("sensor-ingest"));
  await page.getByText("no older ones").waitFor();
  await call("StartExecution", { stateMachineArn: ingest, name: "hot", input: batch("sensor-1", 999) });
  await row(page, "hot").waitFor();
  await call("StartExecution", { stateMachineArn: ingest, name: "broken", input: "{}" });
  await row(page, "broken").waitFor();
  await page.getByLabel("status", { exact: true }).selectOption("FAILED");
  await row(page, "hot").waitFor({ state: "detached" });
  await row(page, "broken").waitFor();
  await page.getByLabel("status", { exact: true }).selectOption("");
  await row(page, "hot").click();
  await status(page, "succeeded");
  await page.locator(".map .state.SUCCEEDED", { hasText: "Raise" }).waitFor();
  await page.locator(".map .way.taken").first().waitFor({ state: "attached" });
  await page.locator(".map").getByRole("button", { name: /^Summarise,/ }).press("Enter");
  await page.locator(".detail").getByText("workflows/sensors.go:").waitFor();
  await page.locator(".detail").getByText('"limit"').first().waitFor();
  await page.getByRole("listbox", { name: "timeline" }).getByText("Raise").waitFor();
  await page.getByRole("tab", { name: "Events" }).click();
  await page.getByRole("listbox", { name: "events" }).press("End");
  await page.getByRole("listbox", { name: "events" }).getByText("ExecutionSucceeded").click();
  await page.locator(".event-detail").getByText("executionSucceededEventDetails").waitFor();
  await page.getByRole("tab", { name: "Input and output" }).click();
  await page.locator(".whole").getByText('"alarm"').waitFor();
  for (const missing of ["Stop…", "Redrive", /Run again/]) assert.equal(await page.getByRole("button", { name: missing }).count(), 0);
  await page.reload();
  await status(page, "succeeded");
});

test("what is started leads to what it did", async (t) => {
  const page = await visit(t, machinePath("sensor-ingest"));
  await page.getByRole("button", { name: "Start…" }).click();
  await page.getByRole("button", { name: "JSON" }).click();
  await page.getByLabel("Input (JSON)").fill(batch("sensor-2", 20));
  await page.getByRole("button", { name: "Start", exact: true }).click();
  await page.getByRole("link", { name: "What it did" }).click();
  await page.locator(".map .state.SUCCEEDED", { hasText: "Lookup" }).waitFor();
});

test("one that runs is seen, and followed to its end", async (t) => {
  const arn = await express("slow", "ALL", { Sit: { Type: "Wait", Seconds: 4, Next: "Rise" }, Rise: { Type: "Pass", End: true } });
  const page = await visit(t, machinePath("slow"));
  await call("StartExecution", { stateMachineArn: arn, name: "sits", input: "{}" });
  await page.getByRole("option", { name: /running sits/ }).click();
  await status(page, "running");
  await page.locator(".map .state.RUNNING", { hasText: "Sit" }).waitFor();
  await status(page, "succeeded");
  await page.locator(".map .state.SUCCEEDED", { hasText: "Rise" }).waitFor();
});

test("a machine that logs little or nothing says so", async (t) => {
  const fail = { Bad: { Type: "Fail", Error: "E", Cause: "because" } };
  await express("silent", "OFF", fail);
  let page = await visit(t, machinePath("silent"));
  await page.getByText("Step Functions keeps no record of Express executions, and this machine logs nothing: set logging level ALL").waitFor();
  assert.equal(await page.getByRole("listbox", { name: "executions" }).count(), 0);
  await call("StartExecution", { stateMachineArn: await express("errors", "ERROR", fail), name: "one", input: "{}" });
  page = await visit(t, machinePath("errors"));
  await page.getByText("this machine logs at level ERROR: only what failed is here").waitFor();
  await row(page, "one").click();
  await status(page, "failed");
  await call("StartExecution", { stateMachineArn: await express("bare", "ALL", fail, false), name: "two", input: '{"secret":1}' });
  page = await visit(t, machinePath("bare"));
  await page.getByText("includeExecutionData is off").waitFor();
  await row(page, "two").click();
  await page.locator(".detail h2", { hasText: "Bad" }).waitFor();
  assert.equal(await page.getByText("secret").count(), 0);
});

test("older ones are asked for, in parts", async (t) => {
  const arn = await express("busy", "ALL", { A: { Type: "Pass", End: true } });
  const put = logs(base);
  await put("CreateLogStream", { logGroupName: group, logStreamName: "busy" });
  const now = Date.now();
  const line = (name, at, id, type) => ({ timestamp: at, message: JSON.stringify({ id: String(id), type, details: {}, previous_event_id: "0", event_timestamp: String(at), execution_arn: `${arn.replace(":stateMachine:", ":express:")}:${name}:x`, redrive_count: "0" }) });
  const events = Array.from({ length: 700 }, (_, i) => [line("e" + i, now - i * 100, 1, "ExecutionStarted"), line("e" + i, now - i * 100 + 1, 2, "ExecutionSucceeded")]).flat();
  await put("PutLogEvents", { logGroupName: group, logStreamName: "busy", logEvents: events.sort((a, b) => a.timestamp - b.timestamp) });
  const page = await visit(t, machinePath("busy"));
  await page.getByText("all since").waitFor();
  const count = async () => Number((await page.locator(".executions .bar [role=status]").first().textContent()));
  const first = await count();
  assert.ok(first >= 200 && first < 700, `${first} at first`);
  await page.getByRole("button", { name: "Older" }).click();
  await page.getByText("no older ones").waitFor();
  assert.equal(await count(), 700);
});

test("any environment", async (t) => {
  const page = await visit(t, machinePath("sensor-ingest"), { at: remote });
  await row(page, "hot").click();
  await status(page, "succeeded");
  await page.locator(".map .state.SUCCEEDED", { hasText: "Raise" }).waitFor();
});

test("names and payloads are text", async (t) => {
  const named = script.slice(0, 60);
  const arn = await express("hostile", "ALL", { [named]: { Type: "Pass", Next: "F" }, F: { Type: "Fail", Error: script, Cause: bad } });
  await call("StartExecution", { stateMachineArn: arn, name: "h", input: JSON.stringify({ [bad]: bad, long: "<b>x</b>".repeat(20_000) }) });
  const put = logs(base);
  await put("CreateLogStream", { logGroupName: group, logStreamName: "forged" });
  const at = Date.now();
  const forged = { id: "1", type: "ExecutionStarted", details: { input: bad, roleArn: bad }, previous_event_id: "0", event_timestamp: String(at), execution_arn: arn.replace(":stateMachine:", ":express:") + ":" + bad.replaceAll(":", "") + ":" + bad, redrive_count: "0" };
  await put("PutLogEvents", { logGroupName: group, logStreamName: "forged", logEvents: [{ timestamp: at, message: JSON.stringify(forged) }, { timestamp: at, message: bad }] });
  const harmless = async (page, where) => {
    const found = await page.evaluate(() => ({ hit: typeof hit, made: document.querySelectorAll("main script, img, b, [onerror]").length, text: document.body.textContent }));
    assert.deepEqual([found.hit, found.made], ["undefined", 0], where);
    assert.doesNotMatch(found.text, /[\u0007\u001b\u202e\u2066\u200f\u2028]/, where);
  };
  const page = await visit(t, machinePath("hostile"));
  await row(page, "h").waitFor();
  const strange = page.getByRole("option", { name: /<script>/ });
  await strange.waitFor();
  await harmless(page, "the list");
  await strange.click();
  await status(page, "running");
  await harmless(page, "a forged name");
  await page.goBack();
  await row(page, "h").click();
  await status(page, "failed");
  await page.locator(".detail .payload").first().waitFor();
  for (const tab of ["Events", "Input and output", "Definition"]) {
    await page.getByRole("tab", { name: tab }).click();
    await harmless(page, tab);
  }
});

// What needs no browser: durations, differences, values that fit a schema.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";

// Load is a module of the page. Those that it imports make elements, which nothing here asks for.
const load = (name) => import("data:text/javascript," + encodeURIComponent(
  readFileSync(path.resolve(import.meta.dirname, "../static", name), "utf8").replace(/^import .*$/gm, "")));

test("durations", async () => {
  const { duration } = await load("dom.js");
  const cases = { 5: "5 ms", 1000: "1.00 s", 9996: "10.0 s", 59951: "1 min 0 s", 3599499: "59 min 59 s", 3599500: "1 h 0 min", 86369999: "23 h 59 min", 86399999: "1 d 0 h", 90000000: "1 d 1 h" };
  for (const [ms, want] of Object.entries(cases)) assert.equal(duration(Number(ms)), want);
});

test("differences", async () => {
  const { compare } = await load("diff.js");
  const told = (a, b) => compare(a, b).map((d) => `${d.path}: ${JSON.stringify(d.before)} ${JSON.stringify(d.after)}`);
  assert.deepEqual(told({ a: 1, b: [1, { c: 2 }], d: null, e: 5 }, { a: 1, b: [1, { c: 3 }, 4], d: {}, "f g": 0 }),
    ["$.b[1].c: 2 3", "$.b[2]: undefined 4", "$.d: null {}", "$.e: 5 undefined", '$["f g"]: undefined 0']);
  assert.deepEqual(told([1], { 0: 1 }), ['$: [1] {"0":1}']);
  assert.deepEqual(told({ __proto__: null, constructor: 1 }, {}), ["$.constructor: 1 undefined"]);
  assert.equal(compare(Array(1000).fill(1), Array(1000).fill(2)).length, 200);
});

test("a value that fits a schema", async () => {
  const { sample } = await load("form.js");
  const tree = { type: "object", properties: { name: { type: "string" }, n: { type: "integer" }, skip: { type: "boolean" }, list: { type: "array", items: {}, minItems: 2 } }, required: ["name", "n", "list"] };
  assert.deepEqual(sample(tree), { name: "", n: 0, list: [null, null] });
  assert.equal(sample({}), null);
});

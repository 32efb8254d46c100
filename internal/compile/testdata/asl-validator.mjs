// Validates every compiled machine, and the experts' by hand, with npm asl-validator: node asl-validator.mjs FOLDER, which holds node_modules.
import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const validate = createRequire(join(process.argv[2], "package.json"))("asl-validator");

// What asl-validator 4.0.0 refuses although Output, and each value inside of Output, Assign and Arguments, may be any JSON value
// (states-language.net, "JSONata"). A machine that it refuses is
// validated again with these values replaced, so that they hide nothing else.
const differences = [
  { reason: "an empty string is a value", is: (name, v) => v === "", instead: () => "-" },
  { reason: "an Output may be a plain string", is: (name, v) => name === "Output" && typeof v === "string" && !v.startsWith("{%"), instead: (v) => ({ v }) },
  { reason: "an Output may be an array", is: (name, v) => name === "Output" && Array.isArray(v), instead: (v) => ({ v }) },
  { reason: "an array may hold arrays", is: (name, v) => name === "" && Array.isArray(v), instead: (v) => ({ v }) },
];

// replaced is v without the differences, whose reasons it adds to found.
function replaced(name, v, found) {
  for (const d of differences) {
    if (d.is(name, v)) {
      found.add(d.reason);
      v = d.instead(v);
    }
  }
  if (Array.isArray(v)) return v.map((e) => replaced("", e, found));
  if (v === null || typeof v !== "object") return v;
  return Object.fromEntries(Object.entries(v).map(([k, e]) => [k, replaced(k, e, found)]));
}

function complain(file, text) {
  console.error(`${file}: ${text}`);
  process.exitCode = 1;
}

const seen = {};
function judge(file) {
  const text = readFileSync(join(here, file), "utf8");
  const found = new Set();
  if (validate(JSON.parse(text)).isValid) return;
  const rest = validate(replaced("", JSON.parse(text), found));
  if (!rest.isValid) complain(file, rest.errorsText("; "));
  for (const reason of found) seen[reason] = (seen[reason] ?? 0) + 1;
}

const folders = ["golden", "golden/experts", "experts"];
const files = folders.flatMap((f) => readdirSync(join(here, f)).filter((n) => n.endsWith(".asl.json")).map((n) => `${f}/${n}`));
files.forEach(judge);
if (files.length < 100) complain("testdata", `only ${files.length} machines`);
for (const { reason } of differences) if (!seen[reason]) complain(reason, "explains no machine any more");
console.log(`asl-validator: ${files.length} machines; known differences:`, seen);

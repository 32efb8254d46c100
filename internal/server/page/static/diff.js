// What differs between two JSON texts, place by place.

import { el } from "./dom.js";

const mostRows = 200;
const longestValue = 300;

const isObject = (v) => v !== null && typeof v === "object" && !Array.isArray(v);
const simpleName = /^[A-Za-z_]\w*$/;
const member = (path, name) => path + (simpleName.test(name) ? "." + name : `[${JSON.stringify(name)}]`);

// Compare lists the places where two values differ, as {path, before, after}; what is missing on one side is undefined.
export function compare(before, after, path = "$", found = []) {
  if (found.length >= mostRows || before === after) return found;
  if (isObject(before) && isObject(after)) {
    for (const name of new Set([...Object.keys(before), ...Object.keys(after)])) {
      const own = (v) => (Object.hasOwn(v, name) ? v[name] : undefined);
      compare(own(before), own(after), member(path, name), found);
    }
  } else if (Array.isArray(before) && Array.isArray(after)) {
    for (let i = 0; i < Math.max(before.length, after.length); i++) compare(before[i], after[i], `${path}[${i}]`, found);
  } else {
    found.push({ path, before, after });
  }
  return found;
}

// Parsed is JSON text as a value, or the text itself. Numbers of many digits stay text, so that two of them never look the same.
function parsed(text) {
  try {
    return JSON.parse(text.replace(/"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]{15,}/g, (s) => (s.startsWith('"') ? s : JSON.stringify(s))));
  } catch {
    return text;
  }
}

function shown(v) {
  const text = JSON.stringify(v);
  return text.length > longestValue ? text.slice(0, longestValue) + "…" : text;
}

// Differences shows what changed from one JSON text to another.
export function differences(before, after) {
  if (before === null || after === null || before === undefined || after === undefined) return el("p", { class: "soft" }, "nothing to compare yet");
  const found = compare(parsed(before), parsed(after));
  if (!found.length) return el("p", { class: "soft" }, "no difference");
  const rows = found.map((d) => el("li", { class: d.before === undefined ? "added" : d.after === undefined ? "removed" : "changed" },
    el("bdi", { class: "code path" }, (d.before === undefined ? "+ " : d.after === undefined ? "− " : "± ") + d.path),
    d.before === undefined ? null : el("del", { class: "code" }, shown(d.before)), d.after === undefined ? null : el("ins", { class: "code" }, shown(d.after))));
  return el("ul", { class: "differences" }, rows, found.length >= mostRows ? el("li", { class: "soft" }, "… and more") : null);
}

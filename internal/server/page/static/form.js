// A form for JSON, made from the JSON Schema of a workflow's input.

import { button, el } from "./dom.js";

const deepest = 6; // levels of a form before JSON text takes over

// Sample is a value that fits a schema: what is required, with empty values.
export function sample(schema, depth = 0) {
  if (!schema || depth > deepest) return null;
  switch (schema.type) {
    case "string": return schema.format === "date-time" ? new Date().toISOString().slice(0, 19) + "Z" : "";
    case "integer": case "number": return 0;
    case "boolean": return false;
    case "array": return Array.from({ length: schema.minItems ?? 0 }, () => sample(schema.items, depth + 1));
    case "object": return Object.fromEntries(Object.entries(schema.properties ?? {})
      .filter(([name]) => schema.required?.includes(name)).map(([name, s]) => [name, sample(s, depth + 1)]));
  }
  return null;
}

// Each field is {node, value()}. Value throws an Error that says what is wrong where.
export function field(schema, value, label, depth = 0) {
  if (depth > deepest) return json(schema, value, label);
  if (schema?.type === "object" && schema.properties) return object(schema, value, label, depth);
  if (schema?.type === "array" && schema.items) return array(schema, value, label, depth);
  if (schema?.type === "boolean") return boolean(value, label);
  if (schema?.type === "integer" || schema?.type === "number") return number(schema, value, label);
  if (schema?.type === "string") return string(schema, value, label);
  return json(schema, value, label);
}

const labelled = (label, input, note) => el("label", {}, el("span", {}, label, note ? el("span", { class: "kind" }, " " + note) : null), input);

function boolean(value, label) {
  const input = el("input", { type: "checkbox", checked: value === true });
  return { node: el("label", { class: "check" }, input, el("span", {}, label)), value: () => input.checked };
}

function number(schema, value, label) {
  const input = el("input", { type: "text", inputmode: "decimal", autocomplete: "off", value: value ?? 0 });
  return {
    node: labelled(label, input, schema.type), value: () => {
      const n = Number(input.value);
      if (input.value.trim() === "" || !Number.isFinite(n) || (schema.type === "integer" && !Number.isInteger(n))) {
        throw new Error(`${label}: ${JSON.stringify(input.value)} is no ${schema.type}`);
      }
      return n;
    },
  };
}

// String keeps text as it is: what the page would show by its number is edited as the character itself.
function string(schema, value, label) {
  const text = value ?? "";
  const input = /[\n\r]/.test(text) ? el("textarea", { rows: 3 }) : el("input", { type: "text", autocomplete: "off" });
  input.value = text;
  return { node: labelled(label, input, schema.format ?? (schema.contentEncoding ? schema.contentEncoding : "")), value: () => input.value };
}

function json(_, value, label) {
  const input = el("textarea", { rows: 3, spellcheck: "false", class: "code" });
  input.value = JSON.stringify(value ?? null, null, 2);
  return {
    node: labelled(label, input, "JSON"), value: () => {
      try {
        return JSON.parse(input.value);
      } catch (e) {
        throw new Error(`${label}: ${e.message}`);
      }
    },
  };
}

// Object has a field for each property; one that is not required can be left out. Members that the schema does not know stay.
function object(schema, value, label, depth) {
  const given = value !== null && typeof value === "object" && !Array.isArray(value) ? value : {};
  const rest = Object.entries(given).filter(([name]) => !Object.hasOwn(schema.properties, name));
  const order = (name) => (schema.required?.indexOf(name) ?? -1) >>> 0; // that of the Go type, what can be left out at the end
  const parts = Object.entries(schema.properties).sort(([a], [b]) => order(a) - order(b))
    .map(([name, s]) => optional(name, s, given, !schema.required?.includes(name), depth));
  return {
    node: el("fieldset", {}, el("legend", {}, label), parts.map((p) => p.node)),
    value: () => Object.fromEntries([...parts.flatMap((p) => p.entry()), ...rest]),
  };
}

function optional(name, schema, given, isOptional, depth) {
  const has = Object.hasOwn(given, name);
  const inner = field(schema, has ? given[name] : sample(schema, depth), name, depth + 1);
  if (!isOptional) return { node: inner.node, entry: () => [[name, inner.value()]] };
  const use = el("input", { type: "checkbox", checked: has, "aria-label": "give " + name, onchange: () => { inner.node.hidden = !use.checked; } });
  inner.node.hidden = !has;
  const node = el("div", { class: "optional" }, el("label", { class: "check" }, use, el("span", { class: "soft" }, name + " (optional)")), inner.node);
  return { node, entry: () => (use.checked ? [[name, inner.value()]] : []) };
}

function array(schema, value, label, depth) {
  const rows = new Map(); // node -> field
  const list = el("div", { class: "items" });
  const add = (v) => {
    const inner = field(schema.items, v, `${label} ${rows.size + 1}`, depth + 1);
    const row = el("div", { class: "item" }, inner.node, button("Remove", () => {
      rows.delete(row);
      row.remove();
    }, { class: "small", "aria-label": `remove ${label} ${rows.size + 1}` }));
    rows.set(row, inner);
    list.append(row);
  };
  for (const v of Array.isArray(value) ? value : []) add(v);
  return {
    node: el("fieldset", {}, el("legend", {}, label), list, button("Add", () => add(sample(schema.items, depth + 1)), { class: "small", "aria-label": "add to " + label })),
    value: () => [...rows.values()].map((f) => f.value()),
  };
}

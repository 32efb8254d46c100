// Answers requests, one a line, with npm jsonata: {"e":expression,"i":input,"b":bindings} gives {"r":result}, {"u":1} for
// undefined, {"c":code,"m":message} for an error. {"bench":n,"e":…,"i":…} evaluates n times and gives {"ns":nanoseconds}.
'use strict';
const jsonata = require(process.argv[2]);
const now = Number(process.argv[3]);
const RealDate = Date;
global.Date = class extends RealDate {
  constructor(...args) { if (args.length === 0) super(now); else super(...args); }
};

function encode(v) {
  if (v === undefined || v === null) return null;
  if (typeof v === 'function' || v._jsonata_lambda === true || v._jsonata_function === true) return '<function>';
  if (Array.isArray(v)) return Array.from(v, encode);
  if (typeof v === 'object') {
    const out = Object.create(null);
    for (const key of Object.keys(v)) out[key] = encode(v[key]);
    return out;
  }
  return v;
}

async function bench(request) {
  const expr = jsonata(request.e);
  for (let i = 0; i < Math.min(request.bench, 2000); i++) await expr.evaluate(request.i);
  const start = process.hrtime.bigint();
  for (let i = 0; i < request.bench; i++) await expr.evaluate(request.i);
  return { ns: Number(process.hrtime.bigint() - start) };
}

async function answer(line) {
  const request = JSON.parse(line);
  try {
    if (request.bench) return await bench(request);
    const result = await jsonata(request.e).evaluate(request.i, request.b);
    return result === undefined ? { u: 1 } : { r: encode(result) };
  } catch (e) {
    return { c: e.code === undefined ? '' : String(e.code), m: String(e.message).slice(0, 200) };
  }
}

(async () => {
  const lines = require('readline').createInterface({ input: process.stdin });
  for await (const line of lines) {
    let text;
    try { text = JSON.stringify(await answer(line)); } catch (e) { text = JSON.stringify({ c: '', m: String(e) }); }
    process.stdout.write(text + '\n');
  }
})();

// Elements, and lists that draw only what is on the screen. All text becomes text nodes: nothing that an execution says is markup.

// Characters that draw nothing or turn the text around them are shown by their number.
const invisible = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/g;

export const visible = (text) =>
  String(text).replace(invisible, (c) => "\\u" + c.charCodeAt(0).toString(16).padStart(4, "0"));

function fill(node, props, children) {
  for (const [name, value] of Object.entries(props ?? {})) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else node.setAttribute(name, value === true ? "" : visible(value));
  }
  for (const child of children.flat()) {
    if (child === undefined || child === null || child === false) continue;
    node.append(child instanceof Node ? child : document.createTextNode(visible(child)));
  }
  return node;
}

export const el = (tag, props, ...children) => fill(document.createElement(tag), props, children);

export const svg = (tag, props, ...children) =>
  fill(document.createElementNS("http://www.w3.org/2000/svg", tag), props, children);

export const button = (label, onclick, props) => el("button", { type: "button", onclick, ...props }, label);

const signs = { SUCCEEDED: "✓", RUNNING: "…", FAILED: "✗", TIMED_OUT: "✗", ABORTED: "✗", CAUGHT: "✗" };
export const sign = (status) => signs[status] ?? "";

// Status says its word and its sign: colour is never alone.
export const pill = (status) => el("span", { class: "pill " + status }, sign(status) + " " + status.replace("_", " ").toLowerCase());

export function duration(ms) {
  if (ms < 1000) return ms + " ms";
  const s = ms / 1000;
  const parts = (n, of, big, small) => `${Math.floor(n / of)} ${big} ${n % of} ${small}`;
  if (s < 59.95) return s.toFixed(s < 9.995 ? 2 : 1) + " s";
  if (s < 3599.5) return parts(Math.round(s), 60, "min", "s");
  if (s < 86370) return parts(Math.round(s / 60), 60, "h", "min");
  return parts(Math.round(s / 3600), 24, "d", "h");
}

const two = (n) => String(n).padStart(2, "0");
export function clock(ms) {
  const t = new Date(ms);
  return `${two(t.getHours())}:${two(t.getMinutes())}:${two(t.getSeconds())}.${String(t.getMilliseconds()).padStart(3, "0")}`;
}
export function day(ms) {
  const t = new Date(ms);
  return `${t.getFullYear()}-${two(t.getMonth() + 1)}-${two(t.getDate())} ${clock(ms).slice(0, 8)}`;
}

// Payloads longer than this are cut on the screen; Copy takes them whole.
const longestShown = 100_000;

// Payload shows JSON text indented, or whatever else it is.
export function payload(title, text) {
  if (text === null || text === undefined) return null;
  const whole = pretty(text);
  const shown = whole.length > longestShown ? whole.slice(0, longestShown) + "\n… " + whole.length + " characters" : whole;
  const copy = button("Copy", async () => {
    await navigator.clipboard.writeText(text);
    copy.textContent = "Copied";
  }, { class: "small", "aria-label": "Copy " + title });
  return el("section", { class: "payload" }, el("h3", {}, title, copy), el("pre", { tabindex: 0, "aria-label": title }, shown));
}

// Pretty indents JSON, unless numbers would lose digits on their way through JavaScript.
export function pretty(text) {
  try {
    const parsed = JSON.parse(text);
    if (/\d{16}/.test(text)) return text;
    return JSON.stringify(parsed, null, 2);
  } catch {
    return text;
  }
}

// VirtualList is count rows of one height, of which only those in sight exist. draw(i) fills row i; choose(i) is called when a row
// is clicked, or Enter is pressed on it.
export class VirtualList {
  constructor({ label, height, draw, choose }) {
    Object.assign(this, { height, draw, choose, count: 0, active: -1, rows: new Map() });
    this.canvas = el("div", { class: "canvas", role: "presentation" });
    this.node = el("div", { class: "list", role: "listbox", tabindex: 0, "aria-label": label }, this.canvas);
    this.node.addEventListener("scroll", () => this.later(), { passive: true });
    this.node.addEventListener("keydown", (e) => this.key(e));
    new ResizeObserver(() => this.later()).observe(this.node);
  }

  set(count) {
    this.count = count;
    this.canvas.style.height = count * this.height + "px";
    this.redraw();
  }

  // Redraw draws anew what is in sight: the rows' data changed.
  redraw() {
    for (const row of this.rows.values()) row.remove();
    this.rows.clear();
    this.later();
  }

  later() {
    this.frame ??= requestAnimationFrame(() => {
      this.frame = undefined;
      this.show();
    });
  }

  show() {
    const from = Math.max(0, Math.floor(this.node.scrollTop / this.height) - 8);
    const to = Math.min(this.count, Math.ceil((this.node.scrollTop + this.node.clientHeight) / this.height) + 8);
    for (const [i, row] of this.rows) {
      if (i < from || i >= to) {
        row.remove();
        this.rows.delete(i);
      }
    }
    for (let i = from; i < to; i++) if (!this.rows.has(i)) this.add(i);
    this.shown?.(from, to);
  }

  add(i) {
    const row = el("div", {
      class: "row", role: "option", id: "row-" + this.id() + "-" + i, "aria-posinset": i + 1, "aria-setsize": this.count,
      "aria-selected": String(i === this.active), onclick: () => this.pick(i),
    }, this.draw(i));
    row.style.top = i * this.height + "px";
    row.style.height = this.height + "px";
    this.rows.set(i, row);
    this.canvas.append(row);
  }

  id() {
    return (this.number ??= VirtualList.made = (VirtualList.made ?? 0) + 1);
  }

  pick(i) {
    this.mark(i);
    this.choose?.(i);
  }

  mark(i) {
    this.rows.get(this.active)?.setAttribute("aria-selected", "false");
    this.active = i;
    this.rows.get(i)?.setAttribute("aria-selected", "true");
    this.node.setAttribute("aria-activedescendant", "row-" + this.id() + "-" + i);
  }

  reveal(i) {
    const top = i * this.height;
    if (top < this.node.scrollTop) this.node.scrollTop = top;
    const bottom = top + this.height - this.node.clientHeight;
    if (bottom > this.node.scrollTop) this.node.scrollTop = bottom;
    this.show();
  }

  key(e) {
    const page = Math.max(1, Math.floor(this.node.clientHeight / this.height) - 1);
    const to = { ArrowDown: this.active + 1, ArrowUp: this.active - 1, PageDown: this.active + page, PageUp: this.active - page, Home: 0, End: this.count - 1 }[e.key];
    if (to !== undefined && this.count > 0) {
      e.preventDefault();
      const i = Math.min(Math.max(to, 0), this.count - 1);
      this.reveal(i);
      this.mark(i);
    } else if (e.key === "Enter" && this.active >= 0) {
      this.choose?.(this.active);
    }
  }
}

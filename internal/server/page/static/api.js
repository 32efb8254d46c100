// The page's calls to the server that it came from.

const meta = (name) => document.querySelector(`meta[name="${name}"]`).content;
const token = meta("stride-token");

// Settings are what the server says about the page: place ("" is the local AWS), write, poll (milliseconds; 0: changes are told).
export const settings = JSON.parse(meta("stride-settings"));

async function answer(response) {
  const body = await response.json();
  if (!response.ok) throw new Error(body.error);
  return body;
}

export const read = async (what, parameters) => answer(await fetch(`/_stride/api/${what}?${new URLSearchParams(parameters ?? {})}`));

const post = async (path, body) =>
  answer(await fetch("/_stride/api/" + path, { method: "POST", headers: { "X-Stride-Token": token, "Content-Type": "application/json" }, body }));

// Write makes a call of the Step Functions API about the machine or execution called on.
export const write = (operation, on, body) => post(`do/${operation}?${new URLSearchParams({ on })}`, JSON.stringify(body));

// Rerun starts an execution that begins at a state of another. Input and variables are JSON text, sent as it is: numbers keep
// their digits.
export const rerun = (execution, state, input, variables) =>
  post("rerun", `{"execution":${JSON.stringify(execution)},"state":${JSON.stringify(state)},"input":${input},"variables":${variables}}`);

// Live calls changed with each execution that starts or ends, and connected with whether changes arrive: after true, lists are to
// be read anew.
export function live(changed, connected) {
  const stream = new EventSource("/_stride/api/live");
  stream.onopen = () => connected(true);
  stream.onerror = () => connected(false);
  stream.onmessage = (e) => changed(JSON.parse(e.data));
}

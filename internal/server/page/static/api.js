// The page's calls to the server that it came from.

const token = document.querySelector('meta[name="stride-token"]').content;

async function answer(response) {
  const body = await response.json();
  if (!response.ok) throw new Error(body.error);
  return body;
}

export const read = async (what, parameters) => answer(await fetch(`/_stride/api/${what}?${new URLSearchParams(parameters ?? {})}`));

// Write makes a call of the Step Functions API about the machine or execution called on.
export const write = async (operation, on, body) =>
  answer(await fetch(`/_stride/api/do/${operation}?${new URLSearchParams({ on })}`, {
    method: "POST", headers: { "X-Stride-Token": token, "Content-Type": "application/json" }, body: JSON.stringify(body),
  }));

// Live calls changed with each execution that starts or ends, and connected with whether changes arrive: after true, lists are to
// be read anew.
export function live(changed, connected) {
  const stream = new EventSource("/_stride/api/live");
  stream.onopen = () => connected(true);
  stream.onerror = () => connected(false);
  stream.onmessage = (e) => changed(JSON.parse(e.data));
}

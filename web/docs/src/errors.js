// Lists the codes of the OpenAPI document with the operations that use them.
async function show() {
  const api = await (await fetch("/api/v1/openapi.json")).json();
  const uses = new Map();
  for (const [path, item] of Object.entries(api.paths)) {
    for (const [method, operation] of Object.entries(item)) {
      for (const code of operation["x-codes"] ?? []) {
        uses.set(code, [...(uses.get(code) ?? []), { name: `${method.toUpperCase()} ${path}`, operation }]);
      }
    }
  }
  const body = document.getElementById("codes");
  for (const [code, operations] of [...uses].sort(([a], [b]) => a.localeCompare(b))) {
    const row = body.insertRow();
    row.id = code;
    row.insertCell().append(Object.assign(document.createElement("code"), { textContent: code }));
    const cell = row.insertCell();
    for (const { name, operation } of operations) {
      const link = document.createElement("a");
      link.href = `/docs#/${operation.tags[0]}/${operation.operationId}`;
      link.textContent = name;
      cell.append(link);
    }
  }
  if (location.hash) document.getElementById(location.hash.slice(1))?.scrollIntoView();
}

show().catch((fault) => {
  const row = document.getElementById("codes").insertRow();
  row.insertCell();
  row.insertCell().textContent = `The list cannot be read: ${fault.message}. Reload the page.`;
});

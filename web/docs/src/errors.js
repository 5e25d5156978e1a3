// Lists the codes of the OpenAPI document: those of any operation, and the others with the operations that use them.
function rowOf(table, code) {
  const row = document.getElementById(table).insertRow();
  row.id = code;
  row.insertCell().append(Object.assign(document.createElement("code"), { textContent: code }));
  return row;
}

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
  for (const { code, status, when } of api["x-common-codes"]) {
    const row = rowOf("common", code);
    row.insertCell().textContent = status;
    row.insertCell().textContent = when;
  }
  for (const [code, operations] of [...uses].sort(([a], [b]) => a.localeCompare(b))) {
    const cell = rowOf("codes", code).insertCell();
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

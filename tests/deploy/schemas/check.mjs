// Reads a JSON list of manifests from standard input and writes a JSON list of findings: {index, message}.
// Each manifest is checked twice: by the compiler, as an object literal of its type, which refuses every field that the type does
// not have, as the server's strict decoding does; and by the schema's validator, for patterns, bounds and formats.
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";

const here = dirname(fileURLToPath(import.meta.url));
const packages = {
    "gateway.networking.k8s.io": "@kubernetes-models/gateway-api/gateway.networking.k8s.io",
    "networking.istio.io": "@kubernetes-models/istio/networking.istio.io",
    "security.istio.io": "@kubernetes-models/istio/security.istio.io",
    "keda.sh": "@kubernetes-models/keda/keda.sh",
    "argoproj.io": "@kubernetes-models/argo-rollouts/argoproj.io",
    "monitoring.coreos.com": "@kubernetes-models/prometheus-operator/monitoring.coreos.com",
    "external-secrets.io": "@kubernetes-models/external-secrets/external-secrets.io",
    "core.pingcap.com": "@kubernetes-models/tidb-operator/core.pingcap.com",
};

// networking.istio.io/v1 has the same fields as v1beta1, which is what the package knows.
const versions = { "networking.istio.io/v1": "v1beta1", "security.istio.io/v1": "v1beta1" };

function moduleOf(manifest) {
    const [group, version] = manifest.apiVersion.includes("/") ? manifest.apiVersion.split("/") : ["", manifest.apiVersion];
    const known = versions[manifest.apiVersion] ?? version;
    if (group === "") return { path: `kubernetes-models/${known}`, version: known };
    return { path: `${packages[group] ?? `kubernetes-models/${group}`}/${known}`, version: known };
}

function compile(sources) {
    const options = {
        strict: true, noEmit: true, skipLibCheck: true, types: [], target: ts.ScriptTarget.ES2022,
        module: ts.ModuleKind.ESNext, moduleResolution: ts.ModuleResolutionKind.Bundler,
    };
    const host = ts.createCompilerHost(options);
    const readFile = host.readFile.bind(host);
    const fileExists = host.fileExists.bind(host);
    const getSourceFile = host.getSourceFile.bind(host);
    host.readFile = (name) => sources.get(name) ?? readFile(name);
    host.fileExists = (name) => sources.has(name) || fileExists(name);
    host.getSourceFile = (name, target) =>
        sources.has(name) ? ts.createSourceFile(name, sources.get(name), target) : getSourceFile(name, target);
    return ts.getPreEmitDiagnostics(ts.createProgram([...sources.keys()], options, host));
}

const manifests = JSON.parse(readFileSync(0, "utf8"));
const findings = [];
const sources = new Map();
const indexOf = new Map();
for (const [index, manifest] of manifests.entries()) {
    const { path, version } = moduleOf(manifest);
    const literal = JSON.stringify({ ...manifest, apiVersion: manifest.apiVersion.replace(/v[^/]*$/, version) }, null, 1);
    const name = join(here, `manifest-${index}.ts`);
    sources.set(name, `import type { I${manifest.kind} } from "${path}/${manifest.kind}";\nexport const it: I${manifest.kind} = ${literal};\n`);
    indexOf.set(name, index);
}
for (const diagnostic of compile(sources)) {
    const index = indexOf.get(diagnostic.file?.fileName) ?? -1;
    findings.push({ index, message: ts.flattenDiagnosticMessageText(diagnostic.messageText, "; ") });
}
for (const [index, manifest] of manifests.entries()) {
    const { path, version } = moduleOf(manifest);
    try {
        const model = (await import(`${path}/${manifest.kind}`))[manifest.kind];
        new model({ ...manifest, apiVersion: manifest.apiVersion.replace(/v[^/]*$/, version) }).validate();
    } catch (fault) {
        findings.push({ index, message: fault.message });
    }
}
console.log(JSON.stringify(findings));

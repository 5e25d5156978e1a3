// One server process for each of WORKERS behind one port, and one process for its jobs.
const cluster = require("node:cluster");

if (cluster.isPrimary) {
  for (let count = 0; count < Number(process.env.WORKERS); ++count) cluster.fork({ ROLE: "server" });
  cluster.fork({ ROLE: "jobs" });
  cluster.on("exit", (worker, code) => process.exit(code || 1));
} else {
  const { bootstrap, bootstrapWorker } = require("@vendure/core");
  const { config } = require("./config");
  const begun = process.env.ROLE === "jobs" ? bootstrapWorker(config).then((jobs) => jobs.startJobQueue()) : bootstrap(config);
  begun.catch((fault) => {
    console.error(fault);
    process.exit(1);
  });
}

// Makes the tables and fills them: node populate.js PRODUCTS.csv, in the form of Vendure's own importer. Ends when the
// search index has what was imported.
const { bootstrap, ConfigService, JobQueueService, RequestContextService, SearchService } = require("@vendure/core");
const { populate } = require("@vendure/core/cli");
const { config } = require("./config");

const shop = {
  defaultLanguage: "en",
  defaultZone: "Asia",
  countries: [{ name: "China", code: "CN", zone: "Asia" }],
  taxRates: [{ name: "Standard Tax", percentage: 0 }],
  shippingMethods: [{ name: "Standard", price: 1000 }],
  paymentMethods: [{ name: "standard", handler: { code: "dummy-payment-handler", arguments: [{ name: "automaticSettle", value: "true" }] } }],
  roles: [],
  collections: [],
};

async function fill(file) {
  const app = await populate(() => bootstrap(config), shop, file);
  await app.get(JobQueueService).start();
  const ctx = await app.get(RequestContextService).create({ apiType: "admin" });
  const job = await app.get(SearchService).reindex(ctx);
  for (let done = false; !done; ) {
    await new Promise((wake) => setTimeout(wake, 200));
    const now = await app.get(ConfigService).jobQueueOptions.jobQueueStrategy.findOne(job.id);
    if (now.state === "FAILED") throw new Error(`the index failed: ${JSON.stringify(now.error)}`);
    done = now.state === "COMPLETED";
  }
  await app.close();
}

fill(process.argv[2]).then(
  () => process.exit(0),
  (fault) => {
    console.error(fault);
    process.exit(1);
  },
);

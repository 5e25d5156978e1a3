// A Vendure shop as its documentation shows it for production: its own tables, job queue in the database, sessions cached
// in Redis, the search index for lists. No dashboard and no assets: they take no part in what is measured.
const { DefaultJobQueuePlugin, DefaultLogger, DefaultSchedulerPlugin, DefaultSearchPlugin, LogLevel, RedisCachePlugin, dummyPaymentHandler } = require("@vendure/core");

const settings = process.env;

exports.config = {
  apiOptions: {
    hostname: "127.0.0.1",
    port: Number(settings.PORT),
    adminApiPath: "admin-api",
    shopApiPath: "shop-api",
    introspection: false,
    cors: { origin: ["https://shop.example.com"], credentials: true },
  },
  authOptions: {
    tokenMethod: ["bearer"],
    superadminCredentials: { identifier: "superadmin", password: settings.DB_PASSWORD },
  },
  dbConnectionOptions: {
    type: "mysql",
    host: settings.DB_HOST,
    port: Number(settings.DB_PORT),
    username: settings.DB_USERNAME,
    password: settings.DB_PASSWORD,
    database: settings.DB_NAME,
    charset: "utf8mb4",
    synchronize: settings.SYNCHRONIZE === "true",
    logging: false,
    extra: { connectionLimit: 32 },
  },
  logger: new DefaultLogger({ level: LogLevel.Warn }),
  paymentOptions: { paymentMethodHandlers: [dummyPaymentHandler] },
  plugins: [
    DefaultJobQueuePlugin.init({ pollInterval: 200 }),
    DefaultSearchPlugin.init({ bufferUpdates: false, indexStockStatus: false }),
    DefaultSchedulerPlugin.init({}),
    RedisCachePlugin.init({ redisOptions: { host: settings.REDIS_HOST, port: Number(settings.REDIS_PORT) } }),
  ],
};

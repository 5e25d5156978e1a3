#include "app/settings.hpp"

#include "app/route_groups.hpp"
#include "app/settings_tracing.hpp"
#include "platform/runtime/processors.hpp"

#include <algorithm>
#include <charconv>

namespace caddy::app {
namespace {

constexpr int workers_max = 64;

/// `auto`: as many as the processors that the container or the machine grants.
void bind_workers(config::Binder& b, ProcessConfig& c) {
    bool is_cluster = true;
    std::string count = std::to_string(c.workers);
    b.toggle("CLUSTER_ENABLED", is_cluster, "off: one worker, whatever CLUSTER_WORKERS says")
        .text("CLUSTER_WORKERS", count, "Worker processes, 1..64, or auto: one for each processor granted");
    if (count == "auto") {
        c.workers = std::min(processors(), workers_max);
    } else {
        const auto [end, error] = std::from_chars(count.data(), count.data() + count.size(), c.workers);
        if (error != std::errc() || end != count.data() + count.size() || c.workers < 1 || c.workers > workers_max) {
            b.fault("CLUSTER_WORKERS: '" + count + "' is neither auto nor a whole number in 1..64");
            c.workers = 1;
        }
    }
    if (!is_cluster) c.workers = 1;
}

void check_process(config::Binder& b, const ProcessConfig& c) {
    for (const auto& group : unknown_groups(c.routes))
        b.fault("SERVE_ROUTES: '" + group + "' is not one of catalogue, buying, back_office");
    if (!c.admin_token.empty() && c.admin_token.size() < 16) b.fault("ADMIN_TOKEN: at least 16 bytes are needed");
}

void bind_process(config::Binder& b, ProcessConfig& c) {
    std::string data_dir = c.data_dir.string();
    std::string credentials_dir = c.credentials_dir.string();
    b.text("DATA_DIR", data_dir, "Folder of the embedded database, generated secrets and media")
        .text("CREDENTIALS_DIR", credentials_dir,
              "Mounted directory of secrets, one file each (db-password, jwt-secret), followed while the shop runs")
        .toggle("READ_ONLY_MODE", c.read_only,
                "on: the shop is looked at, changes are refused with 503 and jobs rest; for a region that stands by");
    c.data_dir = data_dir;
    c.credentials_dir = credentials_dir;
    b.text("HOST", c.host, "Address of the public port")
        .integer("PORT", c.port, {0, 65'535}, "Public port; 0 takes any free one")
        .text("ADMIN_HOST", c.admin_host, "Address of the admin port, which must never be public")
        .integer("ADMIN_PORT", c.admin_port, {0, 65'535}, "Admin port (probes, version); 0 takes any free one")
        .secret("ADMIN_TOKEN", c.admin_token,
                "Bearer token that changes things on the admin port (faults, log level, profiles); empty: nobody may")
        .choice("SERVE_ROLE", c.role, "all; api: no jobs; jobs: no API, the public port has its probes alone")
        .list("SERVE_ROUTES", c.routes, "Groups of the API: catalogue, buying, back_office; empty: all")
        .integer("WORKER_HUNG_AFTER_S", c.worker_hung_after_s, {2, 600},
                 "Seconds without a sign of life after which a worker is killed and replaced")
        .integer("WORKER_MEMORY_MIB_MAX", c.worker_memory_mib_max, {0, 1'048'576},
                 "Memory of a worker's own at which it is replaced by a fresh one; 0: any")
        .integer("DRAIN_DELAY", c.drain_delay_s, {0, 300},
                 "Seconds between the first SIGTERM and the end of new connections")
        .integer("DRAIN_LIMIT", c.drain_limit_s, {1, 600}, "Seconds that requests in flight get to finish")
        .choice("LOG_LEVEL", c.log_level, "What is logged")
        .choice("LOG_FORMAT", c.log_format, "automatic: readable on a terminal, JSON lines elsewhere")
        .text("WEB_DIR", c.web_dir, "Folder of the web pages; empty: beside the program");
}

void bind_database(config::Binder& b, Settings& s) {
    constexpr config::Bounds milliseconds{1, 60'000};
    b.text("DB_HOST", s.mysql.hosts,
           "MariaDB or MySQL server; several with commas: the first that takes writes; empty: a file in DATA_DIR")
        .text("DB_READ_HOST", s.mysql.read_hosts,
              "Read-only copies for what shoppers look at; empty: everything goes to DB_HOST")
        .integer("DB_PORT", s.mysql.port, {1, 65'535}, "Port of hosts that name none")
        .text("DB_NAME", s.mysql.database, "The database at the server; it must exist")
        .text("DB_USERNAME", s.mysql.user, "Who signs in at the server")
        .secret("DB_PASSWORD", s.mysql.password, "His password")
        .choice("DB_SSL_MODE", s.mysql.tls,
                "preferred: encrypted where the server can; required: or not at all; verify_ca, verify_full: proven")
        .text("DB_SSL_CA", s.mysql.authorities, "PEM file of the server's authorities, or its text; empty: the system")
        .integer("DB_POOL_SIZE", s.mysql.pool_size, {1, 10'000},
                 "Connections of this pod at most, shared out over its workers; as many to DB_READ_HOST")
        .integer("DB_FLEET_PODS", s.fleet_pods, {1, 10'000},
                 "Pods that the fleet may grow to, for the warning that the server grants too few connections")
        .integer("DB_WAIT_LIMIT_MS", s.mysql.wait_limit_ms, milliseconds,
                 "How long a request waits for a connection before it gets 503")
        .integer("DB_CONNECT_LIMIT_MS", s.mysql.connect_limit_ms, milliseconds, "How long connecting may take")
        .integer("DB_STATEMENT_LIMIT_MS", s.mysql.statement_limit_ms, {0, 600'000},
                 "How long one statement may take at the server; 0: any time")
        .integer("DB_LOCK_LIMIT_S", s.mysql.lock_limit_s, {1, 60},
                 "How long a statement waits for another transaction's row before its own starts again")
        .integer("DB_LIFETIME_S", s.mysql.lifetime_s, {10, 86'400}, "Life of a connection to the server")
        .integer("SQLITE_READERS", s.sqlite.readers, {1, 16}, "Read connections to the embedded database");
    s.sqlite.wait_limit_ms = s.mysql.wait_limit_ms;
}

void bind_redis(config::Binder& b, redis::Config& c) {
    constexpr config::Bounds milliseconds{10, 60'000};
    b.text("REDIS_HOST", c.host, "Redis server; empty, as REDIS_CLUSTER_NODES: the shop does without")
        .integer("REDIS_PORT", c.port, {1, 65'535}, "Its port")
        .list("REDIS_CLUSTER_NODES", c.cluster_nodes,
              "Some nodes of a Redis Cluster as host:port; REDIS_HOST is unused then")
        .text("REDIS_USERNAME", c.username, "Who signs in at Redis; empty: the password alone")
        .secret("REDIS_PASSWORD", c.password, "Password of Redis; empty: none")
        .integer("REDIS_DATABASE", c.database, {0, 15}, "Number of the database, not in a cluster")
        .integer("REDIS_POOL_SIZE", c.pool_size, {1, 10'000}, "Connections to Redis of all workers together, at most")
        .choice("REDIS_TLS", c.tls,
                "disabled, required (the server is not checked), verify_ca or verify_identity (and its name)")
        .text("REDIS_CA", c.ca_file, "File of the authority that Redis' certificate comes from; empty: the system's")
        .text("REDIS_KEY_PREFIX", c.key_prefix, "What every key and channel begins with")
        .integer("REDIS_CONNECT_LIMIT_MS", c.connect_limit_ms, {10, 30'000},
                 "How long connecting and signing in may take")
        .integer("REDIS_COMMAND_LIMIT_MS", c.command_limit_ms, {1, 30'000},
                 "How long a call may take before the shop does without")
        .integer("REDIS_STALL_LIMIT_MS", c.stall_limit_ms, milliseconds,
                 "How long an answer may be overdue before the connection is given up")
        .integer("REDIS_PING_EVERY_MS", c.ping_every_ms, milliseconds,
                 "Silence after which Redis is asked whether it is there")
        .integer("REDIS_BACKOFF_MS", c.backoff_ms, {1, 10'000}, "Pause before connecting again; it doubles each time")
        .integer("REDIS_BACKOFF_MS_MAX", c.backoff_ms_max, {1, 60'000}, "The longest such pause")
        .integer("REDIS_COMMANDS_MAX", c.commands_max, {1, 1'000'000},
                 "Commands of a worker that wait for one node; past it calls fail at once")
        .integer("REDIS_REPLY_BYTES_MAX", c.reply_bytes_max, {1'024, 536'870'912}, "Longest answer that is read");
}

void bind_http(config::Binder& b, http::ServerConfig& c) {
    constexpr config::Bounds milliseconds{100, 600'000};
    b.integer("HTTP_CONNECTIONS_MAX", c.connections_max, {1, 1'000'000},
              "Open connections of a worker; further ones get 503")
        .integer("HTTP_HEADER_BYTES_MAX", c.header_bytes_max, {1'024, 262'144}, "Largest request head")
        .integer("HTTP_HEADER_COUNT_MAX", c.header_count_max, {10, 1'000}, "Most header fields of a request")
        .integer("HTTP_TARGET_BYTES_MAX", c.target_bytes_max, {256, 65'536}, "Longest path with query")
        .integer("HTTP_BODY_BYTES_MAX", c.body_bytes_max, {1'024, 67'108'864},
                 "Largest request body where the route sets no limit of its own")
        .integer("HTTP_REQUEST_LIMIT_MS", c.request_limit_ms, {100, 120'000}, "Deadline of a request")
        .integer("HTTP_IDLE_LIMIT_MS", c.idle_limit_ms, {100, 3'600'000},
                 "How long a connection may stay open between requests")
        .integer("HTTP_HEADER_READ_LIMIT_MS", c.header_read_limit_ms, milliseconds,
                 "How long a request head may take to arrive")
        .integer("HTTP_BODY_READ_LIMIT_MS", c.body_read_limit_ms, milliseconds,
                 "How long a body may take to arrive, and longer at HTTP_BYTES_PER_S_MIN")
        .integer("HTTP_WRITE_LIMIT_MS", c.write_limit_ms, milliseconds,
                 "How long an answer may take to leave, and longer at HTTP_BYTES_PER_S_MIN")
        .integer("HTTP_BYTES_PER_S_MIN", c.bytes_per_s_min, {256, 1'000'000'000},
                 "The least rate of a body in either direction")
        .integer("HTTP_STOP_GRACE_MS", c.stop_grace_ms, {0, 60'000},
                 "How long a stop waits for requests that are on their way")
        .integer("HTTP_COMPRESS_BYTES_MIN", c.compress_bytes_min, {256, 1'048'576},
                 "Smaller answers are not compressed")
        .integer("HTTP_ACCESS_LOG_EVERY", c.access_log_every, {0, 1'000'000},
                 "One access log line for so many requests; 0 for none but faults")
        .integer("HTTP_HSTS_MAX_AGE_S", c.hsts_max_age_s, {0, 63'072'000},
                 "Strict-Transport-Security, where TLS ends in front; 0 leaves it out")
        .list("TRUSTED_PROXIES", c.trusted_proxies,
              "Proxies whose X-Forwarded-For is believed, as addresses or CIDR ranges")
        .list("CORS_ORIGINS", c.cors_origins, "Origins that browsers may call the API from");
}

void bind_limits(config::Binder& b, limit::Config& c, limit::AttemptLimit::Config& sign_in) {
    constexpr config::Bounds requests{1, 1'000'000'000};
    constexpr config::Bounds seconds{1, 86'400};
    b.integer("GLOBAL_RATE_LIMIT", c.global.limit, requests, "Requests of one caller per window, all routes")
        .integer("GLOBAL_RATE_LIMIT_TTL", c.global.window_s, seconds, "Its window in seconds")
        .integer("THROTTLER_LIMIT", c.api.limit, requests, "Requests of one caller per window to the API")
        .integer("THROTTLER_TTL", c.api.window_s, seconds, "Its window in seconds")
        .integer("AUTH_RATE_LIMIT", c.auth.limit, requests, "Requests of one caller per window to /api/v1/auth")
        .integer("AUTH_RATE_LIMIT_TTL", c.auth.window_s, seconds, "Its window in seconds")
        .integer("RATE_LIMIT_CALLERS_MAX", c.callers_max, {1'000, 10'000'000},
                 "Callers that a pod remembers; half a kilobyte for each tier of one that it has seen")
        .integer("SIGN_IN_FAILURES_MAX", sign_in.failures_max, {1, 1'000}, "Wrong passwords for one account per window")
        .integer("SIGN_IN_WINDOW_S", sign_in.window_s, seconds, "Its window in seconds");
}

void bind_identity(config::Binder& b, identity::IdentityConfig& c) {
    b.secret("JWT_SECRET", c.jwt_secret, "Key of access tokens, at least 32 bytes; an embedded shop draws its own")
        .secret("JWT_SECRET_PREVIOUS", c.jwt_secret_previous, "The key before it, accepted while keys are exchanged")
        .integer("ACCESS_TOKEN_MINUTES", c.access_minutes, {1, 60}, "Life of an access token")
        .integer("REFRESH_TOKEN_DAYS", c.refresh_days, {1, 365},
                 "Life of a refresh token, counted anew with each refresh")
        .integer("REFRESH_GRACE_S", c.refresh_grace_s, {0, 60},
                 "How long a replaced refresh token helps a device that lost the answer")
        .integer("ARGON2_MEMORY_KIB", c.hash_memory_kib, {1'024, 1'048'576}, "Memory of one password hash")
        .integer("ARGON2_PASSES", c.hash_passes, {1, 10}, "Passes of one password hash")
        .integer("ARGON2_THREADS", c.hash_threads, {1, 16}, "Password hashes at a time")
        .integer("ARGON2_QUEUE", c.hash_queue, {0, 1'000}, "Sign-ins that may wait for one; further ones get 503");
}

void bind_shop(config::Binder& b, Settings& s) {
    b.text("SHOP_CURRENCY", s.cart.currency, "Currency of imports and empty carts where none is named, ISO 4217")
        .integer("TAX_RATE_BASIS_POINTS", s.tax.rate_basis_points, {0, 10'000},
                 "Tax rate in hundredths of a percent, while the back office has set up no rates")
        .choice("TAX_MODE", s.tax.mode, "inclusive: prices contain the tax; exclusive: it is added")
        .choice("TAX_ROUNDING", s.tax.rounding, "line: each line's tax is rounded; order: each rate's, once per order")
        .text("TAX_HOME_COUNTRY", s.tax.home_country, "Country whose tax a cart without an address has, ISO 3166-1")
        .text("TAX_HOME_PROVINCE", s.tax.home_province, "The same within that country, where provinces have rates")
        .integer("LOW_STOCK_AT", s.inventory.low_stock_at, {0, 1'000'000},
                 "Availability shows low_stock at or below this many")
        .integer("CART_LINES_MAX", s.cart.lines_per_cart_max, {1, 1'000}, "Lines of one cart")
        .integer("CART_QUANTITY_MAX", s.cart.quantity_per_line_max, {1, 1'000'000}, "Pieces of one line")
        .integer("CARTS_PER_CLIENT_PER_HOUR", s.cart.carts_per_client_per_hour, {0, 1'000'000},
                 "Carts that one address may open in an hour; 0: any number")
        .integer("CART_KEEP_DAYS", s.cart.keep_days, {1, 3'650}, "Days after which an abandoned guest cart is deleted")
        .integer("PAYMENT_WINDOW_MIN", s.checkout.payment_window_min, {1, 10'080},
                 "Minutes that reserved stock waits for the money")
        .integer("SCARCE_WINDOW_MIN", s.checkout.scarce_window_min, {1, 10'080}, "The same where stock is scarce")
        .integer("UNPAID_ORDERS_PER_CUSTOMER_MAX", s.checkout.unpaid_per_customer_max, {0, 100'000},
                 "Unpaid orders that one customer may have at a time; 0: any number")
        .integer("UNPAID_ORDERS_PER_ADDRESS_MAX", s.checkout.unpaid_per_address_max, {0, 1'000'000},
                 "Unpaid orders that the guests behind one address may have at a time; 0: any number")
        .integer("PAYMENT_ATTEMPTS_MAX", s.checkout.attempts_per_order_max, {1, 100}, "Attempts to pay one order")
        .integer("FLASH_SALE_BATCH", s.flash_sales.batch, {1, 500},
                 "Tickets of a flash sale that become orders in one transaction")
        .integer("FLASH_SALE_TICKET_WAIT_S", s.flash_sales.ticket_wait_s, {10, 3'600},
                 "Seconds after which a ticket without an order gives its units back")
        .integer("FLASH_SALE_POLL_MS", s.flash_sales.poll_ms, {20, 10'000}, "How soon tickets are taken up")
        .integer("FLASH_SALE_LEASE_S", s.flash_sales.lease_s, {2, 300},
                 "With Redis: how much later those of a process that died are")
        .text("MANUAL_PAYMENT_INSTRUCTIONS", s.manual.instructions, "What a shopper who pays by hand is told")
        .integer("MANUAL_PAYMENT_WINDOW_HOURS", s.manual.window_hours, {1, 720},
                 "Hours that stock waits for such a payment")
        .toggle("SANDBOX_PAYMENTS", s.sandbox.enabled,
                "Offer the sandbox provider, which takes no money; never in production")
        .secret("SANDBOX_SECRET", s.sandbox.secret, "Key of the sandbox's webhooks; drawn when empty")
        .text("SANDBOX_WEBHOOK_URL", s.sandbox.webhook_url, "Where the sandbox sends its webhooks; empty: this process")
        .integer("SANDBOX_FRESHNESS_S", s.sandbox.freshness_s, {1, 3'600},
                 "Age at which a webhook of the sandbox is refused");
}

void bind_media(config::Binder& b, media::Config& c) {
    b.choice("MEDIA_STORE", c.store,
             "Where pictures are kept: folder (of DATA_DIR) or database; automatic: database where DB_HOST is set")
        .integer("MEDIA_PIXELS_MAX", c.pixels_max, {1'000'000, 1'000'000'000},
                 "Pixels of one uploaded picture, all frames together")
        .integer("MEDIA_CACHE_BYTES", c.cache_bytes_max, {0, 4'294'967'296}, "Memory for pictures of each worker")
        .integer("MEDIA_UPLOADS_MAX", c.uploads_max, {1, 64}, "Uploads at a time of each worker; further ones get 503");
}

void bind_cache(config::Binder& b, cache::Config& c) {
    b.integer("CACHE_L1_BYTES", c.bytes_max, {0, 68'719'476'736},
              "Memory of a pod for public answers, shared out over its workers; 0: nothing is kept")
        .integer("CACHE_STALE_S_MAX", c.stale_s_max, {0, 86'400},
                 "How old an answer may be that is given while the database is away; 0: none is")
        .integer("CACHE_SHARED_BYTES_MAX", c.shared_bytes_max, {0, 16'777'216},
                 "Larger answers are not shared through Redis; 0: none is");
}

void bind_mail(config::Binder& b, Settings& s) {
    b.text("PUBLIC_URL", s.process.public_url, "Where shoppers find the shop; empty: http://localhost and the port")
        .text("MAIL_FROM", s.mail.from, "Sender of mails: Name <address>")
        .text("SMTP_HOST", s.mail.smtp_host, "Mail server; empty: mails become files in the mail folder of DATA_DIR")
        .integer("SMTP_PORT", s.mail.smtp_port, {1, 65'535}, "Its port")
        .choice("SMTP_TLS", s.mail.smtp_tls, "starttls: encrypted or not at all; tls: from the first byte on")
        .text("SMTP_CA", s.mail.smtp_ca, "File of the authority that its certificate comes from; empty: the system's")
        .text("SMTP_USER", s.mail.smtp_user, "Who signs in there; empty: nobody")
        .secret("SMTP_PASSWORD", s.mail.smtp_password, "His password")
        .integer("SMTP_LIMIT_MS", s.mail.time_limit_ms, {100, 60'000}, "Longest time that handing over a mail may take")
        .integer("SMTP_PARALLEL", s.mail.parallel, {1, 16}, "Mails at a time")
        .list("ORDER_MAILS", s.order_mails.kinds,
              "What buyers are written of: placed, paid, shipped, cancelled, refunded; empty: nothing")
        .text("ORDER_PAGE", s.order_mails.order_page,
              "Link in these mails: an address with {order} and, for guests, {token}; empty: none")
        .integer("RESET_LINK_MINUTES", s.account_mail.reset_minutes, {5, 1'440}, "Life of a link to a new password")
        .integer("VERIFY_LINK_HOURS", s.account_mail.verify_hours, {1, 720}, "Life of a link that verifies an address")
        .integer("CUSTOMER_ADDRESSES_MAX", s.customers.addresses_max, {1, 1'000}, "Addresses of one customer")
        .integer("EXPORT_ORDERS_MAX", s.customers.export_orders_max, {1, 5'000},
                 "Newest orders in a customer's copy of his data")
        .integer("EXPORT_PAUSE_S", s.customers.export_pause_s, {0, 86'400}, "Seconds between two such copies")
        .integer("EXPORT_KEEP_HOURS", s.customers.export_keep_hours, {1, 720}, "How long such a copy can be fetched");
}

void bind_work(config::Binder& b, Settings& s) {
    b.integer("JOBS_POLL_MS", s.jobs.poll_ms, {10, 60'000}, "How soon an event of another process is seen")
        .integer("JOBS_BATCH", s.jobs.batch, {1, 1'000}, "Events taken at a time")
        .integer("JOBS_LEASE_S", s.jobs.lease_s, {5, 3'600}, "After a crash, events are taken up again this much later")
        .integer("JOBS_ATTEMPTS_MAX", s.jobs.attempts_max, {1, 100}, "Attempts before an event is parked")
        .integer("JOBS_KEEP_DAYS", s.events_keep_days, {1, 3'650}, "Days after which an event that is done is deleted")
        .text("EVENTS_STREAM", s.event_stream.name,
              "Stream in Redis that other systems read events from: events:<this>; empty: none")
        .integer("EVENTS_STREAM_LENGTH", s.event_stream.length_max, {1'000, 10'000'000},
                 "Entries that it keeps, about; the oldest go")
        .integer("IDEMPOTENCY_KEEP_HOURS", s.idempotency.keep_hours, {1, 720}, "How long a key is remembered")
        .integer("IDEMPOTENCY_KEEP_MONEY_HOURS", s.idempotency.keep_money_hours, {1, 8'760},
                 "The same where the key is required")
        .integer("OUTGOING_PARALLEL", s.outgoing.parallel, {1, 64}, "Outgoing HTTP calls at a time")
        .integer("OUTGOING_LIMIT_MS", s.outgoing.time_limit_ms, {100, 60'000}, "Longest outgoing HTTP call");
}

void bind_webhooks(config::Binder& b, webhooks::Config& c) {
    b.toggle("WEBHOOKS_ALLOW_PRIVATE", c.allow_private,
             "Webhooks may call http and addresses inside the network; for development")
        .toggle("WEBHOOKS_ALLOW_HTTP", c.allow_http, "Webhooks may call http on public addresses")
        .integer("WEBHOOKS_MAX", c.endpoints_max, {1, 100}, "Webhooks that there may be")
        .integer("WEBHOOKS_ATTEMPTS_MAX", c.attempts_max, {1, 100}, "Attempts before a delivery has failed")
        .integer("WEBHOOKS_RETRY_FIRST_S", c.retry_first_s, {1, 3'600},
                 "Wait after the first failed attempt, doubled with each further one")
        .integer("WEBHOOKS_RETRY_MOST_S", c.retry_most_s, {1, 604'800}, "Longest wait between two attempts")
        .integer("WEBHOOKS_BREAKER_FAILURES", c.breaker_failures, {1, 1'000},
                 "Failures in a row after which a webhook rests")
        .integer("WEBHOOKS_BREAKER_OPEN_S", c.breaker_open_s, {1, 3'600},
                 "How long it rests, doubled with each failed probe, an hour at most")
        .integer("WEBHOOKS_BROKEN_AFTER_HOURS", c.broken_after_hours, {1, 8'760},
                 "Hours of failure after which a webhook is set to broken")
        .integer("WEBHOOKS_LIMIT_MS", c.time_limit_ms, {100, 30'000}, "Longest call of a webhook")
        .integer("WEBHOOKS_PARALLEL", c.parallel, {1, 16}, "Webhooks that are called at a time by a worker")
        .integer("WEBHOOKS_POLL_MS", c.poll_ms, {50, 60'000}, "How often a worker looks for due deliveries")
        .integer("WEBHOOKS_KEEP_DAYS", c.keep_days, {1, 365}, "Days after which a delivery is deleted")
        .integer("WEBHOOKS_SECRET_GRACE_S", c.secret_grace_s, {0, 2'592'000},
                 "How long a rotated secret of a webhook signs beside the new one");
}

/// Rules over more than one setting.
void check_together(config::Binder& b, const Settings& s) {
    if (!tax::is_country(s.tax.home_country)) {
        b.fault("TAX_HOME_COUNTRY: '" + s.tax.home_country + "' is not an ISO 3166-1 code of two capitals");
    }
    if (!Currency::parse(s.cart.currency)) b.fault("SHOP_CURRENCY: '" + s.cart.currency + "' is not an ISO 4217 code");
    if (!s.embedded() && (s.mysql.user.empty() || s.mysql.database.empty()))
        b.fault("DB_USERNAME, DB_NAME: a database server needs both");
    if (s.embedded() && !s.mysql.read_hosts.empty()) b.fault("DB_READ_HOST: there are no copies without DB_HOST");
    for (const auto* secret : {&s.identity.jwt_secret, &s.identity.jwt_secret_previous}) {
        if (!secret->empty() && secret->size() < 32)
            b.fault("JWT_SECRET, JWT_SECRET_PREVIOUS: at least 32 bytes are needed");
    }
    const auto& url = s.process.public_url;
    if (!url.empty() && !url.starts_with("http://") && !url.starts_with("https://")) {
        b.fault("PUBLIC_URL: must begin with http:// or https://");
    }
    for (auto& wrong : mail::faults(s.mail)) b.fault(std::move(wrong));
    for (auto& wrong : order_mails::faults(s.order_mails)) b.fault(std::move(wrong));
    for (auto& wrong : redis::faults_of(s.redis)) b.fault(std::move(wrong));
    if (s.process.port != 0 && s.process.port == s.process.admin_port) b.fault("ADMIN_PORT: must differ from PORT");
}

}   // namespace

BoundSettings bind_settings(const config::Sources& sources) {
    BoundSettings bound;
    config::Binder binder(sources);
    bind_process(binder, bound.settings.process);
    bind_workers(binder, bound.settings.process);
    check_process(binder, bound.settings.process);
    bind_database(binder, bound.settings);
    bind_redis(binder, bound.settings.redis);
    bind_http(binder, bound.settings.http);
    bind_limits(binder, bound.settings.limit, bound.settings.sign_in);
    bind_identity(binder, bound.settings.identity);
    bind_shop(binder, bound.settings);
    bind_media(binder, bound.settings.media);
    bind_cache(binder, bound.settings.cache);
    bind_mail(binder, bound.settings);
    bind_work(binder, bound.settings);
    bind_tracing(binder, bound.settings.tracing);
    bind_webhooks(binder, bound.settings.webhooks);
    bound.settings.http.upload_folder = (bound.settings.process.data_dir / "uploads").string();
    check_together(binder, bound.settings);
    bound.reference = binder.settings();
    bound.faults = binder.faults();
    return bound;
}

}   // namespace caddy::app

#include "app/live_settings.hpp"

namespace caddy::app {

void go_on_with(const Settings& fresh, LiveParts& parts) {
    auto& held = parts.settings;
    held.process.log_level = fresh.process.log_level;
    held.process.read_only = fresh.process.read_only;
    parts.worker.hold(fresh.process.read_only ? jobs::Worker::Hold::on : jobs::Worker::Hold::off);
    parts.limiter.reconfigure(fresh.limit);
    parts.identity.change_keys(fresh.identity.jwt_secret, fresh.identity.jwt_secret_previous);
    if (!fresh.embedded() && (held.mysql.user != fresh.mysql.user || held.mysql.password != fresh.mysql.password)) {
        db::change_credentials(parts.platform.database.driver(), fresh.mysql.user, fresh.mysql.password);
        held.mysql.user = fresh.mysql.user;
        held.mysql.password = fresh.mysql.password;
    }
    if (parts.platform.redis) parts.platform.redis->change_credentials(fresh.redis.username, fresh.redis.password);
}

}   // namespace caddy::app

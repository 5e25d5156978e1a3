// Secrets that nobody gave.
#include "app/settings.hpp"
#include "platform/crypto/digest.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <fstream>
#include <stdexcept>
#include <system_error>

namespace caddy::app {
namespace {

std::string read_secret(const std::filesystem::path& path) {
    std::ifstream file(path);
    std::string secret;
    std::getline(file, secret);
    if (secret.empty())
        throw std::runtime_error(path.string() + ": cannot be read, or is empty; restore it or delete it");
    return secret;
}

/// The secret of that name; the first caller draws it. The file appears complete or not at all, whoever is first.
std::string kept_secret(const std::filesystem::path& directory, std::string_view name) {
    const auto path = directory / name;
    if (std::filesystem::exists(path)) return read_secret(path);
    const auto draft = directory / (std::string(name) + "." + crypto::random_token(6));
    const int file = ::open(draft.c_str(), O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600);
    const auto line = crypto::random_token(48) + "\n";
    const bool written =
        file >= 0 && ::write(file, line.data(), line.size()) == static_cast<ssize_t>(line.size()) && ::fsync(file) == 0;
    if (file >= 0) ::close(file);
    if (!written) throw std::runtime_error(draft.string() + ": cannot be written; is the data directory writable?");
    // link() refuses to replace: of two processes that start at once, the second takes the first one's secret.
    const bool mine = ::link(draft.c_str(), path.c_str()) == 0;
    ::unlink(draft.c_str());
    if (!mine && !std::filesystem::exists(path)) throw std::runtime_error(path.string() + ": cannot be created");
    return read_secret(path);
}

/// Processes that share a database server must share their secrets, too: none of them may draw its own.
void require_secrets(const Settings& settings) {
    if (settings.identity.jwt_secret.empty())
        throw SettingsFault("JWT_SECRET: is needed where DB_HOST is set; the same one for every process");
    if (settings.sandbox.enabled && settings.sandbox.secret.empty())
        throw SettingsFault("SANDBOX_SECRET: is needed where DB_HOST and SANDBOX_PAYMENTS are set");
}

}   // namespace

void complete_secrets(Settings& settings) {
    if (!settings.embedded()) return require_secrets(settings);
    std::error_code error;
    std::filesystem::create_directories(settings.secrets_dir(), error);
    if (error) throw std::runtime_error(settings.secrets_dir().string() + ": " + error.message());
    std::filesystem::permissions(settings.secrets_dir(), std::filesystem::perms::owner_all);
    if (settings.identity.jwt_secret.empty())
        settings.identity.jwt_secret = kept_secret(settings.secrets_dir(), "jwt-secret");
    if (settings.sandbox.secret.empty())
        settings.sandbox.secret = kept_secret(settings.secrets_dir(), "sandbox-secret");
}

}   // namespace caddy::app

#include "platform/mail/message.hpp"
#include "platform/runtime/fault.hpp"
#include "platform/runtime/offload.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <stdexcept>

namespace caddy::mail {
namespace {

/// Writes a file that appears whole or not at all. Takes its time.
bool write_file(const std::filesystem::path& path, const std::string& bytes) {
    const auto folder = path.parent_path();
    std::filesystem::create_directories(folder);
    std::filesystem::permissions(folder, std::filesystem::perms::owner_all);
    auto draft = path;
    draft += ".part";
    const int file = ::open(draft.c_str(), O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0600);
    std::size_t written = 0;
    while (file >= 0 && written < bytes.size()) {
        const auto count = ::write(file, bytes.data() + written, bytes.size() - written);
        if (count <= 0) break;
        written += static_cast<std::size_t>(count);
    }
    const bool complete = file >= 0 && written == bytes.size() && ::fsync(file) == 0;
    if (file >= 0) ::close(file);
    if (!complete) throw Unavailable("mail: " + draft.string() + " cannot be written");
    std::filesystem::rename(draft, path);
    return true;
}

class FolderMailer final : public Mailer {
public:
    FolderMailer(Mailbox from, std::filesystem::path folder) : from_(std::move(from)), folder_(std::move(folder)) {}
    ~FolderMailer() override { thread_.join(); }

    Task<> send(const Context& ctx, Mail mail) override {
        auto bytes = message(mail, from_, ctx.now());
        // Sorted by time in a listing, and the same mail's second try stands beside its first.
        auto name = to_rfc3339(ctx.now());
        std::erase_if(name, [](char c) { return c == ':' || c == '-'; });
        const auto path = folder_ / (name + "-" + mail.id + ".eml");
        auto work = [path, bytes = std::move(bytes)] { return write_file(path, bytes); };
        (void)co_await offload(thread_, std::move(work));
    }

private:
    Mailbox from_;
    std::filesystem::path folder_;
    asio::thread_pool thread_{1};
};

}   // namespace

std::unique_ptr<Mailer> make_folder_mailer(const Config& config, std::filesystem::path folder) {
    auto from = parse_mailbox(config.from);
    if (!from) throw std::invalid_argument("the sender of mails is no address");
    return std::make_unique<FolderMailer>(std::move(*from), std::move(folder));
}

std::unique_ptr<Mailer> make_mailer(const Config& config, std::filesystem::path folder) {
    if (config.smtp_host.empty()) return make_folder_mailer(config, std::move(folder));
    return make_smtp_mailer(config);
}

}   // namespace caddy::mail

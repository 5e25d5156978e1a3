#include "platform/mail/message.hpp"
#include "platform/runtime/fault.hpp"
#include "platform/runtime/offload.hpp"
#include "platform/runtime/permanent.hpp"

#include <curl/curl.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <stdexcept>

namespace caddy::mail {
namespace {

using Handle = std::unique_ptr<CURL, decltype(&curl_easy_cleanup)>;
using List = std::unique_ptr<curl_slist, decltype(&curl_slist_free_all)>;

struct Delivery {
    std::string url;
    Tls tls = Tls::none;
    std::string authorities;
    std::string user;
    std::string password;
    std::string from;
    std::string to;
    std::string bytes;
    long time_limit_ms = 0;
    Cut cut{};
};

struct Reader {
    std::string_view rest;
};

std::size_t give(char* to, std::size_t size, std::size_t count, void* user) {
    auto& rest = static_cast<Reader*>(user)->rest;
    const auto bytes = std::min(size * count, rest.size());
    std::memcpy(to, rest.data(), bytes);
    rest.remove_prefix(bytes);
    return bytes;
}

/// libcurl asks about every second, and ends the transfer where the answer is not zero.
int is_cut(void* user, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
    return static_cast<const std::atomic<bool>*>(user)->load() ? 1 : 0;
}

/// The server has judged this mail, not us: an account that may not sign in (530, 535) or a command that it does not
/// know (50x) is ours to repair, and mails wait for that.
bool is_refusal_for_good(CURLcode outcome, long reply) {
    return outcome != CURLE_LOGIN_DENIED && outcome != CURLE_USE_SSL_FAILED && reply >= 550 && reply <= 559;
}

/// One mail, one connection. Takes its time.
bool deliver(const Delivery& delivery) {
    const Handle handle(curl_easy_init(), &curl_easy_cleanup);
    const List recipients(curl_slist_append(nullptr, ("<" + delivery.to + ">").c_str()), &curl_slist_free_all);
    if (!handle || !recipients) throw Unavailable("mail: libcurl has no memory");
    CURL* curl = handle.get();
    Reader reader{delivery.bytes};
    const auto from = "<" + delivery.from + ">";
    curl_easy_setopt(curl, CURLOPT_URL, delivery.url.c_str());
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_NOPROXY, "*");
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, delivery.time_limit_ms);
    const auto security = delivery.tls == Tls::none ? CURLUSESSL_NONE : CURLUSESSL_ALL;
    curl_easy_setopt(curl, CURLOPT_USE_SSL, static_cast<long>(security));
    if (!delivery.authorities.empty()) curl_easy_setopt(curl, CURLOPT_CAINFO, delivery.authorities.c_str());
    if (!delivery.user.empty()) {
        curl_easy_setopt(curl, CURLOPT_USERNAME, delivery.user.c_str());
        curl_easy_setopt(curl, CURLOPT_PASSWORD, delivery.password.c_str());
    }
    curl_easy_setopt(curl, CURLOPT_MAIL_FROM, from.c_str());
    curl_easy_setopt(curl, CURLOPT_MAIL_RCPT, recipients.get());
    curl_easy_setopt(curl, CURLOPT_UPLOAD, 1L);
    curl_easy_setopt(curl, CURLOPT_READFUNCTION, &give);
    curl_easy_setopt(curl, CURLOPT_READDATA, &reader);
    curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, &is_cut);
    curl_easy_setopt(curl, CURLOPT_XFERINFODATA, delivery.cut.get());
    const CURLcode outcome = curl_easy_perform(curl);
    if (outcome == CURLE_OK) return true;
    long reply = 0;
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &reply);
    // The server's own words are left out: they may repeat the address.
    const auto told = "mail: " + std::string(curl_easy_strerror(outcome)) + ", last reply " + std::to_string(reply);
    if (is_refusal_for_good(outcome, reply)) throw Permanent(told);
    throw Unavailable(told);
}

class SmtpMailer final : public Mailer {
public:
    SmtpMailer(const Config& config, Mailbox from)
        : config_(config), from_(std::move(from)), threads_(static_cast<std::size_t>(config.parallel)) {
        static const CURLcode global = curl_global_init(CURL_GLOBAL_DEFAULT);
        if (global != CURLE_OK) throw Unavailable("libcurl cannot start");
        const bool bracketed = config.smtp_host.find(':') != std::string::npos;   // an IPv6 address
        url_ = config.smtp_tls == Tls::tls ? "smtps://" : "smtp://";
        url_ += bracketed ? "[" + config.smtp_host + "]" : config.smtp_host;
        url_ += ":" + std::to_string(config.smtp_port);
    }
    ~SmtpMailer() override { threads_.join(); }

    Task<> send(const Context& ctx, Mail mail) override {
        const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(ctx.remaining()).count();
        if (left <= 0) throw DeadlineExceeded();
        const auto limit = static_cast<long>(std::min<std::int64_t>(left, config_.time_limit_ms));
        Delivery delivery{.url = url_,
                          .tls = config_.smtp_tls,
                          .authorities = config_.smtp_ca,
                          .user = config_.smtp_user,
                          .password = config_.smtp_password,
                          .from = from_.address,
                          .to = mail.to,
                          .bytes = message(mail, from_, ctx.now()),
                          .time_limit_ms = limit,
                          .cut = make_cut()};
        auto cut = delivery.cut;
        auto work = [delivery = std::move(delivery)] { return deliver(delivery); };
        (void)co_await offload(threads_, std::move(work), std::move(cut));
    }

private:
    Config config_;
    Mailbox from_;
    std::string url_;
    asio::thread_pool threads_;
};

}   // namespace

std::vector<std::string> faults(const Config& config) {
    std::vector<std::string> faults;
    if (!parse_mailbox(config.from)) {
        faults.emplace_back("MAIL_FROM: send an address, or a name and an address: Shop <shop@example.com>");
    }
    if (config.smtp_host.find_first_of("/@ ?#") != std::string::npos) {
        faults.emplace_back("SMTP_HOST: a host name or an address is needed, without a scheme, a port or a path");
    }
    if (!config.smtp_ca.empty() && !std::filesystem::exists(config.smtp_ca)) {
        faults.emplace_back("SMTP_CA: there is no such file");
    }
    const bool clear_text = config.smtp_tls == Tls::none && !config.smtp_user.empty();
    if (clear_text && config.smtp_host != "localhost" && config.smtp_host != "127.0.0.1") {
        faults.emplace_back("SMTP_TLS: a password is not sent in the clear; choose starttls or tls");
    }
    return faults;
}

std::unique_ptr<Mailer> make_smtp_mailer(const Config& config) {
    auto from = parse_mailbox(config.from);
    if (!from) throw std::invalid_argument("the sender of mails is no address");
    return std::make_unique<SmtpMailer>(config, std::move(*from));
}

}   // namespace caddy::mail

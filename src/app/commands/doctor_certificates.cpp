// How long certificates last: those that the servers show, and the files of authorities that they are checked with.
#include "app/commands/doctor_probes.hpp"

#include <boost/asio/ip/tcp.hpp>

#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <poll.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <memory>
#include <optional>
#include <sstream>

namespace caddy::app::doctor {
namespace {

using diagnosis::Findings;
using diagnosis::Gravity;
using std::chrono::steady_clock;
using Stream = boost::asio::ip::tcp::iostream;

template <auto release>
struct Release {
    template <class T>
    void operator()(T* thing) const {
        release(thing);
    }
};
using Certificate = std::unique_ptr<X509, Release<X509_free>>;
using Memory = std::unique_ptr<BIO, Release<BIO_free>>;
using TlsContext = std::unique_ptr<SSL_CTX, Release<SSL_CTX_free>>;
using Tls = std::unique_ptr<SSL, Release<SSL_free>>;

std::optional<std::chrono::sys_seconds> moment(const ASN1_TIME* time) {
    std::tm parts{};
    if (ASN1_TIME_to_tm(time, &parts) != 1) return std::nullopt;
    return std::chrono::sys_seconds(std::chrono::seconds(::timegm(&parts)));
}

void judge_certificate(const X509* certificate, const std::string& check, const std::string& whose, Findings& all) {
    const auto begins = moment(X509_get0_notBefore(certificate));
    const auto ends = moment(X509_get0_notAfter(certificate));
    if (!begins || !ends) return;
    const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
    all.push_back(judge(diagnosis::Certificate{check, whose, *begins, *ends}, now));
}

// -- files ---------------------------------------------------------------------------------------------------

/// The one that ends last: where several stand in a file, the others are on their way out.
Certificate last_to_end(const std::string& pem) {
    const Memory memory(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
    Certificate last;
    while (X509* next = PEM_read_bio_X509(memory.get(), nullptr, nullptr, nullptr)) {
        Certificate certificate(next);
        const bool is_later =
            !last || ASN1_TIME_compare(X509_get0_notAfter(certificate.get()), X509_get0_notAfter(last.get())) > 0;
        if (is_later) last = std::move(certificate);
    }
    return last;
}

/// `given` is a file, or PEM text itself; empty: the system's, which somebody else looks after.
void look_at_authority(const std::string& setting, const std::string& given, Findings& all) {
    if (given.empty()) return;
    std::string check = "certificate." + setting;
    std::transform(check.begin(), check.end(), check.begin(), [](unsigned char c) { return std::tolower(c); });
    std::string pem = given;
    if (given.find("-----BEGIN") == std::string::npos) {
        std::ostringstream content;
        content << std::ifstream(given).rdbuf();
        pem = content.str();
    }
    const auto certificate = last_to_end(pem);
    if (certificate) return judge_certificate(certificate.get(), check, "the authority of " + setting, all);
    all.push_back({Gravity::critical, check, setting + " holds no certificate that can be read",
                   "Connections that are checked with it fail.", "give the authority's certificate as PEM"});
}

// -- servers -------------------------------------------------------------------------------------------------

struct Server {
    std::string check;
    std::string whose;
    std::string host;
    int port = 0;
    bool (*begin)(Stream&);   // talks until TLS may begin; false where the server has none
};

bool at_once(Stream&) { return true; }
bool never(Stream&) { return false; }

/// The MySQL protocol: the server greets, and a client that wants TLS says so in the place of its sign-in.
bool after_greeting(Stream& stream) {
    std::array<char, 4> head{};
    stream.read(head.data(), head.size());
    const auto size = static_cast<std::size_t>(static_cast<unsigned char>(head[0])) |
                      static_cast<std::size_t>(static_cast<unsigned char>(head[1])) << 8U;
    std::string greeting(size, '\0');
    stream.read(greeting.data(), static_cast<std::streamsize>(size));
    // Protocol, version with a zero, thread, eight bytes of salt and a zero; then what it can do.
    const auto capabilities = greeting.find('\0', 1) + 1 + 4 + 8 + 1;
    if (!stream || greeting.empty() || capabilities + 2 > greeting.size()) return false;
    constexpr unsigned char tls_in_second_byte = 0x08;
    if ((static_cast<unsigned char>(greeting[capabilities + 1]) & tls_in_second_byte) == 0) return false;
    std::string wish("\x20\x00\x00\x01", 4);   // 32 bytes follow, the second packet
    wish += std::string("\x00\x8a\x00\x00", 4);   // protocol 4.1, TLS, secure sign-in
    wish += std::string("\x00\x00\x00\x01", 4);   // longest packet
    wish += '\x2d';                                // utf8mb4
    wish += std::string(23, '\0');
    stream.write(wish.data(), static_cast<std::streamsize>(wish.size()));
    stream.flush();
    return static_cast<bool>(stream);
}

/// A reply of SMTP (RFC 5321, section 4.2.1): the last of its lines has a blank behind its code.
bool has_said(Stream& stream, std::string_view code) {
    constexpr std::size_t code_length = 3;
    for (std::string line; std::getline(stream, line);) {
        if (line.size() > code_length && line[code_length] == '-') continue;
        return line.starts_with(code);
    }
    return false;
}

/// RFC 3207, section 4.
bool after_starttls(Stream& stream) {
    if (!has_said(stream, "220")) return false;
    stream << "EHLO localhost\r\n" << std::flush;
    if (!has_said(stream, "250")) return false;
    stream << "STARTTLS\r\n" << std::flush;
    return has_said(stream, "220");
}

/// Shakes hands, whoever it is: it is the end of the certificate that is asked for.
Certificate shown_by(int socket, const std::string& host, steady_clock::time_point limit) {
    const TlsContext context(SSL_CTX_new(TLS_client_method()));
    const Tls tls(SSL_new(context.get()));
    SSL_set_fd(tls.get(), socket);
    // As SSL_set_tlsext_host_name, a macro with a cast of the old kind.
    auto name = host;
    SSL_ctrl(tls.get(), SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, name.data());
    for (int outcome = SSL_connect(tls.get()); outcome != 1; outcome = SSL_connect(tls.get())) {
        const int wants = SSL_get_error(tls.get(), outcome);
        // It may want a certificate of ours, after it has shown its own.
        if (wants != SSL_ERROR_WANT_READ && wants != SSL_ERROR_WANT_WRITE) break;
        const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(limit - steady_clock::now()).count();
        pollfd poll{socket, static_cast<short>(wants == SSL_ERROR_WANT_READ ? POLLIN : POLLOUT), 0};
        if (left <= 0 || ::poll(&poll, 1, static_cast<int>(left)) != 1) break;
    }
    return Certificate(SSL_get1_peer_certificate(tls.get()));
}

/// Whether it could be reached.
bool look_at_server(const Server& server, Findings& all) {
    const auto limit = steady_clock::now() + std::chrono::seconds(5);
    Stream stream;
    stream.expires_at(limit);
    stream.connect(server.host, std::to_string(server.port));
    if (!stream) return false;
    if (!server.begin(stream)) return true;   // without TLS: others speak of that
    stream.socket().native_non_blocking(true);
    const auto certificate = shown_by(static_cast<int>(stream.socket().native_handle()), server.host, limit);
    if (certificate) judge_certificate(certificate.get(), server.check, server.whose + " (" + server.host + ")", all);
    return true;
}

/// `host:port`, or a host alone.
std::pair<std::string, int> place_of(const std::string& text, int usual_port) {
    const auto colon = text.rfind(':');
    if (colon == std::string::npos || text.find(':') != colon) return {text, usual_port};
    return {text.substr(0, colon), std::atoi(text.c_str() + colon + 1)};
}

void look_at_database_servers(const Settings& settings, Findings& all) {
    if (settings.embedded() || settings.mysql.tls == db::TlsMode::disabled) return;
    std::stringstream hosts(settings.mysql.hosts + "," + settings.mysql.read_hosts);
    for (std::string each; std::getline(hosts, each, ',');) {
        if (each.empty()) continue;
        const auto [host, port] = place_of(each, settings.mysql.port);
        look_at_server({"database.certificate", "the database server's certificate", host, port, after_greeting}, all);
    }
}

void look_at_redis_servers(const Settings& settings, Findings& all) {
    const auto& redis = settings.redis;
    if (!redis.present() || redis.tls == redis::Tls::disabled) return;
    auto nodes = redis.cluster_nodes;
    if (nodes.empty()) nodes.push_back(redis.host);
    for (const auto& each : nodes) {
        const auto [host, port] = place_of(each, redis.port);
        look_at_server({"redis.certificate", "the Redis server's certificate", host, port, at_once}, all);
    }
}

/// Nobody else looks at this server before a mail is due, so what keeps mails back is told here.
void look_at_mail_server(const Settings& settings, Findings& all) {
    const auto& mail = settings.mail;
    if (mail.smtp_host.empty()) return;
    const auto place = mail.smtp_host + ":" + std::to_string(mail.smtp_port);
    auto* begin = never;
    if (mail.smtp_tls == mail::Tls::tls) begin = at_once;
    if (mail.smtp_tls == mail::Tls::starttls) begin = after_starttls;
    const Server server{"mail.certificate", "the mail server's certificate", mail.smtp_host, mail.smtp_port, begin};
    if (look_at_server(server, all)) {
        all.push_back(diagnosis::fine("mail.server", "the mail server " + place + " can be reached"));
    } else {
        all.push_back({Gravity::warning, "mail.server", "the mail server " + place + " cannot be reached",
                       "Mails wait and are tried again; links of accounts come late or, after days, never.",
                       "look at SMTP_HOST and SMTP_PORT, and at the way there"});
    }
}

}   // namespace

void look_at_certificates(const Settings& settings, Findings& all) {
    if (!settings.embedded()) look_at_authority("DB_SSL_CA", settings.mysql.authorities, all);
    if (settings.redis.present()) look_at_authority("REDIS_CA", settings.redis.ca_file, all);
    look_at_authority("SMTP_CA", settings.mail.smtp_ca, all);
    look_at_database_servers(settings, all);
    look_at_redis_servers(settings, all);
    look_at_mail_server(settings, all);
}

}   // namespace caddy::app::doctor

#pragma once
// Outgoing mail. The seam has two sides: an SMTP server, and a folder of .eml files for a machine without one.
// Sent by jobs, never inside a request; blocking work happens off the event loop. One per process; event loop only.
#include "platform/runtime/context.hpp"
#include "platform/runtime/task.hpp"

#include <boost/describe/enum.hpp>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace caddy::mail {

/// One mail to one address.
struct Mail {
    std::string id;        // letters, digits, `-`, `_`, `.`: the same for every attempt to send the same mail
    std::string to;        // an address without a display name
    std::string subject;
    std::string text;      // lines end with \n
    std::string html{};    // the same as a page; empty: plain text alone
};

BOOST_DEFINE_ENUM_CLASS(Tls, none, starttls, tls)

struct Config {
    std::string from = "Caddy Shopping <shop@localhost>";   // `Name <address>` or an address alone
    std::string smtp_host;           // empty: the folder
    int smtp_port = 587;             // 1..65535
    Tls smtp_tls = Tls::starttls;    // starttls: refuses a server without; tls: from the first byte on
    std::string smtp_ca;             // PEM file of the authorities; empty: those of the system
    std::string smtp_user;           // empty: nobody signs in
    std::string smtp_password;
    int time_limit_ms = 20'000;      // 100..60000 for one mail
    int parallel = 2;                // 1..16 mails at a time
};

/// What is wrong with a configuration, one line each; empty when it can be used.
std::vector<std::string> faults(const Config&);

/// Hands mails over.
class Mailer {
public:
    virtual ~Mailer() = default;
    /// Returns once the mail is in other hands; throws Unavailable (and the job tries again) when it is not, and
    /// Permanent (and the job is parked) when the server will never have this mail. A mail may go out twice when the
    /// answer to the first try was lost; both then have the same Message-ID.
    virtual Task<> send(const Context&, Mail) = 0;
};

/// Writes each mail to a file of its own in `folder`, readable by its owner alone: mails hold secrets.
std::unique_ptr<Mailer> make_folder_mailer(const Config&, std::filesystem::path folder);

/// Speaks to the SMTP server of the configuration.
std::unique_ptr<Mailer> make_smtp_mailer(const Config&);

/// SMTP where a server is named, else the folder. REQUIRES: faults(config) is empty
std::unique_ptr<Mailer> make_mailer(const Config&, std::filesystem::path folder);

}   // namespace caddy::mail

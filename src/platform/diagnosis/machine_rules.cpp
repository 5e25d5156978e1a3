// Clocks, descriptors, disks, certificates; and the work that waits.
#include "platform/diagnosis/diagnosis.hpp"

#include <cstdlib>

namespace caddy::diagnosis {
namespace {

constexpr std::int64_t skew_ms_bad = 5'000;
constexpr std::int64_t skew_ms_noted = 500;

constexpr std::uint64_t gibibyte = 1ULL << 30;

constexpr int days_urgent = 14;
constexpr int days_soon = 30;

constexpr std::int64_t lag_s_max = 60;
constexpr std::int64_t lag_s_bad = 900;

std::string text_of(const std::vector<std::string>& words) {
    std::string text;
    for (const auto& word : words) text += (text.empty() ? "" : ", ") + word;
    return text;
}

}   // namespace

Finding judge(const ClockSkew& clock) {
    const auto off = std::abs(clock.ahead_ms) - clock.uncertain_ms;
    const auto found = "the clock of " + clock.server + " is " + std::to_string(std::abs(clock.ahead_ms)) + " ms " +
                       (clock.ahead_ms < 0 ? "behind" : "ahead of") + " this machine's (give or take " +
                       std::to_string(clock.uncertain_ms) + " ms)";
    if (off > skew_ms_bad) {
        return {Gravity::warning, clock.check, found,
                "Sessions, reservations and claims of jobs end too early or too late, and machines disagree on them.",
                "let every machine follow the same time source (chrony, systemd-timesyncd)"};
    }
    if (off > skew_ms_noted) {
        return {Gravity::note, clock.check, found, "Times of different machines cannot be compared to the second.",
                "let every machine follow the same time source"};
    }
    return fine(clock.check, found);
}

Finding judge(const FileLimit& limit) {
    const auto found = "a process may open " + std::to_string(limit.granted) + " files, a worker with all its "
                       "connections wants " + std::to_string(limit.wanted);
    if (limit.granted >= limit.wanted) return fine("machine.files", found);
    return {Gravity::warning, "machine.files", found,
            "Under load new connections are refused before HTTP_CONNECTIONS_MAX is reached.",
            "raise the limit (LimitNOFILE=, ulimit -Hn), or lower HTTP_CONNECTIONS_MAX"};
}

Finding judge(const Disk& disk) {
    const auto percent = disk.bytes_all == 0 ? 100 : disk.bytes_free * 100 / disk.bytes_all;
    const auto found = disk.folder + " has " + std::to_string(disk.bytes_free >> 20) + " MiB free (" +
                       std::to_string(percent) + " %)";
    const std::string check = "machine.disk";
    const std::string next = "make room, or move DATA_DIR";
    const std::string means = disk.holds_the_shop ? "When it is full, no order can be written."
                                                  : "When it is full, uploads and imports fail.";
    const bool files_short = disk.files_all > 0 && disk.files_free < disk.files_all / 50;
    if (disk.bytes_free < gibibyte / 4) return {Gravity::critical, check, found, means, next};
    if (disk.bytes_free < 2 * gibibyte && percent < 10) return {Gravity::warning, check, found, means, next};
    if (files_short) return {Gravity::warning, check, found + ", and few inodes are left", means, next};
    return fine(check, found);
}

Finding judge(const Certificate& certificate, std::chrono::sys_seconds now) {
    const auto days = std::chrono::duration_cast<std::chrono::days>(certificate.not_after - now).count();
    const std::string next = "renew it, and let the server load it";
    if (now >= certificate.not_after) {
        return {Gravity::critical, certificate.check,
                certificate.whose + " ended " + std::to_string(-days) + " days ago",
                "New connections that check it fail.", next};
    }
    if (now < certificate.not_before) {
        return {Gravity::critical, certificate.check, certificate.whose + " is not valid yet",
                "New connections that check it fail.", "look at this machine's clock, or wait"};
    }
    const auto found = certificate.whose + " ends in " + std::to_string(days) + " days";
    const std::string means = "From that day on new connections that check it fail.";
    if (days < days_urgent) return {Gravity::warning, certificate.check, found, means, next};
    if (days < days_soon) return {Gravity::note, certificate.check, found, means, next};
    return fine(certificate.check, found);
}

Findings judge(const Waiting& waiting) {
    Findings all;
    const auto counted = [](std::int64_t count, const char* what) { return std::to_string(count) + what; };
    const std::string see = "the reason stands in last_error under /api/v1/admin/jobs, where they can be run again";
    if (waiting.lag_s > lag_s_max) {
        all.push_back({waiting.lag_s > lag_s_bad ? Gravity::critical : Gravity::warning, "jobs.lag",
                       counted(waiting.due, " events are due, the oldest for ") + counted(waiting.lag_s, " s"),
                       "Mails, webhooks and what follows an order come late.",
                       "see that a process with SERVE_ROLE all or jobs runs and reaches the database; then add one"});
    } else {
        const auto found = counted(waiting.due, " events are due, ") + counted(waiting.leased, " in hand");
        all.push_back(fine("jobs.lag", found));
    }
    if (waiting.parked > 0) {
        all.push_back({Gravity::warning, "jobs.parked",
                       counted(waiting.parked, " events have failed for good: ") + text_of(waiting.parked_types),
                       "What should have followed them has not happened.", see});
    }
    if (waiting.overdue_leases > 0) {
        all.push_back({Gravity::warning, "jobs.stuck",
                       counted(waiting.overdue_leases, " events were begun, and their claims have run out since"),
                       "Whoever ran them has ended or hangs, and nobody has taken them up.",
                       "see that a process with SERVE_ROLE all or jobs runs; its log names those that end it"});
    }
    if (waiting.mails_parked > 0) {
        all.push_back({Gravity::warning, "mail.parked", counted(waiting.mails_parked, " mails were given up"),
                       "Customers wait for them.", "look at the SMTP_ settings and at " + see});
    } else {
        all.push_back(fine("mail.waiting", counted(waiting.mails_due, " mails wait")));
    }
    if (waiting.webhooks_broken > 0) {
        all.push_back({Gravity::warning, "webhooks.broken", counted(waiting.webhooks_broken, " webhooks are broken"),
                       "They failed for so long that they are called no more; what they missed is kept for a while.",
                       "mend the receiver, make the webhook active again, and deliver again what it missed"});
    }
    if (waiting.webhook_deliveries_late > 0) {
        all.push_back({Gravity::warning, "webhooks.late",
                       counted(waiting.webhook_deliveries_late, " deliveries are late"),
                       "Receivers learn of orders late.",
                       "look at the webhook's deliveries in the back office for slow or failing answers"});
    }
    return all;
}

}   // namespace caddy::diagnosis

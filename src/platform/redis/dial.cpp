#include "platform/redis/dial.hpp"

#include "platform/runtime/deadline.hpp"

#include <array>

namespace caddy::redis {
namespace {

using Words = std::vector<std::string_view>;

/// Throws Gone unless the server has said yes. What an access list forbids and nobody needs may fail.
Task<> sign_in(Dialogue& dialogue, const Setup& setup) {
    const auto& config = setup.config;
    const auto credentials = *setup.credentials;
    if (!credentials.password.empty()) {
        Words words{"AUTH"};
        if (!credentials.username.empty()) words.emplace_back(credentials.username);
        words.emplace_back(credentials.password);
        const auto reply = co_await dialogue.ask(encode(words));
        if (reply.is_error()) throw Gone(GoneReason::misconfigured, Gone::Effect::none, reply.bytes);
    }
    const Words name{"CLIENT", "SETNAME", "caddy-shopping"};
    (void)co_await dialogue.ask(encode(name));
    if (config.cluster_nodes.empty() && config.database != 0) {
        const auto number = std::to_string(config.database);
        const Words select{"SELECT", number};
        const auto reply = co_await dialogue.ask(encode(select));
        if (reply.is_error()) throw Gone(GoneReason::misconfigured, Gone::Effect::none, reply.bytes);
    }
    // Says more than the three before: a server that is reading its file answers LOADING.
    const Words ping{"PING"};
    const auto reply = co_await dialogue.ask(encode(ping));
    if (!reply.is_error()) co_return;
    const auto reason = reply.error_kind() == ErrorKind::loading       ? GoneReason::loading
                        : reply.error_kind() == ErrorKind::master_down ? GoneReason::master_down
                                                                       : GoneReason::misconfigured;
    throw Gone(reason, Gone::Effect::none, reply.bytes);
}

Task<Dialogue> reach(Dialing dialing, const Endpoint& to) {
    Dialogue dialogue(co_await connect_wire(to, dialing->tls.get()), dialing->config);
    co_await sign_in(dialogue, *dialing);
    co_return dialogue;
}

}   // namespace

Task<Reply> Dialogue::receive() {
    std::array<char, 16'384> buffer{};
    for (;;) {
        if (auto reply = decoder_.next()) co_return std::move(*reply);
        const auto size = co_await wire_->read_some(buffer);
        decoder_.feed({buffer.data(), size});
    }
}

Task<Reply> Dialogue::ask(std::string bytes) {
    co_await send(bytes);
    co_return co_await receive();
}

Task<Dialogue> dial(Dialing dialing, Endpoint to) {
    const auto limit = std::chrono::steady_clock::now() + std::chrono::milliseconds(dialing->config.connect_limit_ms);
    auto reason = GoneReason::unreachable;
    std::string text;
    try {
        co_return co_await with_deadline(reach(dialing, to), limit);
    } catch (const Gone& gone) {
        reason = gone.reason;
        text = gone.what();
    } catch (const DeadlineExceeded&) {
        text = "no answer within " + std::to_string(dialing->config.connect_limit_ms) + " ms";
    } catch (const boost::system::system_error& error) {
        if (error.code() == asio::error::operation_aborted) throw;
        text = error.code().message();
    } catch (const std::exception& fault) {
        text = fault.what();
    }
    throw Gone(reason, Gone::Effect::none, "redis: " + to.text() + ": " + text);
}

std::string told(const std::exception_ptr& fault) {
    try {
        std::rethrow_exception(fault);
    } catch (const boost::system::system_error& error) {
        return error.code().message();
    } catch (const std::exception& error) {
        return error.what();
    }
}

}   // namespace caddy::redis

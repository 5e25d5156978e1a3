#pragma once
// One request on its way through the house: gate, handler, answer. Knows no socket. Private to the folder.
#include "platform/http/edge.hpp"
#include "platform/http/finish.hpp"
#include "platform/http/head.hpp"

#include <boost/asio/ip/address.hpp>

#include <chrono>
#include <optional>

namespace caddy::http {

class Exchange {
public:
    Exchange(Edge&, Head, const asio::ip::address& peer);
    Exchange(const Exchange&) = delete;

    /// Who asks, how often, for what, and whether they may. Before the body is read, so that nobody uploads in vain.
    /// An answer, or nothing when the request may go on.
    Task<std::optional<Response>> gate();

    /// The handler's answer within its deadline, or the problem in its place. Faults end here and go no further.
    Task<std::optional<Response>> handle();

    Response refuse(const Error& error) const { return problem(error, request_.ctx, request_.path); }
    Response refuse(const HeadFault& fault) const {
        return problem(fault.kind, fault.detail, request_.ctx, request_.path);
    }
    Response too_large() const;
    Response timed_out() const;
    Response no_room() const;

    std::size_t body_limit() const;
    std::string& body() { return request_.body; }
    const Head& head() const { return head_; }

    /// True when the body goes into a file, which `open_upload` gives to the request. Blocks for a moment.
    bool spools() const { return route_ && route_->body == Body::spooled; }
    std::shared_ptr<Upload> open_upload();

    /// The next piece of an answer that comes in pieces.
    struct Piece {
        enum class State { more, end, broken } state = State::end;
        std::string bytes{};
    };
    Task<Piece> next_piece(WireAnswer&);

    WireAnswer finish(Response, bool closes);

    /// Tells the log and the metrics.
    void note(const WireAnswer&, std::size_t body_bytes_in);

private:
    Task<std::optional<Response>> guarded(Task<std::optional<Response>>);
    Task<std::optional<Response>> examine();
    Task<std::optional<Response>> run_handler();
    Task<std::optional<Response>> authenticate();
    Task<std::optional<Response>> check_limits();
    bool only_reads() const;
    Response answer_options(const std::string& allow) const;
    std::chrono::milliseconds time_limit() const;
    void read_client(const asio::ip::address& peer);
    void begin_span();
    void end_span(int status);

    Edge& edge_;
    Head head_;   // its target and headers have moved into the request
    Request request_;
    const Route* route_ = nullptr;
    std::string allow_;
    std::string limit_key_;
    std::optional<limit::Decision> limits_;
    std::chrono::steady_clock::time_point begun_ = std::chrono::steady_clock::now();
};

}  // namespace caddy::http

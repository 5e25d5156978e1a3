#include "platform/http/ready_lane.hpp"

#include "platform/http/finish.hpp"
#include "platform/telemetry/trace.hpp"

namespace caddy::http {
namespace {

constexpr std::size_t batch_max = 16;

}   // namespace

ReadyLane::ReadyLane(Edge& edge, const asio::ip::address& peer) : edge_(edge), peer_(peer) {}

std::size_t ReadyLane::answer(std::string_view in) {
    if (!edge_.services.ready || edge_.draining || edge_.stopping) return 0;
    begun_ = std::chrono::steady_clock::now();
    std::size_t taken = 0;
    while (taken < in.size() && given_.size() < batch_max) {
        const auto request = read_plain_get(in.substr(taken), static_cast<std::size_t>(edge_.config.header_count_max));
        if (!request || request->head_bytes > static_cast<std::size_t>(edge_.config.header_bytes_max)) break;
        if (!answer_one(*request)) break;
        taken += request->head_bytes;
    }
    gather();
    return taken;
}

void ReadyLane::gather() {
    std::size_t at = 0;
    for (const auto& each : given_) {
        buffers_.emplace_back(heads_.data() + at, each.head_bytes);
        if (!each.body.empty()) buffers_.emplace_back(each.body.data(), each.body.size());
        at += each.head_bytes;
    }
}

Encoding ReadyLane::weighed(std::string_view accept_encoding) {
    if (accept_encoding == accept_encoding_) return accepted_;
    accepted_ = negotiate(accept_encoding);
    accept_encoding_ = accept_encoding;
    return accepted_;
}

/// False leaves everything as it was. What costs or counts something comes last.
bool ReadyLane::answer_one(const PlainGet& request) {
    if (!request.request_id.empty() && !is_request_id(request.request_id)) return false;
    auto* reply = edge_.services.ready->find(request.target, begun_);
    if (!reply) return false;
    if (trace::draw_root()) return false;   // the span that begins next is this request's
    std::optional<limit::Decision> limits;
    if (edge_.services.limiter) {
        limits = admit(request);
        if (!limits) return false;
    }
    const auto answer = reply->answer(weighed(request.accept_encoding), request.if_none_match, edge_.config);
    const auto before = heads_.size();
    heads_.append(answer.head);
    const auto id = put_moment(request, limits);
    given_.push_back({reply->route().pattern, answer.status, id, heads_.size() - before, answer.body, reply->body()});
    bytes_ += given_.back().head_bytes + answer.body.size();
    edge_.services.ready->note_given(*reply);
    return true;
}

std::optional<limit::Decision> ReadyLane::admit(const PlainGet& request) {
    if (peer_key_.empty()) peer_key_ = limit_key(edge_.proxies.client(peer_, {}));
    const auto now = edge_.services.clock.now();
    auto& limiter = *edge_.services.limiter;
    if (request.forwarded_for.empty()) return limiter.admit_at_once(limit::Tier::api, peer_key_, now);
    const auto client = edge_.proxies.client(peer_, {request.forwarded_for});
    return limiter.admit_at_once(limit::Tier::api, limit_key(client), now);
}

ReadyLane::Part ReadyLane::put_moment(const PlainGet& request, const std::optional<limit::Decision>& limits) {
    heads_.append("Date: ").append(edge_.date()).append("\r\nX-Request-Id: ");
    Part id{heads_.size()};
    if (request.request_id.empty()) edge_.write_request_id(heads_);
    else heads_.append(request.request_id);
    id.size = heads_.size() - id.at;
    heads_.append("\r\n");
    if (limits) put_limits(heads_, *limits);
    heads_.append("\r\n");
    return id;
}

void ReadyLane::note_sent() {
    const auto duration =
        std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - begun_);
    for (const auto& each : given_) {
        const Finished finished{.method = "GET",
                                .route = each.route,
                                .status = each.status,
                                .duration = duration,
                                .bytes_out = each.body.size()};
        if (edge_.services.observe) edge_.services.observe(finished);
        if (edge_.logs_next())
            log_request(finished, std::string_view(heads_).substr(each.id.at, each.id.size), nullptr);
    }
    buffers_.clear();
    given_.clear();
    heads_.clear();
    bytes_ = 0;
}

}   // namespace caddy::http

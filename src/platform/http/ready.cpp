#include "platform/http/ready.hpp"

#include "core/assert.hpp"
#include "platform/http/finish.hpp"

namespace caddy::http {
namespace {

constexpr int ok_status = 200;
constexpr int not_modified_status = 304;

}   // namespace

// What is prepared was compressed or not by then: the configuration has no more part in it.
ReadyReply::ReadyReply(const Route& route, Response reply)
    : route_(route), reply_(std::move(reply)), has_codings_(has_codings(reply_, ServerConfig{})) {
    CADDY_ASSERT(reply_.status == ok_status && reply_.prepared && !reply_.rest);
    if (reply_.etag.empty()) reply_.etag = reply_.prepared->etag;
}

ReadyReply::Answer ReadyReply::answer(Encoding accepted, std::string_view if_none_match, const ServerConfig& config) {
    const auto encoding = has_codings_ ? accepted : Encoding::identity;
    const auto& kept = written(encoding, config);
    if (!if_none_match.empty() && matches_none_match(if_none_match, kept.etag))
        return {not_modified_status, kept.not_modified, {}};
    return {ok_status, kept.whole, body_in(*reply_.prepared, encoding)};
}

ReadyReply::Written& ReadyReply::written(Encoding encoding, const ServerConfig& config) {
    auto& kept = written_[static_cast<std::size_t>(encoding)];
    if (!kept.whole.empty()) return kept;
    auto form = form_in(reply_, encoding);
    form.varies = has_codings_;
    put_fixed(kept.whole, ok_status, reply_, form, config);
    kept.whole.append("Content-Length: ")
        .append(std::to_string(body_in(*reply_.prepared, encoding).size()))
        .append("\r\n");
    put_fixed(kept.not_modified, not_modified_status, reply_, form, config);
    kept.etag = std::move(form.etag);
    return kept;
}

std::size_t ReadyReply::bytes() const {
    constexpr std::size_t heads = 3 * 2 * 512;
    return sizeof(ReadyReply) + heads;
}

}   // namespace caddy::http

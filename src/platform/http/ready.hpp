#pragma once
// Replies that are kept as bytes, so that a request for one of them is answered without its route's handler, and
// without most of what stands before it.
#include "platform/http/compress.hpp"
#include "platform/http/response.hpp"
#include "platform/http/server_config.hpp"

#include <array>
#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

namespace caddy::http {

struct Route;

/// A reply to a GET, with the heads of its answers. One event loop.
class ReadyReply {
public:
    /// REQUIRES: status 200, and a prepared body.
    ReadyReply(const Route&, Response);

    const Route& route() const { return route_; }

    /// What goes out: lines that are the same each time, and a body. The caller adds the lines of the moment, and the
    /// empty one.
    struct Answer {
        int status;
        const std::string& head;
        std::string_view body;
    };
    /// By the rules of finish(). REQUIRES: `config` is the same each time.
    Answer answer(Encoding accepted, std::string_view if_none_match, const ServerConfig& config);

    /// Keeps the body for as long as somebody sends it.
    const std::shared_ptr<const Prepared>& body() const { return reply_.prepared; }

    /// Memory beside the body, about, once its heads are written.
    std::size_t bytes() const;

private:
    struct Written {
        std::string etag;
        std::string whole;           // the head of 200
        std::string not_modified;    // of 304
    };
    Written& written(Encoding, const ServerConfig&);

    const Route& route_;
    Response reply_;
    bool has_codings_;
    std::array<Written, 3> written_;   // by encoding
};

/// Where they are kept.
class ReadyReplies {
public:
    virtual ~ReadyReplies() = default;
    /// The reply to a GET of exactly this target that may go out now as it is; null where there is none. It is there
    /// until the event loop goes on.
    virtual ReadyReply* find(std::string_view target, std::chrono::steady_clock::time_point now) = 0;
    /// It went out.
    virtual void note_given(const ReadyReply&) = 0;
};

}   // namespace caddy::http

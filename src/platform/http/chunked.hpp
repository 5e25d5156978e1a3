#pragma once
// The body of a request with `Transfer-Encoding: chunked`, decoded by Beast's parser. Private to the folder.
#include <cstddef>
#include <memory>
#include <string>

namespace caddy::http {

class ChunkedBody {
public:
    explicit ChunkedBody(std::size_t bytes_max);
    ~ChunkedBody();

    enum class State { more, done, malformed, too_large };
    /// Takes what it can off the front of `in`.
    State feed(std::string& in);
    /// What was decoded since it was asked last. Trailers are dropped: they came after the head was judged.
    std::string take();

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace caddy::http

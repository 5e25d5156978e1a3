#pragma once
// The short way of a connection: requests for replies that are ready are answered from their bytes, several at a time
// where they come so. Limits, request ids, metrics, the access log and traces are as on the whole path; what this one
// cannot do with certainty it leaves to that one. Private to the folder.
#include "platform/http/edge.hpp"
#include "platform/http/plain_get.hpp"
#include "platform/http/ready.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/address.hpp>

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace caddy::http {

class ReadyLane {
public:
    ReadyLane(Edge&, const asio::ip::address& peer);

    /// Answers the first requests of `in` for as long as it can. How many bytes they took; 0: the whole path goes on.
    std::size_t answer(std::string_view in);

    /// What is to be sent, all together; there until `note_sent`.
    const std::vector<asio::const_buffer>& buffers() const { return buffers_; }
    std::size_t bytes() const { return bytes_; }

    /// All of it was sent, or the connection is gone: tells the metrics and the log.
    void note_sent();

private:
    struct Part {   // of the heads
        std::size_t at;
        std::size_t size = 0;
    };
    struct Given {
        std::string_view route;
        int status;
        Part id;
        std::size_t head_bytes;
        std::string_view body;
        std::shared_ptr<const Prepared> keeps_body;
    };
    bool answer_one(const PlainGet&);
    std::optional<limit::Decision> admit(const PlainGet&);
    Encoding weighed(std::string_view accept_encoding);
    void gather();
    Part put_moment(const PlainGet&, const std::optional<limit::Decision>&);

    Edge& edge_;
    const asio::ip::address& peer_;
    std::string peer_key_;   // what the peer's own requests are counted under
    std::string heads_;
    std::vector<Given> given_;
    std::vector<asio::const_buffer> buffers_;
    std::string accept_encoding_;   // that was weighed last: a caller says the same each time
    Encoding accepted_ = Encoding::identity;
    std::size_t bytes_ = 0;
    std::chrono::steady_clock::time_point begun_;
};

}   // namespace caddy::http

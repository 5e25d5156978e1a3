#pragma once
// One connection, from its first byte to its close: reads requests strictly and within limits, has them answered in
// order, and ends so that the last answer arrives. Private to the folder; one event loop.
#include "platform/http/edge.hpp"
#include "platform/http/exchange.hpp"
#include "platform/http/ready_lane.hpp"

#include <boost/asio/ip/tcp.hpp>

#include <chrono>
#include <list>
#include <optional>
#include <string>

namespace caddy::http {

class Session {
public:
    Session(Edge&, asio::ip::tcp::socket);
    Session(const Session&) = delete;
    ~Session();

    /// Serves until the connection ends.
    Task<> run();

    /// Called by the server's watch: cuts off a wait that is over its limit.
    void check_limit(std::chrono::steady_clock::time_point now);
    /// The server stops: an idle connection waits no longer than until `grace_end` for a request that is on its way.
    void note_stop(std::chrono::steady_clock::time_point grace_end);
    /// Cuts off whatever the connection waits for.
    void abort();

private:
    enum class Wait { data, closed, timed_out };
    enum class Body { complete, too_large, malformed, timed_out, closed, no_room };
    enum class Onward { yes, no };

    Task<Onward> serve_ready();
    Task<bool> send_rest(std::size_t sent);
    Task<std::optional<Head>> read_head();
    void begin_idling();
    void end_idling();
    std::optional<HeadFault> judge_beginning() const;
    Task<> refuse_head(std::optional<HeadFault>);
    Task<Onward> exchange(Head);
    Task<std::optional<Response>> answer(Exchange&, bool& closes);
    Task<bool> ask_for_body();
    Task<Body> read_body(Exchange&, std::size_t limit);
    Task<Body> read_counted(std::string& body, std::uint64_t length);
    Task<Body> read_chunked(std::string& body, std::size_t limit);
    Task<Body> spool(Exchange&, std::size_t limit);
    Task<Body> spool_counted(Upload&, std::uint64_t length);
    Task<Body> spool_chunked(Upload&, std::size_t limit);
    Task<Wait> read_more(std::size_t chunk_bytes);
    Task<bool> write(const WireAnswer&);
    Task<bool> write_rest(Exchange&, WireAnswer&);
    Task<bool> write_piece(const WireAnswer&, std::string_view piece);
    void reset();
    Task<> linger();
    void arm(std::chrono::steady_clock::time_point limit);
    void arm(std::chrono::milliseconds limit) { arm(std::chrono::steady_clock::now() + limit); }
    void disarm();
    std::chrono::milliseconds time_for(std::uint64_t bytes, int base_ms) const;

    Edge& edge_;
    asio::ip::tcp::socket socket_;
    asio::ip::address peer_;
    ReadyLane lane_{edge_, peer_};
    std::list<Session*>::iterator place_;
    std::string in_;               // read and not yet consumed
    std::size_t body_bytes_in_ = 0;
    std::chrono::steady_clock::time_point limit_ = std::chrono::steady_clock::time_point::max();
    bool timed_out_ = false;
    bool idle_ = false;
    bool aborted_ = false;
};

}  // namespace caddy::http

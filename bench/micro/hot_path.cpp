#include "bench/micro/hot_path.hpp"

#include "bench/micro/hot_server.hpp"
#include "bench/micro/samples.hpp"
#include "platform/cache/store.hpp"
#include "platform/http/head.hpp"
#include "platform/json/decode.hpp"

#include <memory>
#include <stdexcept>

namespace caddy::bench {
namespace {

/// Everything that the pieces work with.
struct Bench {
    HotServer server{Limits::on};
    HotServer unlimited{Limits::off};
    catalog::Product product = sample_product();
    Page<catalog::Card> page = sample_page();
    std::vector<pricing::Item> items = sample_items();
    std::string out;
    std::string line_body;
    http::Request routed;
    cache::Store store{64 << 20};
    limit::WindowTable windows{1'000};
    SystemClock clock;

    Bench() {
        json::write(line_body, AddLine{product.variants.front().id, 2});
        routed.method = "GET";
        for (int i = 0; i < 1'000; ++i) {
            cache::Reply reply;
            reply.prepared = http::prepare(std::string(1'500, 'x'), "application/json");
            store.put("catalog.product14:product-" + std::to_string(1'000 + i),
                      std::make_shared<const cache::Reply>(std::move(reply)));
        }
    }
};

/// Made once.
Bench& bench() {
    static Bench one;
    return one;
}

void request_of(HotServer& server, const std::string& bytes, int status = 200) { server.ask(bytes, status); }

void add_requests(std::vector<Piece>& pieces) {
    auto& b = bench();
    static const auto product = get("/api/v1/products/quilted-jacket");
    static const auto list = get("/api/v1/products?limit=20&sort=price");
    static const auto packed = get("/api/v1/products/quilted-jacket", "Accept-Encoding: gzip, deflate, br\r\n");
    static const auto unchanged = get("/api/v1/products/quilted-jacket", "If-None-Match: *\r\n");
    static const auto fresh = get("/api/v1/fresh/quilted-jacket");
    static const auto missing = get("/api/v1/nothing/here");
    pieces.push_back({"request: product, kept", [&b] { request_of(b.server, product); }});
    pieces.push_back({"request: product, kept, without limits", [&b] { request_of(b.unlimited, product); }});
    pieces.push_back({"request: product, kept, brotli", [&b] { request_of(b.server, packed); }});
    pieces.push_back({"request: product, not modified", [&b] { request_of(b.server, unchanged, 304); }});
    pieces.push_back({"request: list of 20, kept", [&b] { request_of(b.server, list); }});
    pieces.push_back({"request: product, written anew", [&b] { request_of(b.server, fresh); }});
    pieces.push_back({"request: nothing there", [&b] { request_of(b.server, missing, 404); }});
}

void add_parts(std::vector<Piece>& pieces) {
    auto& b = bench();
    static const auto head = get("/api/v1/products?limit=20&sort=price&filter%5Bcategory%5D=%E8%8C%B6");
    pieces.push_back({"head: read", [] {
                          const auto read = http::parse_head(head, {});
                          if (read.has_error()) throw std::runtime_error("the head is right");
                          keep(&read);
                      }});
    pieces.push_back({"route: matched", [&b] {
                          b.routed.path = "/api/v1/carts/cart_01hq3v7k2m9y2/lines/line_01hq3v7k2m9y2";
                          const auto match = b.server.router().match(b.routed);
                          if (!match.route) throw std::runtime_error("the route is there");
                          keep(&match);
                      }});
    pieces.push_back({"json: product written", [&b] {
                          b.out.clear();
                          json::write(b.out, b.product);
                          keep(b.out.data());
                      }});
    pieces.push_back({"json: page of 20 written", [&b] {
                          b.out.clear();
                          json::write(b.out, b.page);
                          keep(b.out.data());
                      }});
    pieces.push_back({"json: body read", [&b] {
                          const auto line = json::from_json<AddLine>(b.line_body);
                          if (line.has_error()) throw std::runtime_error("the body is right");
                          keep(&line);
                      }});
    pieces.push_back({"money: bill of 10 lines", [&b] {
                          const auto bill = pricing::bill(b.items, {500, b.items.front().unit_price.currency},
                                                          {1'000, b.items.front().unit_price.currency}, {});
                          keep(&bill);
                      }});
    pieces.push_back({"cache: found among 1000", [&b] {
                          static int turn = 0;
                          turn = (turn + 7) % 1'000;
                          const auto reply = b.store.find("catalog.product14:product-" + std::to_string(1'000 + turn));
                          if (!reply) throw std::runtime_error("the reply is kept");
                          keep(reply.get());
                      }});
    pieces.push_back({"limit: drawn twice", [&b] {
                          static constexpr std::array<limit::TierDraw, 2> draws{
                              {{limit::Tier::api, {1'000'000'000, 60}}, {limit::Tier::global, {1'000'000'000, 60}}}};
                          const auto decision = limit::draw(b.windows, draws, "10.0.0.1", b.clock.now());
                          keep(&decision);
                      }});
}

std::vector<Piece> make() {
    std::vector<Piece> pieces;
    add_requests(pieces);
    add_parts(pieces);
    return pieces;
}

}   // namespace

const std::vector<Piece>& hot_path() {
    static const auto pieces = make();
    return pieces;
}

void keep(const void* value) { asm volatile("" : : "g"(value) : "memory"); }

}   // namespace caddy::bench

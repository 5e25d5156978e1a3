// A chunked body in pieces: networks cut where they like.
#include "platform/http/chunked.hpp"

#include <gtest/gtest.h>

namespace caddy::http {
namespace {

using State = ChunkedBody::State;

struct Outcome {
    State state = State::more;
    std::string body;
    std::string left;
};

Outcome read(std::string_view text, std::size_t piece) {
    ChunkedBody body(100);
    Outcome outcome;
    for (std::size_t at = 0; at < text.size(); at += piece) {
        outcome.left += text.substr(at, piece);
        if (outcome.state == State::more) outcome.state = body.feed(outcome.left);
        outcome.body += body.take();
    }
    return outcome;
}

TEST(ChunkedBodies, AreTheSameInPiecesOfAnySize) {
    constexpr std::string_view text = "5\r\nhello\r\n1;x=y\r\n!\r\n0\r\nX-Trailer: t\r\n\r\n";
    for (std::size_t piece = 1; piece <= text.size(); ++piece) {
        const auto outcome = read(text, piece);
        EXPECT_EQ(outcome.state, State::done) << piece;
        EXPECT_EQ(outcome.body, "hello!") << piece;
        EXPECT_EQ(outcome.left, "") << piece;
    }
}

TEST(ChunkedBodies, MayHoldWhatFramingMayNot) {
    constexpr std::string_view text = "6\r\n\rA.\nAA\r\n3\r\n\n\n\n\r\n0\r\n\r\n";
    for (std::size_t piece = 1; piece <= text.size(); ++piece) {
        const auto outcome = read(text, piece);
        EXPECT_EQ(outcome.state, State::done) << piece;
        EXPECT_EQ(outcome.body, "\rA.\nAA\n\n\n") << piece;
    }
}

TEST(ChunkedBodies, EndWhereTheyEndAndTheNextRequestStays) {
    EXPECT_EQ(read("1\r\na\r\n0\r\n\r\nGET", 100).left, "GET");
    EXPECT_EQ(read("0\r\n\r\n", 1).state, State::done);
}

TEST(ChunkedBodies, ThatAreMalformedAreRefusedInPiecesOfAnySize) {
    for (const std::string_view text :
         {"0\r\n\1\2\3\4\5\r\n\r\n", "5\nhello\r\n0\r\n\r\n", "-1\r\n\r\n\r\n", "1\r\nab\r\n0\r\n\r\n",
          "1;x=\"\n\"\r\na\r\n0\r\n\r\n", "1\r\na\r\n0;x=\"\r\n\r\n\"\r\n\r\n"}) {
        for (std::size_t piece = 1; piece <= text.size(); ++piece)
            EXPECT_EQ(read(text, piece).state, State::malformed) << text << piece;
    }
    EXPECT_EQ(read("65\r\n" + std::string(101, 'a'), 7).state, State::too_large);
}

}   // namespace
}   // namespace caddy::http

#include "platform/http/compress.hpp"

#include "platform/crypto/digest.hpp"
#include "platform/http/head.hpp"
#include "platform/http/response.hpp"

#include <brotli/encode.h>
#include <zlib.h>

#include <array>
#include <optional>
#include <stdexcept>

namespace caddy::http {

namespace {

// Past this size a second of a processor's time would be felt by everybody on the loop: quicker and a little larger.
constexpr std::size_t large_bytes = 256 * 1024;

/// A weight in thousandths; nothing when it is not one.
std::optional<int> parse_weight(std::string_view text) {
    if (text.empty() || text.size() > 5 || (text[0] != '0' && text[0] != '1')) return std::nullopt;
    int weight = text[0] == '1' ? 1000 : 0;
    if (text.size() == 1) return weight;
    if (text[1] != '.') return std::nullopt;
    int scale = 100;
    for (const char c : text.substr(2)) {
        if (c < '0' || c > '9') return std::nullopt;
        weight += (c - '0') * scale;
        scale /= 10;
    }
    return weight > 1000 ? std::nullopt : std::optional(weight);
}

int weight_of(std::string_view parameters) {
    const auto text = in_lower_case(without_blanks(parameters));
    if (text.empty()) return 1000;
    if (!text.starts_with("q=")) return 0;
    return parse_weight(std::string_view(text).substr(2)).value_or(0);
}

std::string gzipped(std::string_view data) {
    z_stream stream{};
    constexpr int gzip_window = 15 + 16;
    const int level = data.size() > large_bytes ? 2 : 6;
    if (deflateInit2(&stream, level, Z_DEFLATED, gzip_window, 8, Z_DEFAULT_STRATEGY) != Z_OK)
        throw std::runtime_error("gzip failed");
    std::string out(deflateBound(&stream, data.size()), '\0');
    stream.next_in =
        reinterpret_cast<Bytef*>(const_cast<char*>(data.data()));   // zlib's face knows no const; it does not write
    stream.avail_in = static_cast<uInt>(data.size());
    stream.next_out = reinterpret_cast<Bytef*>(out.data());
    stream.avail_out = static_cast<uInt>(out.size());
    const int outcome = deflate(&stream, Z_FINISH);
    out.resize(stream.total_out);
    deflateEnd(&stream);
    if (outcome != Z_STREAM_END) throw std::runtime_error("gzip failed");
    return out;
}

std::string brotlied(std::string_view data) {
    const int quality = data.size() > large_bytes ? 2 : 4;
    std::string out(BrotliEncoderMaxCompressedSize(data.size()), '\0');
    auto size = out.size();
    if (!BrotliEncoderCompress(quality, BROTLI_DEFAULT_WINDOW, BROTLI_MODE_TEXT, data.size(),
                               reinterpret_cast<const std::uint8_t*>(data.data()), &size,
                               reinterpret_cast<std::uint8_t*>(out.data()))) {
        throw std::runtime_error("brotli failed");
    }
    out.resize(size);
    return out;
}

}  // namespace

std::string_view encoding_name(Encoding encoding) {
    switch (encoding) {
        case Encoding::identity: return "";
        case Encoding::gzip: return "gzip";
        case Encoding::brotli: return "br";
    }
    return "";
}

namespace {

struct Weights {
    std::optional<int> gzip{}, brotli{}, identity{}, others{};
};

Weights read_weights(std::string_view accept_encoding) {
    Weights weights;
    auto& [gzip, brotli, identity, others] = weights;
    for (const auto member : list_members(accept_encoding)) {
        const auto semicolon = member.find(';');
        const auto coding = in_lower_case(without_blanks(member.substr(0, semicolon)));
        const int weight = weight_of(semicolon == std::string_view::npos ? "" : member.substr(semicolon + 1));
        if (coding == "gzip" || coding == "x-gzip")
            gzip = weight;
        else if (coding == "br")
            brotli = weight;
        else if (coding == "identity")
            identity = weight;
        else if (coding == "*")
            others = weight;
    }
    return weights;
}

}  // namespace

Encoding negotiate(std::string_view accept_encoding) {
    const auto [gzip, brotli, identity, others] = read_weights(accept_encoding);
    const int for_gzip = gzip.value_or(others.value_or(0));
    const int for_brotli = brotli.value_or(others.value_or(0));
    // Identity that nobody named is acceptable, and never preferred.
    const int for_identity = identity.value_or(0);
    if (for_brotli > 0 && for_brotli >= for_gzip && for_brotli >= for_identity) return Encoding::brotli;
    if (for_gzip > 0 && for_gzip >= for_identity) return Encoding::gzip;
    return Encoding::identity;
}

bool takes_gzip(std::string_view accept_encoding) {
    const auto weights = read_weights(accept_encoding);
    const int gzip = weights.gzip.value_or(weights.others.value_or(0));
    return gzip > 0 && gzip >= weights.identity.value_or(0);
}

bool is_compressible(std::string_view content_type) {
    const auto type = content_type.substr(0, content_type.find(';'));
    return type.starts_with("text/") || type.ends_with("json") || type.ends_with("xml") || type.ends_with("yaml") ||
           type == "application/javascript" || type == "image/svg+xml" || type == "application/wasm";
}

struct Gzipper::Stream {
    z_stream z{};
};

Gzipper::Gzipper() : stream_(std::make_unique<Stream>()) {
    constexpr int gzip_window = 15 + 16;
    constexpr int quick = 2;   // what comes in pieces is large
    if (deflateInit2(&stream_->z, quick, Z_DEFLATED, gzip_window, 8, Z_DEFAULT_STRATEGY) != Z_OK)
        throw std::runtime_error("gzip failed");
}

Gzipper::~Gzipper() { deflateEnd(&stream_->z); }

std::string Gzipper::add(std::string_view piece, Last last) {
    auto& z = stream_->z;
    z.next_in =
        reinterpret_cast<Bytef*>(const_cast<char*>(piece.data()));   // zlib's face knows no const; it does not write
    z.avail_in = static_cast<uInt>(piece.size());
    const int flush = last == Last::yes ? Z_FINISH : Z_NO_FLUSH;
    std::string out;
    std::array<Bytef, std::size_t{16} * 1024> room;
    do {
        z.next_out = room.data();
        z.avail_out = static_cast<uInt>(room.size());
        if (deflate(&z, flush) == Z_STREAM_ERROR) throw std::runtime_error("gzip failed");
        out.append(reinterpret_cast<const char*>(room.data()), reinterpret_cast<const char*>(z.next_out));
    } while (z.avail_out == 0);
    return out;
}

std::string compressed(Encoding encoding, std::string_view data) {
    return encoding == Encoding::gzip ? gzipped(data) : brotlied(data);
}

std::shared_ptr<const Prepared> prepare(std::string body, std::string_view content_type) {
    constexpr std::size_t worthwhile_bytes = 1024;
    Prepared prepared;
    prepared.etag = crypto::sha256_hex(body).substr(0, 32);
    if (body.size() >= worthwhile_bytes && is_compressible(content_type)) {
        prepared.gzip = gzipped(body);
        prepared.brotli = brotlied(body);
    }
    prepared.identity = std::move(body);
    return std::make_shared<const Prepared>(std::move(prepared));
}

}  // namespace caddy::http

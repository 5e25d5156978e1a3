#pragma once
// Content codings: which one a caller wants, and the bytes. Pure; any thread.
#include <memory>
#include <string>
#include <string_view>

namespace caddy::http {

enum class Encoding { identity, gzip, brotli };

/// `gzip`, `br`; empty for identity.
std::string_view encoding_name(Encoding);

/// The coding that `Accept-Encoding` values most (RFC 9110, section 12.5.3), brotli before gzip where both are equal.
/// Identity where nothing else is wanted.
Encoding negotiate(std::string_view accept_encoding);

/// True for what shrinks: texts, JSON, SVG, not pictures and archives.
bool is_compressible(std::string_view content_type);

/// True when the caller takes gzip, and not less than the plain form: for bodies that come in pieces.
bool takes_gzip(std::string_view accept_encoding);

/// gzip of a text that comes in pieces.
class Gzipper {
public:
    Gzipper();
    ~Gzipper();
    Gzipper(const Gzipper&) = delete;
    enum class Last { no, yes };
    /// The bytes that are complete by now; may be empty for a while.
    std::string add(std::string_view piece, Last);

private:
    struct Stream;
    std::unique_ptr<Stream> stream_;
};

/// REQUIRES: not identity.
std::string compressed(Encoding, std::string_view);

}  // namespace caddy::http

#pragma once
// Content codings: which one a caller wants, and the bytes. Pure; any thread.
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

/// REQUIRES: not identity.
std::string compressed(Encoding, std::string_view);

}  // namespace caddy::http

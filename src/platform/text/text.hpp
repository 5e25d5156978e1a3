#pragma once
// Text from people: Unicode normalised where it is compared, control characters refused, HTML cleaned.
#include <cstddef>
#include <string>
#include <string_view>

namespace caddy::text {

/// True for well-formed UTF-8 (RFC 3629).
bool is_utf8(std::string_view);
/// Normalisation form C. REQUIRES: is_utf8.
std::string nfc(std::string_view);
/// Code points. REQUIRES: is_utf8.
std::size_t length(std::string_view);
/// True when there are no control characters (C0, C1, DEL, bidirectional overrides), line breaks included.
bool is_single_line(std::string_view);
/// The same, but line feeds and tabs may be there.
bool is_multi_line(std::string_view);
/// Without white space (Unicode's included) at both ends.
std::string trimmed(std::string_view);
/// Case folded as Unicode does it (`Straße` is `strasse`), NFC: for comparing e-mail addresses and handles.
std::string folded(std::string_view);
/// True for what looks like one mail address: local part, `@`, a domain with a point; at most 254 bytes.
bool is_email(std::string_view);
/// A URL-friendly name from a title: letters and digits of any script, lower case, joined by `-`.
std::string slug(std::string_view);

/// HTML with only the elements and attributes that a product text needs (p, br, strong, em, ul, li, a[href http],
/// img[src https], table …); scripts, styles, event handlers and unknown schemes are dropped, their text stays where it
/// is text.
std::string clean_html(std::string_view);

}  // namespace caddy::text

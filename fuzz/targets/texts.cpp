// Names, addresses and words of shoppers.
#include "holds.hpp"
#include "platform/text/text.hpp"
#include "platform/text/words.hpp"
#include "core/clock.hpp"

using namespace caddy;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto given = text_of(data, size);
    if (const auto time = parse_rfc3339(given)) {
        const auto back = parse_rfc3339(to_rfc3339(*time));
        holds(back && *time - *back < std::chrono::milliseconds(1), "a time is written as what it is");
    }
    if (!text::is_utf8(given)) return 0;
    const auto composed = text::nfc(given);
    holds(text::is_utf8(composed) && text::nfc(composed) == composed, "composed once is composed");
    holds(text::is_utf8(text::trimmed(given)), "trimming cuts no character");
    holds(text::is_utf8(text::folded(given)), "folding cuts no character");
    const auto slug = text::slug(given);
    holds(text::is_utf8(slug) && slug.find('/') == std::string::npos, "a slug is one part of an address");
    (void)text::is_email(given);
    (void)text::length(given);
    return 0;
}

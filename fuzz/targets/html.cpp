// Descriptions from strangers: what is shown has no script, however often it is read and written again.
#include "holds.hpp"
#include "platform/text/text.hpp"

#include <cctype>
#include <string>

namespace {

std::string lower(std::string_view text) {
    std::string all(text);
    for (auto& c : all) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    return all;
}

void check(const std::string& seen) {
    for (const auto* hostile :
         {"<script", "<style", "<iframe", "<object", "<embed", "<svg", "<math", "<base", "<form", "<!--"}) {
        holds(seen.find(hostile) == std::string::npos, hostile);
    }
}

}   // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto text = text_of(data, size);
    if (!caddy::text::is_utf8(text)) return 0;   // what is not is refused before
    std::string clean(text);
    for (int round = 0; round < 3; ++round) {
        clean = caddy::text::clean_html(clean);
        check(lower(clean));
    }
    return 0;
}

#pragma once
// A file that the build has put into the binary.
#include <string_view>
#include <vector>

namespace caddy {

struct EmbeddedFile {
    std::string_view name;
    std::string_view content;
};

}   // namespace caddy

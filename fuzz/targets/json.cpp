// JSON: what is read and written back is read as the same; a described struct takes only what it says.
#include "holds.hpp"
#include "platform/json/decode.hpp"

using namespace caddy;

namespace {

enum class Kind { plain, striped };
BOOST_DESCRIBE_ENUM(Kind, plain, striped)

struct Line {
    std::string sku;
    std::int64_t quantity = 0;
    std::optional<std::string> note;
};
BOOST_DESCRIBE_STRUCT(Line, (), (sku, quantity, note))

struct Order {
    std::vector<Line> lines;
    Kind kind{};
    bool gift = false;
    json::Patch<std::string> message;
    std::map<std::string, std::string> labels;
    std::optional<Time> wanted_at;
};
BOOST_DESCRIBE_STRUCT(Order, (), (lines, kind, gift, message, labels, wanted_at))

}   // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto text = text_of(data, size);
    if (const auto value = json::parse(text)) {
        std::string once;
        json::write_value(once, *value);
        const auto again = json::parse(once);
        holds(again.has_value(), "what was written is JSON");
        std::string twice;
        json::write_value(twice, *again);
        holds(once == twice, "what was written means the same");
    }
    if (const auto order = json::from_json<Order>(text)) {
        for (const auto& line : order->lines) holds(line.sku.find('\xFF') == std::string::npos, "texts are UTF-8");
    }
    return 0;
}

#pragma once
// Extra members of a refusal, from a described struct: `error.more = json::more(Shortage{…});`
#include "core/error.hpp"
#include "platform/json/encode.hpp"

#include <memory>

namespace caddy::json {

template <class T>
std::shared_ptr<const ErrorMore> more(T value) {
    struct Described final : ErrorMore {
        explicit Described(T content) : value(std::move(content)) {}
        std::string members() const override {
            std::string out;
            write_members(out, value);
            return out;
        }
        T value;
    };
    return std::make_shared<const Described>(std::move(value));
}

}  // namespace caddy::json

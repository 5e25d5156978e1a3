#pragma once
// Collects what is wrong with a request, so that a caller hears of all faults at once.
#include "core/result.hpp"

#include <string>
#include <utility>
#include <vector>

namespace caddy {

class Checks {
public:
    /// Notes a fault at `pointer` unless `holds`.
    Checks& require(bool holds, std::string pointer, std::string code, std::string message) {
        if (!holds) fields_.push_back({std::move(pointer), std::move(code), std::move(message)});
        return *this;
    }

    bool passed() const { return fields_.empty(); }

    /// Refuses: `code` (422) with every noted fault.
    Result<void> result(std::string_view code = "request.invalid_field",
                        std::string detail = "Some fields are not acceptable; see errors.") {
        if (passed()) return {};
        return Error{ErrorKind::invalid, code, std::move(detail), std::move(fields_)};
    }

private:
    std::vector<FieldError> fields_;
};

}   // namespace caddy

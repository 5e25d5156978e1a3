#pragma once
// Optimistic concurrency (RFC 9110, section 13.1.1): a resource with a version has the tag `"v7"`, and whoever changes
// it says which version he saw.
#include "core/result.hpp"
#include "platform/http/request.hpp"
#include "platform/http/response.hpp"

#include <cstdint>
#include <optional>

namespace caddy::http {

/// The versions that a change may meet; `*` meets every one.
class ExpectedVersion {
public:
    explicit ExpectedVersion(std::optional<std::vector<std::int64_t>> versions) : versions_(std::move(versions)) {}

    /// Refuses: request.version_mismatch (412) with `more` {"current_version": n} when the resource has moved on
    Result<void> check(std::int64_t current) const;

private:
    std::optional<std::vector<std::int64_t>> versions_;   // nothing: any
};

/// What `If-Match` says. Refuses: request.if_match_required (428), request.if_match_malformed (400)
Result<ExpectedVersion> expected_version(const Request&);

/// The same answer with the tag of a version.
Response tagged(Response, std::int64_t version);

}   // namespace caddy::http

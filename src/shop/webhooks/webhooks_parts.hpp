#pragma once
// What the use cases share. Private to this folder.
#include "shop/webhooks/webhooks_store.hpp"

namespace caddy::webhooks {

namespace refuse {
Error not_found();
}

std::vector<std::string> patterns_of(std::string_view events);
Endpoint endpoint_of(const store::EndpointRecord&);

/// The bytes that are sent for an event: {id, type, aggregate, sequence, occurred_at, data}.
std::string body_of(const jobs::Event&);

/// Where the work at hand belongs, to be kept with a delivery; nothing where it belongs to no trace.
std::optional<std::string> trace_of(const Context&);

/// The headers of a call, without the signature.
std::map<std::string, std::string> headers_of(const store::DeliveryRecord&);

}   // namespace caddy::webhooks

#include "platform/cache/cache_fault.hpp"

#include "platform/telemetry/log.hpp"

#include <boost/asio/error.hpp>
#include <boost/system/system_error.hpp>

namespace caddy::cache {

void report_fault(const std::exception_ptr& fault) {
    try {
        std::rethrow_exception(fault);
    } catch (const boost::system::system_error& error) {
        if (error.code() != boost::asio::error::operation_aborted) log::error("cache.task", {{"fault", error.what()}});
    } catch (const std::exception& error) {
        log::error("cache.task", {{"fault", error.what()}});
    }
}

}   // namespace caddy::cache

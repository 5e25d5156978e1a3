#pragma once
// Task<T>: what every function that may wait returns. Fully lazy; runs on its caller's event loop.
#include <boost/asio/awaitable.hpp>

namespace caddy {

namespace asio = boost::asio;

template <class T = void>
using Task = asio::awaitable<T>;

}   // namespace caddy

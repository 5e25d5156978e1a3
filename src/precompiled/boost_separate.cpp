// The compiled halves of Asio, Beast and Boost.JSON: once, here, so that no other file pays for them.
#include <boost/asio/impl/src.hpp>
#include <boost/beast/src.hpp>
#include <boost/json/src.hpp>

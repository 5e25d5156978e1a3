// Boost.JSON, compiled here with the coverage that the fuzzer follows.
#include <boost/json/src.hpp>

// The compiled half of Boost.MySQL, which takes half a minute of its own.
#include <boost/mysql/src.hpp>

#pragma once
// Where SQLite keeps its file in this program: in memory, for several connections, and quickly as it was before.
// One thread at a time, one file, one connection that writes; others read between its statements, never in them.
#include <cstddef>
#include <cstdint>
#include <vector>

namespace caddy::simulation {

class MemoryDisk {
public:
    static constexpr std::size_t page_size = 1024;

    /// Every connection that is opened from now on is to this file, whatever its name.
    static MemoryDisk& install();

    /// What is there now is what restore() brings back. REQUIRES (of both): no transaction is open
    void keep();
    void restore();

    std::vector<unsigned char> bytes;
    std::vector<std::uint32_t> written;   // pages, since they were kept or restored
    std::vector<bool> is_written;

private:
    std::vector<unsigned char> kept_;
};

}  // namespace caddy::simulation

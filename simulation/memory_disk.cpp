#include "simulation/memory_disk.hpp"

#include <sqlite3.h>

#include <algorithm>
#include <cstring>

namespace caddy::simulation {
namespace {

constexpr auto page_size = MemoryDisk::page_size;
// The file's header: https://www.sqlite.org/fileformat.html
constexpr std::size_t change_counter_at = 24, version_valid_for_at = 92, number_size = 4;

MemoryDisk& disk() {
    static MemoryDisk only;
    return only;
}

sqlite3_vfs* machine() {
    static sqlite3_vfs* found = sqlite3_vfs_find("unix");
    return found;
}

int close(sqlite3_file*) { return SQLITE_OK; }

int read(sqlite3_file*, void* to, int amount, sqlite3_int64 from) {
    const auto& bytes = disk().bytes;
    const auto begin = static_cast<std::size_t>(from), wanted = static_cast<std::size_t>(amount);
    const auto there = begin >= bytes.size() ? 0 : std::min(wanted, bytes.size() - begin);
    if (there > 0) std::memcpy(to, bytes.data() + begin, there);
    if (there == wanted) return SQLITE_OK;
    std::memset(static_cast<char*>(to) + there, 0, wanted - there);
    return SQLITE_IOERR_SHORT_READ;
}

int write(sqlite3_file*, const void* from, int amount, sqlite3_int64 to) {
    auto& d = disk();
    const auto begin = static_cast<std::size_t>(to), size = static_cast<std::size_t>(amount);
    if (begin + size > d.bytes.size()) d.bytes.resize(begin + size);
    std::memcpy(d.bytes.data() + begin, from, size);
    const auto page = begin / page_size;
    if (page >= d.is_written.size()) d.is_written.resize(page + 1);
    if (!d.is_written[page]) d.written.push_back(static_cast<std::uint32_t>(page));
    d.is_written[page] = true;
    return SQLITE_OK;
}

int truncate(sqlite3_file*, sqlite3_int64 size) {
    disk().bytes.resize(static_cast<std::size_t>(size));
    return SQLITE_OK;
}

int size_of(sqlite3_file*, sqlite3_int64* size) {
    *size = static_cast<sqlite3_int64>(disk().bytes.size());
    return SQLITE_OK;
}

int sync(sqlite3_file*, int) { return SQLITE_OK; }
int lock(sqlite3_file*, int) { return SQLITE_OK; }
int check_reserved(sqlite3_file*, int* reserved) {
    *reserved = 0;
    return SQLITE_OK;
}
int control(sqlite3_file*, int, void*) { return SQLITE_NOTFOUND; }
int sector_size(sqlite3_file*) { return static_cast<int>(page_size); }
int traits(sqlite3_file*) { return SQLITE_IOCAP_SAFE_APPEND | SQLITE_IOCAP_SEQUENTIAL; }

constexpr sqlite3_io_methods file_methods{
    1, close, read, write, truncate, sync, size_of, lock, lock, check_reserved, control, sector_size, traits,
    // Version 1 has no more: without shared memory there is no write-ahead log, and the journal is in memory.
    nullptr, nullptr, nullptr, nullptr, nullptr, nullptr};

int open(sqlite3_vfs*, const char*, sqlite3_file* file, int flags, int* given) {
    file->pMethods = nullptr;
    if ((flags & SQLITE_OPEN_MAIN_DB) == 0) return SQLITE_CANTOPEN;
    file->pMethods = &file_methods;
    if (given) *given = flags | SQLITE_OPEN_MEMORY;
    return SQLITE_OK;
}

int remove(sqlite3_vfs*, const char*, int) { return SQLITE_OK; }
int access(sqlite3_vfs*, const char*, int, int* there) {
    *there = 0;
    return SQLITE_OK;
}
int full_path(sqlite3_vfs*, const char* name, int size, char* out) {
    sqlite3_snprintf(size, out, "%s", name);
    return SQLITE_OK;
}
int randomness(sqlite3_vfs*, int size, char* out) {
    std::memset(out, 7, static_cast<std::size_t>(size));
    return size;
}
int sleep(sqlite3_vfs*, int) { return 0; }
int current_time(sqlite3_vfs*, double* now) { return machine()->xCurrentTime(machine(), now); }
int last_error(sqlite3_vfs*, int, char*) { return 0; }

}  // namespace

MemoryDisk& MemoryDisk::install() {
    static sqlite3_vfs vfs{};
    if (vfs.zName == nullptr) {
        vfs.iVersion = 1;
        vfs.szOsFile = static_cast<int>(sizeof(sqlite3_file));
        vfs.mxPathname = 512;
        vfs.zName = "memory-disk";
        vfs.xOpen = open;
        vfs.xDelete = remove;
        vfs.xAccess = access;
        vfs.xFullPathname = full_path;
        vfs.xRandomness = randomness;
        vfs.xSleep = sleep;
        vfs.xCurrentTime = current_time;
        vfs.xGetLastError = last_error;
        sqlite3_config(SQLITE_CONFIG_SINGLETHREAD);   // one at a time: no locks, no counting
        sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
        sqlite3_initialize();
        sqlite3_vfs_register(&vfs, 1);
    }
    return disk();
}

void MemoryDisk::keep() {
    kept_ = bytes;
    written.clear();
    is_written.assign(bytes.size() / page_size + 1, false);
}

void MemoryDisk::restore() {
    std::uint32_t changes = 0;   // big-endian in the file; one more than ever before, so that caches are dropped
    for (std::size_t i = 0; i < number_size; ++i) changes = changes << 8 | bytes[change_counter_at + i];
    ++changes;
    bytes.resize(kept_.size());
    for (const auto page : written) {
        is_written[page] = false;
        const auto begin = page * page_size;
        if (begin < kept_.size()) std::memcpy(bytes.data() + begin, kept_.data() + begin, page_size);
    }
    written.clear();
    for (std::size_t i = 0; i < number_size; ++i) {
        const auto byte = static_cast<unsigned char>(changes >> (8 * (number_size - 1 - i)));
        bytes[change_counter_at + i] = byte;
        bytes[version_valid_for_at + i] = byte;
    }
}

}  // namespace caddy::simulation

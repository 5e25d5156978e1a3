#pragma once
// What mounted directories said when it was last good, in memory that a supervisor shares with its workers: they see a
// change together, none ever reads a bad one, and one that starts while the files are broken starts all the same.
#include "platform/config/config.hpp"

#include <cstdint>
#include <memory>

namespace caddy::config {

/// One writer, any number of readers. The memory has no name in any file system and ends with its last process.
class SettingsPage {
public:
    static constexpr std::size_t bytes_max = 512 * 1024;   // of all names and values together

    /// Throws std::system_error when there is no memory to share.
    static SettingsPage create();
    /// What the descriptor of another process's page shows. Throws std::system_error when it is none.
    static SettingsPage inherit(int descriptor);

    int descriptor() const { return descriptor_; }
    /// Rises with each publish().
    std::uint64_t generation() const;
    /// Throws std::length_error past bytes_max; what was published before stands then.
    void publish(const Sources&);
    Sources read() const;

private:
    struct Memory;
    SettingsPage(int descriptor, std::shared_ptr<Memory> memory);

    int descriptor_;
    std::shared_ptr<Memory> memory_;
};

}   // namespace caddy::config

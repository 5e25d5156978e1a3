#pragma once
// A worker process as its supervisor sees it: how it is started, and what the kernel knows of it. Plain POSIX.
#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace caddy {

/// The program as it stands on the disk at this moment. What is put into its place later is another one, so that a
/// worker that crashed comes back as what it was.
class ProgramFile {
public:
    /// Throws std::system_error.
    static std::shared_ptr<const ProgramFile> open(const std::filesystem::path&);
    /// Where the calling process was started from.
    static std::filesystem::path own_path();

    ProgramFile(const ProgramFile&) = delete;
    ~ProgramFile();
    int descriptor() const { return descriptor_; }

private:
    explicit ProgramFile(int descriptor) : descriptor_(descriptor) {}
    int descriptor_;
};

/// How one worker is started: its command line, and the descriptors that it inherits beside the standard ones.
struct WorkerCommand {
    std::vector<std::string> arguments;   // without the program's name
    std::vector<int> inherited;
};

/// Forks and executes. The child is asked to end (SIGTERM) when the caller ends, however it does; it hears none of the
/// signals that a terminal sends to all. REQUIRES: the caller has one thread. Throws std::system_error.
pid_t start_process(const ProgramFile&, const WorkerCommand&);

/// The memory that a process has for itself, in RAM and swapped out; 0 when it is gone. Files that it maps and memory
/// that it shares do not count: they are not what a leak looks like.
std::int64_t private_bytes(pid_t);

}   // namespace caddy

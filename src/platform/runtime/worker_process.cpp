#include "platform/runtime/worker_process.hpp"

#include <fcntl.h>
#include <linux/close_range.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <system_error>

namespace caddy {
namespace {

/// In the child: becomes the worker. Only calls that are safe between fork and exec.
[[noreturn]] void become(int program, const WorkerCommand& command, char* const* arguments, pid_t supervisor) {
    ::prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (::getppid() != supervisor) ::_exit(0);   // it died before the line above took hold
    // A terminal sends these to everybody in front of it, and the last two would end a worker that does not listen yet.
    for (const int signal : {SIGINT, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2}) ::signal(signal, SIG_IGN);
    sigset_t none;
    sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    ::close_range(3, ~0U, CLOSE_RANGE_CLOEXEC);
    for (const int descriptor : command.inherited) ::fcntl(descriptor, F_SETFD, 0);
    ::fexecve(program, arguments, environ);
    ::_exit(127);
}

}   // namespace

std::shared_ptr<const ProgramFile> ProgramFile::open(const std::filesystem::path& path) {
    const int descriptor = ::open(path.c_str(), O_PATH | O_CLOEXEC);
    if (descriptor < 0) throw std::system_error(errno, std::generic_category(), path.string());
    return std::shared_ptr<const ProgramFile>(new ProgramFile(descriptor));
}

std::filesystem::path ProgramFile::own_path() { return std::filesystem::read_symlink("/proc/self/exe"); }

ProgramFile::~ProgramFile() { ::close(descriptor_); }

pid_t start_process(const ProgramFile& program, const WorkerCommand& command) {
    // What the child needs is made before the fork: allocation after it may lock for ever.
    std::string name = "caddy-shopping";
    std::vector<std::string> texts = command.arguments;
    std::vector<char*> arguments{name.data()};
    for (auto& text : texts) arguments.push_back(text.data());
    arguments.push_back(nullptr);
    const pid_t supervisor = ::getpid();
    const pid_t pid = ::fork();
    if (pid < 0) throw std::system_error(errno, std::generic_category(), "fork");
    if (pid == 0) become(program.descriptor(), command, arguments.data(), supervisor);
    return pid;
}

std::int64_t private_bytes(pid_t pid) {
    std::ifstream status("/proc/" + std::to_string(pid) + "/status");
    std::int64_t kilobytes = 0;
    for (std::string line; std::getline(status, line);) {
        if (line.starts_with("RssAnon:") || line.starts_with("VmSwap:"))
            kilobytes += std::strtoll(line.c_str() + line.find(':') + 1, nullptr, 10);
    }
    return kilobytes * 1024;
}

}   // namespace caddy

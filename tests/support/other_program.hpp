#pragma once
// Another program beside the test: a process, since one process has one event loop and counts in one thread.
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <exception>
#include <functional>

namespace caddy::testing {

/// Begins at once. `work` opens for itself what it needs: nothing of the test's own is used in two processes.
class OtherProgram {
public:
    static constexpr int failed = 255;

    explicit OtherProgram(const std::function<int()>& work) : pid_(::fork()) {
        if (pid_ != 0) return;
        int code = failed;
        try {
            code = work();
        } catch (const std::exception& fault) {
            std::fprintf(stderr, "the other program failed: %s\n", fault.what());
        }
        ::_exit(code);
    }
    OtherProgram(const OtherProgram&) = delete;
    ~OtherProgram() { (void)result(); }

    /// What its work returned, 0..254, once it has ended.
    int result() {
        if (pid_ <= 0) return code_;
        int status = 0;
        ::waitpid(pid_, &status, 0);
        pid_ = 0;
        code_ = WIFEXITED(status) ? WEXITSTATUS(status) : failed;
        return code_;
    }

private:
    pid_t pid_;
    int code_ = failed;
};

}   // namespace caddy::testing

#include "platform/config/settings_page.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <system_error>

namespace caddy::config {

/// Two texts in turn: who reads the last one is not disturbed by the writing of the next.
struct SettingsPage::Memory {
    struct Text {
        std::atomic<std::uint64_t> size;
        std::array<char, bytes_max> bytes;
    };
    std::atomic<std::uint64_t> generation;
    std::array<Text, 2> texts;
};

namespace {

[[noreturn]] void fail(const char* what) { throw std::system_error(errno, std::generic_category(), what); }

/// `length text`, again and again: any text may hold any byte.
void put(std::string& packed, std::string_view text) {
    packed.append(std::to_string(text.size())).append(" ").append(text);
}

std::string_view take(std::string_view& packed) {
    const auto space = packed.find(' ');
    const auto size = std::stoull(std::string(packed.substr(0, space)));
    const auto text = packed.substr(space + 1, size);
    packed.remove_prefix(space + 1 + size);
    return text;
}

}   // namespace

SettingsPage::SettingsPage(int descriptor, std::shared_ptr<Memory> memory)
    : descriptor_(descriptor), memory_(std::move(memory)) {}

SettingsPage SettingsPage::create() {
    const int descriptor = ::memfd_create("caddy-settings", MFD_CLOEXEC);
    if (descriptor < 0) fail("memfd_create");
    if (::ftruncate(descriptor, sizeof(Memory)) != 0) fail("ftruncate");
    return inherit(descriptor);
}

SettingsPage SettingsPage::inherit(int descriptor) {
    void* place = ::mmap(nullptr, sizeof(Memory), PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
    if (place == MAP_FAILED) fail("mmap");
    const auto release = [descriptor](Memory* memory) {
        ::munmap(memory, sizeof(Memory));
        ::close(descriptor);
    };
    return {descriptor, std::shared_ptr<Memory>(static_cast<Memory*>(place), release)};
}

std::uint64_t SettingsPage::generation() const { return memory_->generation.load(std::memory_order_acquire); }

void SettingsPage::publish(const Sources& sources) {
    std::string packed;
    for (const auto& [name, raw] : sources.all()) {
        put(packed, name);
        put(packed, raw.value);
        put(packed, raw.place);
    }
    if (packed.size() > bytes_max) {
        throw std::length_error("the settings of the mounted directories are longer than " +
                                std::to_string(bytes_max) + " bytes together");
    }
    const auto next = generation() + 1;
    auto& text = memory_->texts.at(next % 2);
    text.size = packed.size();
    std::memcpy(text.bytes.data(), packed.data(), packed.size());
    memory_->generation.store(next, std::memory_order_release);
}

Sources SettingsPage::read() const {
    std::string packed;
    std::uint64_t seen = 0;
    do {   // a text is written anew only two generations later
        seen = generation();
        const auto& text = memory_->texts.at(seen % 2);
        packed.assign(text.bytes.data(), std::min<std::uint64_t>(text.size, bytes_max));
    } while (generation() != seen);
    Sources sources;
    for (std::string_view rest = packed; !rest.empty();) {
        const auto name = take(rest);
        const std::string value(take(rest));
        sources.add_entry(name, {value, Origin::directory, std::string(take(rest))});
    }
    return sources;
}

}   // namespace caddy::config

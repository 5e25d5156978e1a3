#include "platform/picture/picture_module.hpp"

#include <dlfcn.h>

#include <stdexcept>

namespace caddy::picture {
namespace {

/// Stays loaded to the end of the process: glib is not made to be taken out again.
Entry* load() {
    const auto file = module_file();
    void* library = ::dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
    if (!library) throw std::runtime_error(std::string("pictures cannot be worked on: ") + ::dlerror());
    void* entry = ::dlsym(library, entry_name);
    if (!entry) throw std::runtime_error(file.string() + " is not of this version of the program");
    return reinterpret_cast<Entry*>(entry);
}

}   // namespace

std::filesystem::path module_file() {
    const auto program = std::filesystem::read_symlink("/proc/self/exe").parent_path();
    return program.parent_path() / "lib" / "caddy-shopping" / "picture.so";
}

Developed develop(std::string_view content, Kind kind, std::span<const int> widths, std::int64_t pixels_max) {
    static Entry* const entry = load();   // what could not be loaded is tried again with the next picture
    Developed made;
    entry({content, kind, widths, pixels_max}, made);
    return made;
}

}   // namespace caddy::picture

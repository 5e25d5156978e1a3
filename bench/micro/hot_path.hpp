#pragma once
// What every request runs through, in pieces and as a whole. The same pieces are timed and counted.
#include <functional>
#include <string>
#include <vector>

namespace caddy::bench {

struct Piece {
    std::string name;
    std::function<void()> run;   // once
};

/// In a stable order; what they work with is made by the first call and lives to the end.
const std::vector<Piece>& hot_path();

/// The compiler may not leave out what made this.
void keep(const void* value);

}   // namespace caddy::bench

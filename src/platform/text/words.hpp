#pragma once
// Text as a search sees it: words of scripts that write spaces, and runs of those that do not.
#include <string>
#include <string_view>
#include <vector>

namespace caddy::text {

/// `ideographic` is Han, kana and Hangul: where a word ends there is for the reader to know.
enum class Script { alphabetic, ideographic };

struct Word {
    std::string text;
    Script script = Script::alphabetic;
    friend bool operator==(const Word&, const Word&) = default;
};

/// The words in their order, in compatibility form (NFKC) and case folded: `Ｔee` and `TEE` are both `tee`. Whatever is
/// neither letter nor digit ends a word, but an apostrophe within one is dropped. REQUIRES: is_utf8.
std::vector<Word> words(std::string_view);

/// The code points of a text, one by one. REQUIRES: is_utf8.
std::vector<std::string_view> characters(std::string_view);

}  // namespace caddy::text

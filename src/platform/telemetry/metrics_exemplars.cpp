#include "platform/telemetry/metrics_exemplars.hpp"

#include "platform/telemetry/trace_context.hpp"

#include <array>
#include <bit>
#include <chrono>
#include <cstring>

namespace caddy::metrics {
namespace {

using Word = std::atomic_ref<std::uint64_t>;

constexpr std::size_t slot_words = 8;
constexpr std::size_t sequence_word = 0, key_word = 1, first_word = 2;
constexpr std::size_t content_words = 5;   // value, time, trace (two), span
using Content = std::array<std::uint64_t, content_words>;

std::uint64_t* table_of(std::span<const std::byte> area) {
    const auto bytes = exemplar_bytes(area.size());
    if (bytes == 0) return nullptr;
    return reinterpret_cast<std::uint64_t*>(const_cast<std::byte*>(area.data() + area.size() - bytes));
}

/// Never zero: no cell stands at an area's beginning.
std::uint64_t key_of(std::span<const std::byte> area, const Cell* cells, std::size_t bucket) {
    const auto offset = reinterpret_cast<const std::byte*>(cells) - area.data();
    return static_cast<std::uint64_t>(offset) << 8U | bucket;
}

std::uint64_t* slot_of(std::uint64_t* table, std::size_t table_bytes, std::uint64_t key) {
    const auto slots = table_bytes / (slot_words * sizeof(std::uint64_t));
    const auto mixed = key * 0x9E3779B97F4A7C15ULL;   // golden ratio: neighbours end up apart
    return table + (mixed >> 32U) % slots * slot_words;
}

template <std::size_t size>
std::string digits(const std::uint64_t* words) {
    constexpr std::string_view hexadecimal = "0123456789abcdef";
    std::array<std::uint8_t, size> bytes{};
    std::memcpy(bytes.data(), words, size);
    std::string text;
    for (const auto byte : bytes) {
        text += hexadecimal[byte >> 4U];
        text += hexadecimal[byte & 15U];
    }
    return text;
}

}   // namespace

void keep_exemplar(std::span<std::byte> area, const Cell* cells, std::size_t bucket, double value,
                   const trace::TraceContext& of) {
    auto* table = table_of(area);
    const auto* place = reinterpret_cast<const std::byte*>(cells);
    if (!table || place < area.data() || place >= area.data() + area.size()) return;   // counted, but not in the area
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    Content content{std::bit_cast<std::uint64_t>(value), static_cast<std::uint64_t>(
        std::chrono::duration_cast<std::chrono::microseconds>(now).count())};
    std::memcpy(&content[2], of.trace_id.data(), of.trace_id.size());
    std::memcpy(&content[4], of.span_id.data(), of.span_id.size());

    const auto key = key_of(area, cells, bucket);
    auto* slot = slot_of(table, exemplar_bytes(area.size()), key);
    // Odd while it is written; a process that was killed in the middle leaves it odd, and unread, until the next one.
    const auto odd = Word(slot[sequence_word]).load(std::memory_order_relaxed) | 1U;
    Word(slot[sequence_word]).store(odd, std::memory_order_relaxed);
    std::atomic_thread_fence(std::memory_order_release);
    Word(slot[key_word]).store(key, std::memory_order_relaxed);
    for (std::size_t i = 0; i < content_words; ++i)
        Word(slot[first_word + i]).store(content[i], std::memory_order_relaxed);
    Word(slot[sequence_word]).store(odd + 1, std::memory_order_release);
}

std::optional<Exemplar> find_exemplar(std::span<const std::byte> area, const Cell* cells, std::size_t bucket) {
    auto* table = table_of(area);
    if (!table) return std::nullopt;
    const auto key = key_of(area, cells, bucket);
    auto* slot = slot_of(table, exemplar_bytes(area.size()), key);
    const auto before = Word(slot[sequence_word]).load(std::memory_order_acquire);
    if (before % 2 == 1 || Word(slot[key_word]).load(std::memory_order_relaxed) != key) return std::nullopt;
    Content content{};
    for (std::size_t i = 0; i < content_words; ++i)
        content[i] = Word(slot[first_word + i]).load(std::memory_order_relaxed);
    const bool is_still_its = Word(slot[key_word]).load(std::memory_order_relaxed) == key;
    std::atomic_thread_fence(std::memory_order_acquire);
    if (!is_still_its || Word(slot[sequence_word]).load(std::memory_order_relaxed) != before) return std::nullopt;
    return Exemplar{std::bit_cast<double>(content[0]), static_cast<std::int64_t>(content[1]), digits<16>(&content[2]),
                    digits<8>(&content[4])};
}

}   // namespace caddy::metrics

#include "platform/redis/codec.hpp"

#include <hiredis/hiredis.h>

#include <new>
#include <vector>

namespace caddy::redis {
namespace {

std::size_t& items_left(const redisReadTask* task) { return *static_cast<std::size_t*>(task->privdata); }

/// Where the value that hiredis has just read goes: into its list, or alone. Null refuses it. An element's place may
/// move while its list grows, but only when nobody holds it any more: elements are finished one after the other.
Reply* place(const redisReadTask* task, Reply::Kind kind) noexcept {
    auto& left = items_left(task);
    if (left == 0) return nullptr;
    --left;
    try {
        if (task->parent == nullptr) {
            auto* reply = new Reply;   // NOLINT: hiredis keeps it until it is whole
            reply->kind = kind;
            return reply;
        }
        auto& items = static_cast<Reply*>(task->parent->obj)->items;
        auto& reply = items.emplace_back();
        reply.kind = kind;
        return &reply;
    } catch (const std::bad_alloc&) {
        return nullptr;
    }
}

void* make_text(const redisReadTask* task, char* bytes, std::size_t size) noexcept {
    const auto kind = task->type == REDIS_REPLY_ERROR    ? Reply::Kind::error
                      : task->type == REDIS_REPLY_STATUS ? Reply::Kind::status
                                                         : Reply::Kind::text;
    auto* reply = place(task, kind);
    if (reply == nullptr) return nullptr;
    try {
        reply->bytes.assign(bytes, size);
    } catch (const std::bad_alloc&) {
        if (task->parent == nullptr) delete reply;   // NOLINT
        return nullptr;
    }
    return reply;
}

// hiredis counts elements in an int before 1.0 and in a size_t after it. Nothing is reserved: a length is but a claim.
template <class Count>
void* make_list(const redisReadTask* task, Count elements) noexcept {
    if (static_cast<std::size_t>(elements) > items_left(task)) return nullptr;
    return place(task, Reply::Kind::list);
}

void* make_integer(const redisReadTask* task, long long number) noexcept {
    auto* reply = place(task, Reply::Kind::integer);
    if (reply != nullptr) reply->number = number;
    return reply;
}

void* make_nil(const redisReadTask* task) noexcept { return place(task, Reply::Kind::nil); }

void drop(void* reply) noexcept { delete static_cast<Reply*>(reply); }   // NOLINT

redisReplyObjectFunctions* functions() {
    static redisReplyObjectFunctions table = [] {
        redisReplyObjectFunctions made{};
        made.createString = &make_text;
        made.createArray = &make_list;
        made.createInteger = &make_integer;
        made.createNil = &make_nil;
        made.freeObject = &drop;
        return made;
    }();
    return &table;
}

}   // namespace

std::string encode(std::span<const std::string_view> words) {
    std::vector<const char*> starts;
    std::vector<std::size_t> sizes;
    for (const auto word : words) {
        starts.push_back(word.empty() ? "" : word.data());
        sizes.push_back(word.size());
    }
    char* bytes = nullptr;
    const auto size = redisFormatCommandArgv(&bytes, static_cast<int>(words.size()), starts.data(), sizes.data());
    if (size < 0) throw std::bad_alloc();
    const std::unique_ptr<char, decltype(&redisFreeCommand)> owner(bytes, &redisFreeCommand);
    return {bytes, static_cast<std::size_t>(size)};
}

struct Decoder::Budget {
    std::size_t items = items_max;
};

void Decoder::Free::operator()(redisReader* reader) const { redisReaderFree(reader); }

Decoder::Decoder(std::size_t reply_bytes_max)
    : bytes_max_(reply_bytes_max),
      budget_(std::make_unique<Budget>()),
      reader_(redisReaderCreateWithFunctions(functions())) {
    if (!reader_) throw std::bad_alloc();
    reader_->privdata = &budget_->items;
}

Decoder::Decoder(Decoder&&) noexcept = default;
Decoder& Decoder::operator=(Decoder&&) noexcept = default;
Decoder::~Decoder() = default;

void Decoder::feed(std::string_view bytes) {
    if (redisReaderFeed(reader_.get(), bytes.data(), bytes.size()) != REDIS_OK)
        throw Malformed(std::string("redis: ") + reader_->errstr);
    fed_ += bytes.size();
}

std::optional<Reply> Decoder::next() {
    void* made = nullptr;
    if (redisReaderGetReply(reader_.get(), &made) != REDIS_OK) {
        const bool too_many = reader_->err == REDIS_ERR_OOM;
        throw Malformed(too_many ? "redis: an answer has too many elements"
                                 : "redis: not understood: " + std::string(reader_->errstr));
    }
    if (made == nullptr) {
        if (fed_ - finished_ > bytes_max_)
            throw Malformed("redis: an answer is longer than " + std::to_string(bytes_max_) + " bytes");
        return std::nullopt;
    }
    const std::unique_ptr<Reply> reply(static_cast<Reply*>(made));
    const auto size = fed_ - (reader_->len - reader_->pos) - finished_;
    if (size > bytes_max_)
        throw Malformed("redis: an answer is longer than " + std::to_string(bytes_max_) + " bytes");
    finished_ += size;
    budget_->items = items_max;
    return std::move(*reply);
}

}   // namespace caddy::redis

#pragma once
// Passwords: which are acceptable, and their hashing by Argon2id away from the event loop.
#include "core/checks.hpp"
#include "platform/runtime/offload.hpp"
#include "platform/runtime/task.hpp"

#include <string>
#include <string_view>

namespace caddy::identity {

constexpr std::size_t password_length_min = 10;   // code points
constexpr std::size_t password_bytes_max = 256;

/// Notes what is wrong with a new password at `/password`. `email` is the account's folded address.
void check_password(Checks&, std::string_view password, std::string_view email);

/// True for a password from the list of the commonest ones, in whatever case.
bool is_common_password(std::string_view folded_password);

/// What a hash costs: Argon2id's m and t; p is 1.
struct HashCost {
    int memory_kib = 0;
    int passes = 0;
};

/// A salted hash in the PHC string format. Composed and decomposed letters make the same hash. Takes its time.
std::string hash_password(std::string_view password, HashCost);
/// Throws std::runtime_error when `hash` is not one that hash_password makes. Takes its time.
bool matches_hash(std::string_view password, const std::string& hash);
/// False when a hash was made with other costs than these.
bool made_at_cost(std::string_view hash, HashCost);

/// A few threads that hash passwords, and a queue with an end. Event loop only.
class PasswordPool {
public:
    /// The right to hash one password: taken before the work that leads up to it, given back on destruction.
    class Place {
    public:
        explicit Place(int& taken) : taken_(&taken) { ++taken; }
        Place(Place&& other) noexcept : taken_(std::exchange(other.taken_, nullptr)) {}
        Place& operator=(Place&&) = delete;
        ~Place() {
            if (taken_) --*taken_;
        }

    private:
        int* taken_;
    };

    PasswordPool(int threads, int queue, HashCost);

    /// Throws Unavailable when the queue is full.
    Place take();

    Task<std::string> hash(const Place&, std::string password);
    Task<bool> matches(const Place&, std::string password, std::string hash);

    HashCost cost() const { return cost_; }

private:
    int places_;
    int taken_ = 0;
    HashCost cost_;
    asio::thread_pool threads_;
};

}  // namespace caddy::identity

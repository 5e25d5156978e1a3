#pragma once
// One schedule's world: pods on one database, a bank, a network between them and the actors, and what the actors were
// told, for the judge.
#include "simulation/pod.hpp"

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace caddy::simulation {

/// So many of a variant.
struct Piece {
    catalog::VariantId variant;
    std::int64_t quantity = 0;
};

/// What every schedule begins with; made once.
struct BaseCart {
    std::string id;
    std::string token;
    std::int64_t total_minor = 0;
    std::vector<Piece> pieces;
};
struct BaseSale {   // of what is not sent by parcel, so that an address of e-mail is enough
    static constexpr std::int64_t price_minor = 500;
    static constexpr std::int64_t quota = 2;
    std::string id;
};
struct Base {
    std::map<catalog::VariantId, std::int64_t> on_hand;
    std::vector<std::vector<BaseCart>> carts;   // by kind, one of each kind for each buyer
    BaseSale sale;
};
constexpr int buyers_max = 4;

/// An order as an answer showed it.
struct Shown {
    std::string id;
    std::string token;
    std::string status;
    std::string payment;
    std::int64_t customer = 0;
    std::int64_t total_minor = 0;
    std::vector<std::pair<std::string, std::int64_t>> lines;   // ids and quantities
};
std::optional<Shown> read_order(const std::string& body);
/// A text in a document; empty where there is none. `order.id`: that of an object in it.
std::string read_text(const std::string& body, const std::string& path);
std::int64_t read_number(const std::string& body, const std::string& member);

/// One thing that somebody asked for under a key of its own, and what he was told in the end.
struct Ask {
    std::string what;   // `checkout`, `ticket`, `cancel`, `pay`, `fulfil`, `refund`
    std::string key;
    std::string subject;   // a cart's or an order's id
    std::int64_t customer = 0;
    std::int64_t amount_minor = 0;
    std::int64_t pieces = 0;
    int unclear = 0;        // tries of which he does not know what came of them
    int final_status = 0;   // 0: he gave up
    std::string code;
    std::string body;      // of the last answer, where it was no refusal
    std::optional<Shown> shown;
    bool acknowledged() const { return final_status >= 200 && final_status < 300; }
};

class World {
public:
    World(std::uint64_t seed, bool told, Server&, const Base&);
    World(const World&) = delete;
    ~World();

    /// Runs the schedule: actors and faults first, then calm until everything has come to rest.
    void run();

    /// Sends a request to some pod and waits for what comes of it.
    Task<Reply> send(http::Request);
    /// The same under one key until the answer is clear, or patience ends.
    Task<> ask(Ask&, http::Request, int patience);
    /// Runs an actor.
    void act(Task<>);
    Ask& new_ask(std::string what, std::string subject);
    void saw(const Shown&);

    Scheduler scheduler;
    Faults faults;
    Server& server;
    const Base& base;
    const Sales sales;   // a flash sale, and shoppers who hunt in it
    Bank bank;
    std::vector<std::unique_ptr<Pod>> pods;
    std::vector<std::unique_ptr<Ask>> asks;
    std::vector<Shown> orders;                                     // those that were acknowledged
    std::map<std::string, std::vector<std::string>> seen;          // the states in which an order was shown
    int crashes = 0;
    bool came_to_rest = false;

private:
    Pod& some_pod();
    Pod& start_pod();
    void maybe_crash();
    Task<> replace(std::int64_t after_ms);
    Task<> count(Task<>);
    Task<> repeat(Pod&, http::Request);
    Task<> look_for_rest();
    void end();

    int actors_ = 0;
    int crashes_max_ = 0;
    int pods_started_ = 0;
    int calls_ = 0;
};

http::Request request(std::string method, std::string path, std::string body,
                      std::vector<std::pair<std::string, std::string>> headers);

}  // namespace caddy::simulation

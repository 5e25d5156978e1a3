// What a signed-in customer reads and changes about himself.
#include "platform/http/router.hpp"
#include "platform/idempotency/idempotency.hpp"
#include "shop/customers/customers.hpp"

#include <boost/mp11/algorithm.hpp>

namespace caddy::customers {
namespace {

using http::Request;
using http::Response;
using identity::IdentityService;
using identity::SessionId;

constexpr std::size_t body_bytes_max = 16 * 1024;

struct MeShown {
    UserId id;
    std::string email;
    std::string name;
    std::string phone;
    std::string locale;
    std::string role;
    std::vector<Permission> permissions;   // what the pages of the back office offer follows from it
    std::optional<Time> email_verified_at;
    Time created_at{};
};
BOOST_DESCRIBE_STRUCT(MeShown, (), (id, email, name, phone, locale, role, permissions, email_verified_at, created_at))

struct MeBody {
    std::optional<std::string> name;
    std::optional<std::string> phone;
    std::optional<std::string> locale;
};
BOOST_DESCRIBE_STRUCT(MeBody, (), (name, phone, locale))

struct ClosingBody {
    std::string password;
};
BOOST_DESCRIBE_STRUCT(ClosingBody, (), (password))

struct SessionShown {
    SessionId id;
    std::string user_agent;
    bool current = false;
    Time created_at{};
    Time last_used_at{};
    Time expires_at{};
};
BOOST_DESCRIBE_STRUCT(SessionShown, (), (id, user_agent, current, created_at, last_used_at, expires_at))

struct Nothing {};
BOOST_DESCRIBE_STRUCT(Nothing, (), ())

Response own(Response response) {
    response.headers.push_back(http::private_no_store());
    return response;
}

template <class T>
Response whole_list(std::vector<T> data) {
    Page<T> page;
    page.data = std::move(data);
    page.limit = page_limit_max;
    return own(http::ok(page));
}

std::vector<Permission> permissions_of(const Principal& caller) {
    std::vector<Permission> held;
    boost::mp11::mp_for_each<boost::describe::describe_enumerators<Permission>>([&](auto each) {
        if (each.value != Permission::none && may(caller, each.value)) held.push_back(each.value);
    });
    return held;
}

Response shown(const identity::Profile& profile, const Principal& caller) {
    const auto& user = profile.user;
    return own(http::ok(MeShown{user.id, user.email, user.name, profile.phone, profile.locale,
                                std::string(role_name(user.role)), permissions_of(caller), user.email_verified_at,
                                user.created_at}));
}

Task<Result<Response>> show_me(Request& request, IdentityService& identity) {
    CADDY_CO_TRY(const auto profile, co_await identity.profile(request.ctx));
    co_return shown(profile, request.ctx.principal);
}

Task<Result<Response>> change_me(Request& request, IdentityService& identity) {
    CADDY_CO_TRY(auto body, request.json<MeBody>());
    const identity::ProfileChange change{std::move(body.name), std::move(body.phone), std::move(body.locale)};
    CADDY_CO_TRY(const auto profile, co_await identity.change_profile(request.ctx, change));
    co_return shown(profile, request.ctx.principal);
}

Task<Result<Response>> close_me(Request& request, CustomerService& customers) {
    CADDY_CO_TRY(const auto body, request.json<ClosingBody>());
    CADDY_CO_TRY(co_await customers.close_account(request.ctx, body.password));
    co_return own(http::no_content());
}

Task<Result<Response>> list_addresses(Request& request, CustomerService& customers) {
    auto found = co_await customers.addresses(request.ctx);
    co_return whole_list(std::move(found));
}

Task<Result<Response>> add_address(Request& request, CustomerService& customers) {
    CADDY_CO_TRY(const auto body, request.json<AddressChange>());
    CADDY_CO_TRY(const auto address, co_await customers.add_address(request.ctx, body));
    co_return own(http::created(address).with("Location", "/api/v1/me/addresses/" + address.id.text()));
}

Task<Result<Response>> resume_add_address(Request& request, const std::string& made, CustomerService& customers) {
    CADDY_CO_TRY(const auto address, co_await customers.address(request.ctx, AddressId::parse(made).value()));
    co_return own(http::created(address).with("Location", "/api/v1/me/addresses/" + made));
}

Task<Result<Response>> show_address(Request& request, CustomerService& customers) {
    CADDY_CO_TRY(const auto id, request.path_id<AddressId>("address"));
    CADDY_CO_TRY(const auto address, co_await customers.address(request.ctx, id));
    co_return own(http::ok(address));
}

Task<Result<Response>> change_address(Request& request, CustomerService& customers) {
    CADDY_CO_TRY(const auto id, request.path_id<AddressId>("address"));
    CADDY_CO_TRY(const auto body, request.json<AddressChange>());
    CADDY_CO_TRY(const auto address, co_await customers.change_address(request.ctx, id, body));
    co_return own(http::ok(address));
}

Task<Result<Response>> remove_address(Request& request, CustomerService& customers) {
    CADDY_CO_TRY(const auto id, request.path_id<AddressId>("address"));
    CADDY_CO_TRY(co_await customers.remove_address(request.ctx, id));
    co_return own(http::no_content());
}

Task<Result<Response>> list_sessions(Request& request, IdentityService& identity) {
    const auto devices = co_await identity.devices(request.ctx);
    std::vector<SessionShown> sessions;
    for (const auto& device : devices) {
        const bool current = device.id.value == request.ctx.principal.session;
        sessions.push_back({device.id, device.user_agent, current, device.created_at, device.last_used_at,
                            device.expires_at});
    }
    co_return whole_list(std::move(sessions));
}

Task<Result<Response>> end_session(Request& request, IdentityService& identity) {
    CADDY_CO_TRY(const auto id, request.path_id<SessionId>("session"));
    CADDY_CO_TRY(co_await identity.end_session(request.ctx, id));
    co_return own(http::no_content());
}

Task<Result<Response>> end_other_sessions(Request& request, IdentityService& identity) {
    CADDY_CO_TRY(co_await identity.end_other_sessions(request.ctx));
    co_return own(http::no_content());
}

Response made_export(const Export& made) {
    return own(http::accepted(made).with("Location", "/api/v1/me/exports/" + made.id.text()));
}

Task<Result<Response>> make_export(Request& request, CustomerService& customers) {
    CADDY_CO_TRY(request.json<Nothing>());
    CADDY_CO_TRY(const auto made, co_await customers.make_export(request.ctx));
    co_return made_export(made);
}

Task<Result<Response>> resume_export(Request& request, const std::string& made, CustomerService& customers) {
    CADDY_CO_TRY(const auto facts, co_await customers.export_facts(request.ctx, ExportId::parse(made).value()));
    co_return made_export(facts);
}

Task<Result<Response>> show_export(Request& request, CustomerService& customers) {
    CADDY_CO_TRY(const auto id, request.path_id<ExportId>("export"));
    CADDY_CO_TRY(auto document, co_await customers.read_export(request.ctx, id));
    Response response;
    response.body = std::move(document);
    co_return own(std::move(response).with("Content-Disposition", "attachment; filename=\"" + id.text() + ".json\""));
}

}   // namespace

void routes(http::Router& r, CustomerService& customers, IdentityService& identity, idempotency::Ledger& ledger) {
    using enum idempotency::Key;
    using http::bind, idempotency::bind_resume;
    const auto adding =
        ledger.keyed(accepted, bind(add_address, customers), bind_resume(resume_add_address, customers));
    const auto exporting = ledger.keyed(accepted, bind(make_export, customers), bind_resume(resume_export, customers));
    auto& closing = r.remove("/api/v1/me", Access::customer, bind(close_me, customers));
    closing.tier = http::Tier::auth;   // it asks for a password
    closing.body_limit = body_bytes_max;
    r.get   ("/api/v1/me",                     Access::customer, bind(show_me, identity));
    r.patch ("/api/v1/me",                     Access::customer, bind(change_me, identity));
    r.get   ("/api/v1/me/addresses",           Access::customer, bind(list_addresses, customers));
    r.post  ("/api/v1/me/addresses",           Access::customer, adding);
    r.get   ("/api/v1/me/addresses/{address}", Access::customer, bind(show_address, customers));
    r.patch ("/api/v1/me/addresses/{address}", Access::customer, bind(change_address, customers));
    r.remove("/api/v1/me/addresses/{address}", Access::customer, bind(remove_address, customers));
    r.get   ("/api/v1/me/sessions",            Access::customer, bind(list_sessions, identity));
    r.remove("/api/v1/me/sessions",            Access::customer, bind(end_other_sessions, identity));
    r.remove("/api/v1/me/sessions/{session}",  Access::customer, bind(end_session, identity));
    r.post  ("/api/v1/me/export",              Access::customer, exporting);
    r.get   ("/api/v1/me/exports/{export}",    Access::customer, bind(show_export, customers));
}

}   // namespace caddy::customers

// `admin create`: the first administrator, or another. There is no default account.
#include "app/command.hpp"
#include "app/platform.hpp"
#include "app/shop.hpp"

#include <iostream>
#include <string>

namespace caddy::app {

int admin_create(const Settings& given, const CommandLine& line) {
    std::string password;
    if (!std::getline(std::cin, password) || password.empty()) {
        complain(
            "no password on standard input; try: printf '%s\\n' \"$PASSWORD\" | caddy-shopping admin create --email " +
            line.email + " --password-stdin");
        return exit_no_input;
    }
    if (password.ends_with('\r')) password.pop_back();
    Settings settings = given;
    complete_secrets(settings);
    Platform platform(settings);
    platform.require_schema();
    Shop shop(platform, settings);
    const auto ctx = platform.context("admin.create");
    const auto user = platform.run(shop.identity.create_admin(ctx, line.email, password));
    if (!user) {
        complain(user.error().detail);
        for (const auto& field : user.error().fields) complain(field.pointer + ": " + field.message);
        return exit_data;
    }
    std::cout << "created administrator " << user->id.text() << " (" << user->email << ")\n";
    return exit_ok;
}

}   // namespace caddy::app

#include "platform/http/client_address.hpp"
#include "platform/http/compress.hpp"
#include "platform/http/finish.hpp"
#include "platform/http/static_files.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

namespace caddy::http {
namespace {

namespace ip = boost::asio::ip;

TEST(AcceptEncoding, is_weighed) {
    const struct {
        const char* header;
        Encoding encoding;
    } cases[] = {{"", Encoding::identity},
                 {"gzip", Encoding::gzip},
                 {"br", Encoding::brotli},
                 {"gzip, br", Encoding::brotli},
                 {"gzip;q=1.0, br;q=0.5", Encoding::gzip},
                 {"gzip;q=0", Encoding::identity},
                 {"*", Encoding::brotli},
                 {"br;q=0, *", Encoding::gzip},
                 {"identity", Encoding::identity},
                 {"identity;q=1, gzip;q=0.5", Encoding::identity},
                 {"identity;q=0, gzip;q=0.1", Encoding::gzip},
                 {"GZIP ; Q=0.8", Encoding::gzip},
                 {"deflate", Encoding::identity},
                 {"gzip;q=2", Encoding::identity},
                 {"gzip;q=0.0001", Encoding::identity},
                 {"x-gzip", Encoding::gzip},
                 {" , ,gzip", Encoding::gzip},
                 {"gzip;level=9", Encoding::identity},
                 {"*;q=0", Encoding::identity}};
    for (const auto& c : cases) EXPECT_EQ(negotiate(c.header), c.encoding) << c.header;
}

TEST(IfNoneMatch, compares_weakly_and_reads_lists) {
    EXPECT_TRUE(matches_none_match("\"a\"", "a"));
    EXPECT_TRUE(matches_none_match("W/\"a\"", "a"));
    EXPECT_TRUE(matches_none_match("\"x\" , W/\"a,b\",\"y\"", "a,b"));
    EXPECT_TRUE(matches_none_match("*", ""));
    EXPECT_FALSE(matches_none_match("\"a,b\"", "a"));
    EXPECT_FALSE(matches_none_match("a", "a"));
    EXPECT_FALSE(matches_none_match("w/\"a\"", "a"));
    EXPECT_FALSE(matches_none_match("\"\"", ""));
}

std::string client_of(const std::vector<std::string>& trusted, const char* peer,
                      std::vector<std::string_view> forwarded) {
    return TrustedProxies::parse(trusted).value().client(ip::make_address(peer), forwarded).to_string();
}

TEST(ClientAddress, is_the_rightmost_hop_that_is_not_trusted) {
    const std::vector<std::string> inside = {"10.0.0.0/8", "192.0.2.1", "fd00::/8"};
    EXPECT_EQ(client_of({}, "203.0.113.9", {"1.1.1.1"}), "203.0.113.9");
    EXPECT_EQ(client_of(inside, "203.0.113.9", {"1.1.1.1"}), "203.0.113.9");
    EXPECT_EQ(client_of(inside, "10.1.2.3", {"1.1.1.1, 203.0.113.9"}), "203.0.113.9");
    EXPECT_EQ(client_of(inside, "10.1.2.3", {"6.6.6.6, 203.0.113.9, 10.9.9.9,192.0.2.1"}), "203.0.113.9");
    EXPECT_EQ(client_of(inside, "10.1.2.3", {"6.6.6.6", "203.0.113.9"}), "203.0.113.9");
    EXPECT_EQ(client_of(inside, "10.1.2.3", {"10.0.0.7, 10.0.0.8"}), "10.0.0.7");
    EXPECT_EQ(client_of(inside, "10.1.2.3", {"6.6.6.6, unknown, 10.0.0.8"}), "10.0.0.8");
    EXPECT_EQ(client_of(inside, "10.1.2.3", {}), "10.1.2.3");
    EXPECT_EQ(client_of(inside, "::ffff:10.1.2.3", {"[2001:db8::7]:443"}), "2001:db8::7");
    EXPECT_EQ(client_of(inside, "fd00::1", {"203.0.113.9:5000"}), "203.0.113.9");
    EXPECT_EQ(client_of({"192.0.2.1"}, "192.0.2.2", {"1.1.1.1"}), "192.0.2.2");
}

TEST(ClientAddress, refuses_networks_that_are_none) {
    for (const auto* bad : {"10.0.0.0/33", "ten", "", "10.0.0", "fd00::/129", "10.0.0.0/8/8"}) {
        EXPECT_TRUE(TrustedProxies::parse({bad}).has_error()) << bad;
    }
}

TEST(ClientAddress, is_limited_by_subscriber) {
    EXPECT_EQ(limit_key(ip::make_address("203.0.113.9")), "203.0.113.9");
    EXPECT_EQ(limit_key(ip::make_address("2001:db8:1:2:3:4:5:6")), limit_key(ip::make_address("2001:db8:1:2::1")));
    EXPECT_NE(limit_key(ip::make_address("2001:db8:1:2::1")), limit_key(ip::make_address("2001:db8:1:3::1")));
}

class Folder {
public:
    Folder() : path(std::filesystem::temp_directory_path() / ("static_files_" + std::to_string(::getpid()))) {
        std::filesystem::create_directories(path / "public" / "assets");
        write("public/index.html", "<!doctype html><title>shop</title>");
        write("public/assets/index-BdX3k2a9.js", std::string(3000, ';'));
        write("public/logo.svg", "<svg/>");
        write("public/.hidden", "hidden");
        write("secret.txt", "secret");
        std::filesystem::create_symlink(path / "secret.txt", path / "public" / "link.txt");
    }
    ~Folder() { std::filesystem::remove_all(path); }
    void write(const std::string& name, const std::string& content) const { std::ofstream(path / name) << content; }
    std::filesystem::path path;
};

std::string header(const Response& response, std::string_view name) {
    for (const auto& [key, value] : response.headers) {
        if (key == name) return value;
    }
    return "";
}

TEST(StaticFiles, are_typed_tagged_and_cached_by_their_names) {
    const Folder folder;
    StaticFiles files(folder.path / "public", {});
    const auto page = files.find("").value();
    const auto script = files.find("assets/index-BdX3k2a9.js").value();

    EXPECT_EQ(page.content_type, "text/html; charset=utf-8");
    EXPECT_EQ(header(page, "Content-Security-Policy"), std::string(html_policy));
    EXPECT_EQ(header(page, "Cache-Control"), "no-cache");
    EXPECT_EQ(script.content_type, "text/javascript; charset=utf-8");
    EXPECT_EQ(header(script, "Cache-Control"), "public, max-age=31536000, immutable");
    EXPECT_FALSE(script.prepared->gzip.empty());
    EXPECT_EQ(script.prepared, files.find("assets/index-BdX3k2a9.js")->prepared);
    EXPECT_NE(header(files.find("logo.svg").value(), "Content-Security-Policy").find("sandbox"), std::string::npos);
}

TEST(StaticFiles, come_from_the_directory_alone) {
    const Folder folder;
    StaticFiles files(folder.path / "public", {});
    for (const auto* path : {"../secret.txt", "assets/../../secret.txt", "link.txt", ".hidden", "/etc/passwd", "assets",
                             "assets//x", "nothing.js", "a\\b"}) {
        EXPECT_TRUE(files.find(path).has_error()) << path;
    }
    EXPECT_TRUE(files.find(std::string_view("index.html\0.js", 14)).has_error());
}

TEST(StaticFiles, follow_a_change_on_disk_and_stay_within_their_memory) {
    const Folder folder;
    StaticFiles files(folder.path / "public", {.cache_bytes_max = 100});
    folder.write("public/a.txt", "one");
    EXPECT_EQ(files.find("a.txt")->prepared->identity, "one");
    folder.write("public/a.txt", "three");
    EXPECT_EQ(files.find("a.txt")->prepared->identity, "three");
    for (int i = 0; i < 20; ++i) {
        folder.write("public/" + std::to_string(i) + ".txt", std::string(30, 'x'));
        EXPECT_TRUE(files.find(std::to_string(i) + ".txt").has_value());
    }
}

TEST(StaticFiles, lead_pages_of_an_application_to_it_and_missing_files_nowhere) {
    const Folder folder;
    StaticFiles files(folder.path / "public", {.fallback = "index.html"});
    EXPECT_EQ(files.find("products/tea")->content_type, "text/html; charset=utf-8");
    EXPECT_TRUE(files.find("assets/old-12345678.js").has_error());
}

TEST(StaticFiles, may_be_in_the_binary) {
    StaticFiles files(std::vector<EmbeddedFile>{{"app.css", "body{}"}}, {});
    EXPECT_EQ(files.find("app.css")->prepared->identity, "body{}");
    EXPECT_TRUE(files.find("other.css").has_error());
}

TEST(StaticFiles, know_names_that_carry_a_digest) {
    for (const auto* name : {"index-BdX3k2a9.js", "a.0f1e2d3c4b5a69788796a5b4c3d2e1f0.css", "0f1e2d3c4b5a6978.png"})
        EXPECT_TRUE(has_digest(name)) << name;
    for (const auto* name : {"index.js", "celadon-porcelain.jpg", "tea-20260131.png", "photo.png", "a-12345.js"})
        EXPECT_FALSE(has_digest(name)) << name;
}

}  // namespace
}  // namespace caddy::http

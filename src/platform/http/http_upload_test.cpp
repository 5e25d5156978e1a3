#include "platform/http/http_shop.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fcntl.h>

#include <filesystem>
#include <fstream>

namespace caddy::http::testing {

namespace {

constexpr std::size_t limit_bytes = 1'000'000;

class Folder {
public:
    Folder() {
        auto pattern = (std::filesystem::temp_directory_path() / "caddy-uploads-XXXXXX").string();
        path_ = ::mkdtemp(pattern.data());
    }
    ~Folder() { std::filesystem::remove_all(path_); }
    Folder(const Folder&) = delete;
    std::string path() const { return path_.string(); }
    bool empty() const { return std::filesystem::is_empty(path_); }

private:
    std::filesystem::path path_;
};

struct Told {
    std::int64_t size = 0;
    std::string sha256, beginning, middle;
    std::int64_t in_memory = 0;
};
BOOST_DESCRIBE_STRUCT(Told, (), (size, sha256, beginning, middle, in_memory))

Task<Result<Response>> tell(Request& request) {
    Told told;
    told.size = static_cast<std::int64_t>(request.upload->size());
    told.sha256 = request.upload->sha256();
    told.beginning = co_await request.upload->read(0, 4);
    told.middle = co_await request.upload->read(300'000, 4);
    told.in_memory = static_cast<std::int64_t>(request.body.size());
    co_return ok(told);
}

ServerConfig with_folder(const std::string& folder, int read_limit_ms) {
    ServerConfig config;
    config.upload_folder = folder;
    config.body_read_limit_ms = read_limit_ms;
    config.bytes_per_s_min = 1'000'000;
    return config;
}

struct Spooling {
    explicit Spooling(const std::string& folder, int read_limit_ms = 60'000)
        : server(with_folder(folder, read_limit_ms), {router, clock}) {}
    static Router routes() {
        Router router;
        auto& upload = router.post("/upload", Access::anyone, tell);
        upload.body = ::caddy::http::Body::spooled;
        upload.body_limit = limit_bytes;
        router.post("/memory", Access::anyone, echo_raw);
        return router;
    }
    SystemClock clock;
    Router router = routes();
    RunningServer server;
};

std::string head(const std::string& more) { return "POST /upload HTTP/1.1\r\nHost: shop\r\n" + more + "\r\n"; }
std::string counted(const std::string& body) {
    return head("Content-Length: " + std::to_string(body.size()) + "\r\n") + body;
}

std::string long_body() {
    std::string body(700'000, 'a');
    body.replace(300'000, 4, "tea!");
    return body;
}

// sha256sum of long_body(), by another program.
constexpr std::string_view long_body_sha256 = "5bebbd508c50f7d3dd07e6e45e597c7bb810e0c376f7dd78f3405fc6f3fd66ce";

}  // namespace

TEST(Uploads, ACountedBodyGoesToAFileAndIsReadFromThereInPieces) {
    const Folder folder;
    Spooling shop(folder.path());
    const auto answer = Client(shop.server.port()).send(counted(long_body())).receive();
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.body, R"({"size":700000,"sha256":")" + std::string(long_body_sha256) +
                               R"(","beginning":"aaaa","middle":"tea!","in_memory":0})");
}

TEST(Uploads, AChunkedBodyIsTheSameBody) {
    const Folder folder;
    Spooling shop(folder.path());
    Client client(shop.server.port());
    client.send(head("Transfer-Encoding: chunked\r\n"));
    const auto body = long_body();
    for (std::size_t at = 0; at < body.size(); at += 70'000) {
        client.send("11170\r\n" + body.substr(at, 70'000) + "\r\n");
    }
    const auto answer = client.send("0\r\n\r\n").receive();
    EXPECT_EQ(answer.status, 200);
    EXPECT_NE(answer.body.find(long_body_sha256), std::string::npos) << answer.body;
}

TEST(Uploads, AFileHasNoNameAndGoesWithItsRequest) {
    const Folder folder;
    Spooling shop(folder.path());
    Client client(shop.server.port());
    client.send(counted(long_body()).substr(0, 400'000));
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    EXPECT_TRUE(folder.empty());
}

TEST(Uploads, AnEmptyBodyIsAnUploadOfNothing) {
    const Folder folder;
    Spooling shop(folder.path());
    const auto answer = Client(shop.server.port()).send(head("Content-Length: 0\r\n")).receive();
    EXPECT_EQ(answer.status, 200);
    EXPECT_NE(answer.body.find("\"size\":0"), std::string::npos) << answer.body;
}

TEST(Uploads, TheConnectionGoesOnBehindAnUpload) {
    const Folder folder;
    Spooling shop(folder.path());
    Client client(shop.server.port());
    client.send(counted(long_body()) + "POST /memory HTTP/1.1\r\nHost: shop\r\nContent-Length: 2\r\n\r\nhi");
    EXPECT_EQ(client.receive().status, 200);
    EXPECT_EQ(client.receive().body, "hi");
}

TEST(Uploads, TooLongABodyIsRefusedBeforeItIsSentAndWhileItIsSent) {
    const Folder folder;
    Spooling shop(folder.path());
    EXPECT_EQ(Client(shop.server.port()).send(head("Content-Length: 1000001\r\n")).receive().status, 413);
    Client chunked(shop.server.port());
    chunked.send(head("Transfer-Encoding: chunked\r\n"));
    chunked.send("F4241\r\n" + std::string(1'000'001, 'a') + "\r\n0\r\n\r\n");
    EXPECT_EQ(chunked.receive().status, 413);
}

TEST(Uploads, WhoSendsTooSlowlyIsNotWaitedFor) {
    const Folder folder;
    Spooling shop(folder.path(), 300);
    Client client(shop.server.port());
    EXPECT_EQ(client.send(head("Content-Length: 1000\r\n") + "abc").receive().status, 408);
}

TEST(Uploads, AConnectionThatIsLostMidWayHarmsNobodyElse) {
    const Folder folder;
    Spooling shop(folder.path());
    { Client(shop.server.port()).send(counted(long_body()).substr(0, 300'000)); }
    EXPECT_EQ(Client(shop.server.port()).send(counted(long_body())).receive().status, 200);
}

TEST(Uploads, WithoutRoomForFilesTheCallerIsToldToComeAgain) {
    const Folder folder;
    const auto blocked = folder.path() + "/file";
    std::ofstream(blocked) << "a file where the folder should be";
    Spooling shop(blocked);
    const auto answer = Client(shop.server.port()).send(counted(long_body())).receive();
    EXPECT_EQ(answer.status, 503);
    EXPECT_NE(answer.body.find("request.no_room"), std::string::npos) << answer.body;
    EXPECT_EQ(answer.header("retry-after"), "1");
}

TEST(Uploads, ADiskThatIsFullMidWayEndsTheUploadOnly) {
    if (!std::filesystem::exists("/dev/full")) GTEST_SKIP() << "this system has no /dev/full";
    asio::thread_pool pool(1);
    asio::io_context loop;
    const auto upload = Upload::adopt(::open("/dev/full", O_RDWR), pool);
    auto done = asio::co_spawn(loop, upload->append("tea"), asio::use_future);
    loop.run();
    EXPECT_THROW(done.get(), std::system_error);
    pool.join();
}

}  // namespace caddy::http::testing

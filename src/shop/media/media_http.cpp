// The files of pictures: `GET /media/…`.
#include "platform/http/router.hpp"
#include "shop/media/media_files.hpp"

namespace caddy::media {
namespace {

Task<Result<http::Response>> serve(http::Request& request, MediaFiles& files) {
    const auto path = request.path_text("file");
    co_return co_await files.find(request.ctx, path);
}

}   // namespace

void routes(http::Router& router, MediaFiles& files) {
    router.get("/media/{file*}", Access::anyone, http::bind(serve, files)).tier = http::Tier::none;
}

}   // namespace caddy::media

// The back office's routes of the library.
#include "platform/http/precondition.hpp"
#include "platform/http/router.hpp"
#include "platform/idempotency/idempotency.hpp"
#include "shop/media/media.hpp"
#include "shop/media/media_form.hpp"

namespace caddy::media {
namespace {

using http::Request;
using http::Response;

constexpr std::size_t form_overhead_bytes = 8 * 1024;
constexpr std::chrono::seconds upload_time{100};

namespace refuse {
Error too_large() {
    return {ErrorKind::too_large, "media.too_large", "The picture is larger than 64 MiB. Make it smaller."};
}
}   // namespace refuse

Response kept_private(Response response) {
    response.headers.push_back(http::private_no_store());
    return response;
}

Response answer(int status, const Picture& picture) {
    return http::tagged(kept_private(http::json_response(status, picture)), picture.version);
}

Response created(int status, const Picture& picture) {
    return answer(status, picture).with("Location", "/api/v1/admin/media/" + picture.id.text());
}

/// Waits for the disk.
Result<std::string> picture_of(const http::Upload& body, const std::string& content_type) {
    auto bytes = body.read_blocking(0, static_cast<std::size_t>(body.size()));
    CADDY_TRY(const auto part, picture_in(content_type, bytes));
    if (part.size() > content_bytes_max) return refuse::too_large();
    if (part.size() == bytes.size()) return bytes;
    return std::string(part);
}

Task<Result<Response>> upload(Request& request, MediaService& media) {
    CADDY_CO_TRY(request.allow_query({}));
    const std::string type(request.header("content-type").value_or(""));
    const MediaService::Read read = [&] { return picture_of(*request.upload, type); };
    CADDY_CO_TRY(const auto kept, co_await media.add(request.ctx, read));
    co_return created(kept.is_new ? 201 : 200, kept.picture);
}

Task<Result<Response>> resume_upload(Request& request, const std::string& made, MediaService& media) {
    const auto id = PictureId::parse(made).value();
    CADDY_CO_TRY(const auto picture, co_await media.show(request.ctx, id));
    co_return created(201, picture);
}

Task<Result<Response>> list(Request& request, MediaService& media) {
    CADDY_CO_TRY(request.allow_query({"limit", "cursor"}));
    CADDY_CO_TRY(const auto wanted, request.page());
    CADDY_CO_TRY(const auto page, co_await media.list(request.ctx, wanted));
    co_return kept_private(http::ok(page));
}

Task<Result<Response>> show(Request& request, MediaService& media) {
    CADDY_CO_TRY(const auto id, request.path_id<PictureId>("image"));
    CADDY_CO_TRY(const auto picture, co_await media.show(request.ctx, id));
    co_return answer(200, picture);
}

Task<Result<Response>> remove(Request& request, MediaService& media) {
    CADDY_CO_TRY(const auto id, request.path_id<PictureId>("image"));
    CADDY_CO_TRY(const auto expected, http::expected_version(request));
    CADDY_CO_TRY(co_await media.remove(request.ctx, id, expected));
    co_return kept_private(http::no_content());
}

}   // namespace

void admin_routes(http::Router& router, MediaService& media, idempotency::Ledger& ledger) {
    using http::bind;
    const auto uploading = ledger.keyed(idempotency::Key::accepted, bind(upload, media),
                                        idempotency::bind_resume(resume_upload, media));
    const std::string all = "/api/v1/admin/media";
    const std::string one = all + "/{image}";
    auto& upload_route = router.post(all, Access::staff, uploading);
    upload_route.permission = Permission::catalog_write;
    upload_route.body_limit = content_bytes_max + form_overhead_bytes;
    upload_route.body = http::Body::spooled;
    upload_route.time_limit = upload_time;
    router.get(all, Access::staff, bind(list, media)).permission = Permission::catalog_write;
    router.get(one, Access::staff, bind(show, media)).permission = Permission::catalog_write;
    router.remove(one, Access::staff, bind(remove, media)).permission = Permission::catalog_write;
}

}   // namespace caddy::media

#include "platform/http/router.hpp"
#include "platform/idempotency/idempotency.hpp"
#include "platform/text/text.hpp"
#include "shop/imports/imports.hpp"
#include "shop/imports/imports_export.hpp"

namespace caddy::imports {
namespace {

namespace refuse {
Error not_csv() {
    return {ErrorKind::unsupported_media, "imports.not_csv",
            "Send the file itself with the Content-Type text/csv."};
}
}  // namespace refuse

struct ImportProgress {
    std::int64_t done_rows = 0;
    std::int64_t total_rows = 0;
};
BOOST_DESCRIBE_STRUCT(ImportProgress, (), (done_rows, total_rows))

struct ImportFailure {
    std::string code;
    std::string detail;
};
BOOST_DESCRIBE_STRUCT(ImportFailure, (), (code, detail))

struct ImportAnswer {
    ImportId id;
    ImportStatus status{};
    std::string currency;
    ImportProgress progress;
    Totals totals;
    std::optional<ImportFailure> error;
    std::string report_url;
    Time created_at{};
    std::optional<Time> finished_at;
    std::int64_t version = 1;
};
BOOST_DESCRIBE_STRUCT(ImportAnswer, (),
                      (id, status, currency, progress, totals, error, report_url, created_at, finished_at, version))

std::string address_of(ImportId id) { return "/api/v1/admin/imports/" + id.text(); }

ImportAnswer to_answer(const ImportJob& job) {
    ImportAnswer answer{.id = job.id,
                        .status = job.status,
                        .currency = job.currency,
                        .progress = {job.done_rows, job.total_rows},
                        .totals = job.totals,
                        .error = {},
                        .report_url = address_of(job.id) + "/report",
                        .created_at = job.created_at,
                        .finished_at = job.finished_at,
                        .version = job.version};
    if (job.error_code) answer.error = ImportFailure{*job.error_code, job.error_detail.value_or("")};
    return answer;
}

template <class T>
http::Response answer(int status, const T& value) {
    auto response = http::json_response(status, value);
    response.headers.push_back(http::private_no_store());
    return response;
}

http::Response accepted_answer(const ImportJob& job) {
    return answer(202, to_answer(job)).with("Location", address_of(job.id));
}

Task<Result<http::Response>> submit(http::Request& request, ImportService& imports) {
    CADDY_CO_TRY(request.allow_query({"currency"}));
    CADDY_CO_TRY(const auto currency, request.query_text("currency"));
    const auto type = text::folded(std::string(request.header("content-type").value_or("")));
    if (type != "text/csv" && !type.starts_with("text/csv;")) co_return refuse::not_csv();
    const auto& upload = *request.upload;
    GivenFile file;
    file.bytes = upload.size();
    file.read = [&upload](std::uint64_t offset, std::size_t bytes) { return upload.read(offset, bytes); };
    CADDY_CO_TRY(const auto job, co_await imports.submit(request.ctx, file, currency));
    co_return accepted_answer(job);
}

Task<Result<http::Response>> resume_submit(http::Request& request, const std::string& made, ImportService& imports) {
    CADDY_CO_TRY(const auto job, co_await imports.show(request.ctx, ImportId::parse(made).value()));
    co_return accepted_answer(job);
}

Task<Result<http::Response>> list_imports(http::Request& request, ImportService& imports) {
    CADDY_CO_TRY(request.allow_query({"limit", "cursor"}));
    CADDY_CO_TRY(const auto page, request.page());
    CADDY_CO_TRY(const auto jobs, co_await imports.list(request.ctx, page));
    Page<ImportAnswer> answers;
    answers.limit = jobs.limit;
    answers.next = jobs.next;
    for (const auto& job : jobs.data) answers.data.push_back(to_answer(job));
    co_return answer(200, answers);
}

Task<Result<http::Response>> show_import(http::Request& request, ImportService& imports) {
    CADDY_CO_TRY(const auto id, request.path_id<ImportId>("import"));
    CADDY_CO_TRY(const auto job, co_await imports.show(request.ctx, id));
    co_return answer(200, to_answer(job));
}

Task<Result<http::Response>> show_report(http::Request& request, ImportService& imports) {
    CADDY_CO_TRY(request.allow_query({"limit", "cursor"}));
    CADDY_CO_TRY(const auto id, request.path_id<ImportId>("import"));
    CADDY_CO_TRY(const auto page, request.page());
    CADDY_CO_TRY(const auto entries, co_await imports.report(request.ctx, id, page));
    co_return answer(200, entries);
}

http::Response file_answer(std::string_view name, ExportService::Pieces pieces) {
    http::Response response;
    response.content_type = "text/csv; charset=utf-8";
    response.headers.push_back(http::private_no_store());
    response.with("Content-Disposition", "attachment; filename=\"" + std::string(name) + "\"");
    response.rest = std::move(pieces);
    return response;
}

Task<Result<http::Response>> export_products(http::Request& request, ExportService& exports) {
    CADDY_CO_TRY(request.allow_query({}));
    co_return file_answer("products.csv", exports.products(request.ctx));
}

Result<OrderExport> parse_order_export(const http::Request& request) {
    CADDY_TRY(request.allow_query({"from", "to", "status", "currency"}));
    CADDY_TRY(const auto from, request.query_text("from"));
    CADDY_TRY(const auto to, request.query_text("to"));
    CADDY_TRY(const auto status, request.query_text("status"));
    CADDY_TRY(const auto currency, request.query_text("currency"));
    OrderExport wanted;
    Checks checks;
    const auto read_time = [&](const std::optional<std::string>& text, const char* pointer) {
        const auto time = text ? parse_rfc3339(*text) : std::nullopt;
        checks.require(!text || time, pointer, "not_a_time",
                       "Send an RFC 3339 time in UTC, like 2026-01-31T12:00:00Z.");
        return time;
    };
    wanted.from = read_time(from, "query:from");
    wanted.to = read_time(to, "query:to");
    checks.require(!wanted.from || !wanted.to || *wanted.from <= *wanted.to, "query:to", "before_from",
                   "Send a time that is not before from.");
    if (status) {
        orders::OrderStatus known{};
        const bool found = boost::describe::enum_from_string(status->c_str(), known);
        checks.require(found, "query:status", "not_a_choice", "Send one of the states of an order.");
        wanted.status = known;
    }
    if (currency) {
        wanted.currency = Currency::parse(*currency);
        checks.require(wanted.currency.has_value(), "query:currency", "not_a_currency",
                       "Send a currency of ISO 4217, like CNY.");
    }
    CADDY_TRY(checks.result());
    return wanted;
}

Task<Result<http::Response>> export_orders(http::Request& request, ExportService& exports) {
    CADDY_CO_TRY(const auto wanted, parse_order_export(request));
    auto pieces = co_await exports.orders(request.ctx, wanted);
    auto response = file_answer("orders.csv", std::move(pieces));
    response.body = ExportService::order_columns();
    co_return response;
}

http::Route& guarded(http::Route& route) {
    route.permission = Permission::catalog_write;
    return route;
}

}  // namespace

void admin_routes(http::Router& r, ImportService& imports, ExportService& exports, idempotency::Ledger& ledger) {
    using enum idempotency::Key;
    using http::bind, idempotency::bind_resume;
    const auto submitting = ledger.keyed(accepted, bind(submit, imports), bind_resume(resume_submit, imports));
    auto& importing = guarded(r.post("/api/v1/admin/imports", Access::staff, submitting));
    importing.body = http::Body::spooled;
    importing.body_limit = file_bytes_max;
    importing.time_limit = std::chrono::seconds(60);
    guarded(r.get("/api/v1/admin/imports", Access::staff, bind(list_imports, imports)));
    guarded(r.get("/api/v1/admin/imports/{import}", Access::staff, bind(show_import, imports)));
    guarded(r.get("/api/v1/admin/imports/{import}/report", Access::staff, bind(show_report, imports)));
    auto& exporting = guarded(
        r.get("/api/v1/admin/exports/products.csv", Access::staff, bind(export_products, exports)));
    constexpr std::chrono::seconds time_for_a_piece{60};
    exporting.time_limit = time_for_a_piece;
    auto& exporting_orders = r.get("/api/v1/admin/exports/orders.csv", Access::staff, bind(export_orders, exports));
    exporting_orders.permission = Permission::orders_read;
    exporting_orders.time_limit = time_for_a_piece;
}

}  // namespace caddy::imports

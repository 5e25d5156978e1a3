"""Every rule of tools/tidy.py bites: a small clean tree, one violation at a time."""
import json
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tools"))
import tidy  # noqa: E402

CLEAN = {
    "src/core/CMakeLists.txt": "# Vocabulary.\ncaddy_module(core\n    SOURCES money.cpp\n    HEADERS money.hpp)\n",
    "src/core/money.hpp": "#pragma once\nint minor();\n",
    "src/core/money.cpp": '#include "core/money.hpp"\nint minor() { return 1\'000; }\n',
    "src/platform/log/CMakeLists.txt": "# Logs.\ncaddy_module(log\n    HEADERS log.hpp\n    USES    core)\n",
    "src/platform/log/log.hpp": '#pragma once\n#include "core/money.hpp"\n',
    "src/shop/catalog/CMakeLists.txt": "caddy_module(shop_catalog\n    SOURCES catalog.cpp catalog_store.cpp\n    HEADERS catalog.hpp\n"
                                       "    TESTS   catalog_test.cpp\n    USES    core)\n",
    "src/shop/catalog/README.md": "# Catalogue\n\nWhat the shop sells. And more.\n\n- **Refuses**: `catalog.gone`\n",
    "src/shop/catalog/catalog.hpp": "#pragma once\n/// One product. Refuses: catalog.gone\nint product();\n",
    "src/shop/catalog/catalog.cpp": '#include "shop/catalog/catalog.hpp"\n#include "shop/catalog/catalog_store.hpp"\n'
                                    'Error gone() { return {ErrorKind::gone, "catalog.gone", "It is gone."}; }\n',
    "src/shop/catalog/catalog_store.hpp": "#pragma once\n",
    "src/shop/catalog/catalog_store.cpp": '#include "shop/catalog/catalog_store.hpp"\n'
                                          'const Sql sql_one{{.name = "catalog.one", .any = "SELECT 1"}};\n',
    "src/shop/catalog/catalog_test.cpp": '#include "shop/catalog/catalog.hpp"\n',
    "src/shop/cart/CMakeLists.txt": "# Carts.\ncaddy_module(shop_cart\n    SOURCES cart.cpp cart_http.cpp\n    HEADERS cart.hpp\n"
                                    "    TESTS   cart_test.cpp\n    USES    core log shop_catalog)\n",
    "src/shop/cart/README.md": "# Cart\n\nWhat somebody means to buy.\n",
    "src/shop/cart/cart.hpp": '#pragma once\n#include "shop/catalog/catalog.hpp"\n/// Puts a line in.\n///\n'
                              "/// Refuses: cart.closed,\n///          catalog.gone\nint add_line();\n",
    "src/shop/cart/cart.cpp": '#include "shop/cart/cart.hpp"\n#include "platform/log/log.hpp"\n'
                              'Error closed() { return {ErrorKind::conflict, "cart.closed", "It is closed."}; }\n',
    "src/shop/cart/cart_http.cpp": '#include "shop/cart/cart.hpp"\n',
    "src/shop/cart/cart_api.yaml": "paths:\n  /carts:\n    post:\n      x-codes: [cart.closed]\n",
    "src/shop/cart/cart_test.cpp": '#include "shop/cart/cart.hpp"\n',
    "migrations/0001_cart_create.mysql.sql": "CREATE TABLE carts (id BIGINT);\n",
    "migrations/0001_cart_create.sqlite.sql": "CREATE TABLE carts (id BIGINT);\n",
}


class Tree:
    def __init__(self, root, capsys):
        self.root, self.capsys = root, capsys
        for name, text in CLEAN.items():
            self.write(name, text)
        tidy.main(["--root", str(root), "--fix-maps"])
        capsys.readouterr()

    def write(self, name, text):
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def append(self, name, text):
        self.write(name, (self.root / name).read_text() + text)

    def replace(self, name, old, new):
        text = (self.root / name).read_text()
        assert old in text
        self.write(name, text.replace(old, new))

    def findings(self, *, maps=True):
        """The lines that tidy prints; with a map made anew unless the map is what is looked at."""
        status = tidy.main(["--root", str(self.root)] + (["--fix-maps"] if maps else []))
        lines = self.capsys.readouterr().out.splitlines()
        assert status == (1 if lines else 0)
        return lines


@pytest.fixture
def tree(tmp_path, capsys):
    return Tree(tmp_path, capsys)


def only(findings, start):
    assert len(findings) == 1, findings
    assert findings[0].startswith(start), findings


def test_a_clean_tree_has_no_findings(tree):
    assert tree.findings(maps=False) == []


# --- edges

def test_an_include_outside_uses_is_found(tree):
    tree.replace("src/shop/cart/CMakeLists.txt", "core log shop_catalog", "core shop_catalog")
    only(tree.findings(), "src/shop/cart/cart.cpp:2: edge: add log to the USES of shop_cart")


def test_uses_are_not_inherited(tree):
    tree.replace("src/shop/cart/CMakeLists.txt", "core log", "log")   # log uses core
    tree.append("src/shop/cart/cart.cpp", '#include "core/money.hpp"\n')
    only(tree.findings(), "src/shop/cart/cart.cpp:4: edge: add core")


def test_a_cycle_is_found(tree):
    tree.replace("src/shop/catalog/CMakeLists.txt", "USES    core", "USES    core shop_cart")
    only(tree.findings(), "src/shop/c")
    assert "shop_cart -> shop_catalog" in tree.findings()[0]


def test_an_unknown_module_is_found(tree):
    tree.replace("src/shop/cart/CMakeLists.txt", "core log", "core log redis")
    only(tree.findings(), "src/shop/cart/CMakeLists.txt:1: unknown-module: there is no module redis")


def test_a_private_header_of_another_feature_is_found(tree):
    tree.append("src/shop/cart/cart.cpp", '#include "shop/catalog/catalog_store.hpp"\n')
    only(tree.findings(), "src/shop/cart/cart.cpp:4: private-header: include only shop/catalog/catalog.hpp")


@pytest.mark.parametrize("where, what", [
    ("src/platform/log/log.hpp", "shop/cart/cart.hpp"),
    ("src/core/money.cpp", "platform/log/log.hpp"),
    ("src/shop/cart/cart.cpp", "app/shop.hpp"),
])
def test_a_room_that_knows_one_above_is_found(tree, where, what):
    tree.append(where, f'#include "{what}"\n')
    assert any(line.startswith(where) and ": room: " in line for line in tree.findings())


def test_a_test_helper_in_the_program_is_found(tree):
    tree.append("src/shop/cart/cart.cpp", '#include "tests/support/fake_clock.hpp"\n')
    only(tree.findings(), "src/shop/cart/cart.cpp:4: edge: only tests")
    tree.write("src/shop/cart/cart.cpp", CLEAN["src/shop/cart/cart.cpp"])
    tree.append("src/shop/cart/cart_test.cpp", '#include "tests/support/fake_clock.hpp"\n')
    assert tree.findings() == []


def test_a_relative_include_is_found(tree):
    tree.append("src/shop/cart/cart.cpp", '#include "../catalog/catalog.hpp"\n')
    only(tree.findings(), "src/shop/cart/cart.cpp:4: relative-include")


# --- sizes

def test_a_long_file_is_found(tree):
    tree.append("src/shop/cart/cart.cpp", "// a line\n" * 398)
    only(tree.findings(), "src/shop/cart/cart.cpp:1: file-size: 401 of at most 400")


def test_a_long_line_is_found_by_characters_not_bytes(tree):
    tree.append("src/shop/cart/cart.cpp", "// " + "茶" * 117 + "\n")
    assert tree.findings() == []
    tree.append("src/shop/cart/cart.cpp", "// " + "茶" * 118 + "\n")
    only(tree.findings(), "src/shop/cart/cart.cpp:5: columns: 121 of at most 120")


def body(lines):
    return "    step();\n" * lines


@pytest.mark.parametrize("shape", [
    "void run() {\n%s}\n",
    "namespace a::b {\nstruct S final : T<int> {\n    int x{1};\n    void run() const {\n%s    }\n};\n}\n",
    "S::S(int a) : a_{a}, b_(b) {\n%s}\n",
    "template <class T>\n    requires std::is_integral_v<T>\nauto run(T t) -> int {\n%s}\n",
    "TEST_F(Cart, IsLong) {\n%s}\n",
    "const auto text = R\"x(} } \")x\";\nvoid run() {\n    const char c = '}';\n    call({1, 2}, [&] { return 3; });\n%s}\n",
])
def test_a_long_function_is_found_in_every_shape(tree, shape):
    tree.append("src/shop/cart/cart.cpp", "\n" + shape % body(20))
    assert tree.findings() == []
    tree.append("src/shop/cart/cart.cpp", "\n" + shape % body(70))
    findings = tree.findings()
    assert len(findings) == 1 and ": function-size: " in findings[0], findings


def test_a_function_of_sixty_lines_is_just_short_enough(tree):
    tree.append("src/shop/cart/cart.cpp", "\nvoid run() {\n" + body(58) + "}\n")
    assert tree.findings() == []
    tree.append("src/shop/cart/cart.cpp", "\nvoid run() {\n" + body(59) + "}\n")
    only(tree.findings(), "src/shop/cart/cart.cpp:66: function-size: 61 of at most 60")


def test_a_table_at_namespace_scope_is_no_function(tree):
    tree.append("src/shop/cart/cart.cpp", "\nconstexpr auto words = std::to_array<int>({\n" + "    1,\n" * 80 + "});\n")
    assert tree.findings() == []


def test_the_ratchet_allows_what_is_and_no_more(tree):
    tree.append("src/shop/cart/cart.cpp", "// a line\n" * 407)
    tree.write("tools/tidy_ratchet.json", json.dumps({"src/shop/cart/cart.cpp:file-size": 410}))
    assert tree.findings() == []
    tree.append("src/shop/cart/cart.cpp", "// one more\n")
    only(tree.findings(), "src/shop/cart/cart.cpp:1: file-size: 411")
    tree.write("src/shop/cart/cart.cpp", CLEAN["src/shop/cart/cart.cpp"])
    only(tree.findings(), "tools/tidy_ratchet.json:1: ratchet: src/shop/cart/cart.cpp:file-size is within the limit now")


# --- bans

@pytest.mark.parametrize("where, line, rule", [
    ("src/shop/cart/cart.cpp", "spawn(task, asio::detached);", "detached"),
    ("src/platform/log/log.hpp", "spawn(task, asio::detached);", "detached"),
    ("src/shop/cart/cart.cpp", "co_spawn(executor, task, token);", "co_spawn"),
    ("src/shop/cart/cart.cpp", 'auto home = std::getenv("HOME");', "getenv"),
    ("src/platform/log/log.hpp", 'auto home = getenv("HOME");', "getenv"),
    ("src/shop/cart/cart.cpp", "std::cout << 1;", "print"),
    ("src/shop/cart/cart.cpp", "std::cerr << 1;", "print"),
    ("src/core/money.cpp", 'printf("x");', "print"),
    ("src/shop/cart/cart.cpp", "double price = 1;", "float"),
    ("src/core/money.cpp", "float price = 1;", "float"),
    ("src/core/money.cpp", "using namespace std;", "using-std"),
    ("src/platform/log/log.hpp", "std::this_thread::sleep_for(x);", "sleep"),
    ("src/shop/cart/cart.cpp", "usleep(5);", "sleep"),
    ("src/shop/cart/cart.cpp", "sleep(5);", "sleep"),
    ("src/shop/cart/cart.cpp", "std::mutex lock;", "mutex"),
    ("src/shop/cart/cart.cpp", "std::lock_guard lock(x);", "mutex"),
    ("src/shop/cart/cart.cpp", "try { } catch (const Fault&) { }", "catch"),
    ("src/shop/cart/cart.cpp", "#include <boost/asio/post.hpp>", "asio-in-shop"),
    ("src/shop/cart/cart.cpp", "#include <boost/beast/http.hpp>", "asio-in-shop"),
    ("src/shop/cart/cart.cpp", "// TODO: later", "unfinished"),
    ("src/platform/log/log.hpp", "/* FIXME */", "unfinished"),
    ("src/shop/cart/cart.cpp", "// XXX why", "unfinished"),
    ("src/shop/cart/cart.cpp", 'auto sql = "SELECT id FROM carts";', "sql"),
    ("src/shop/cart/cart_http.cpp", 'auto sql = "DELETE FROM carts";', "sql"),
])
def test_what_is_banned_is_found(tree, where, line, rule):
    before = (tree.root / where).read_text().count("\n")
    tree.append(where, line + "\n")
    only(tree.findings(), f"{where}:{before + 1}: {rule}: ")


@pytest.mark.parametrize("line", [
    "// double the quantity, then catch (it) with std::cout",
    'const char* text = "float and printf( and std::mutex";',
    'const auto raw = R"(catch (double) asio::detached)";',
    "/* getenv( */ int x = 1'000'000;",
    'const char* none = "XXX";',
    "int n = std::snprintf(buffer, 10, format);",
    "void f() { using namespace std::chrono_literals; }",
])
def test_words_in_comments_and_literals_are_not_banned(tree, line):
    tree.append("src/shop/cart/cart.cpp", line + "\n")
    assert tree.findings() == []


def test_a_capturing_lambda_coroutine_is_found(tree):
    tree.append("src/shop/cart/cart.cpp", "auto f = [&](int a) -> Task<> { co_await g(a); };\n")
    only(tree.findings(), "src/shop/cart/cart.cpp:4: lambda-coroutine")


@pytest.mark.parametrize("line", [
    "auto f() { return db_.transact(ctx, name, [&](Tx& tx) -> Task<Result<int>> { co_return 1; }); }",
    "auto f = [](int a) -> Task<> { co_await g(a); };",
    "auto f = [&](int a) { return g(a); };",
    "Task<> f() { auto g = [&] { return 1; }; co_await h(g); table[1] = 2; }",
])
def test_a_lambda_that_is_safe_is_not_found(tree, line):
    tree.append("src/shop/cart/cart.cpp", line + "\n")
    assert tree.findings() == []


def test_a_lambda_coroutine_inside_the_body_of_transact_is_found(tree):
    tree.append("src/shop/cart/cart.cpp",
                "auto f() { return db_.transact(ctx, name, [&](Tx& tx) -> Task<int> { auto g = [&] { co_return 1; }; co_return 2; }); }\n")
    only(tree.findings(), "src/shop/cart/cart.cpp:4: lambda-coroutine")


# --- dead files, folders, migrations

def test_a_source_that_nobody_builds_is_found(tree):
    tree.write("src/shop/cart/cart_more.cpp", "")
    only(tree.findings(), "src/shop/cart/cart_more.cpp:1: dead-file: list it")


def test_a_header_that_nobody_includes_is_found(tree):
    tree.write("src/shop/cart/cart_more.hpp", "")
    only(tree.findings(), "src/shop/cart/cart_more.hpp:1: dead-file: nobody includes it")


def test_a_feature_without_readme_or_test_is_found(tree):
    (tree.root / "src/shop/cart/README.md").unlink()
    only(tree.findings(), "src/shop/cart/README.md:1: feature-folder: say what")
    tree.write("src/shop/cart/README.md", "# Cart\n\nCarts.\n")
    (tree.root / "src/shop/cart/cart_test.cpp").unlink()
    only(tree.findings(), "src/shop/cart:1: feature-folder: write cart_test.cpp")


def test_routes_and_their_document_go_together(tree):
    (tree.root / "src/shop/cart/cart_api.yaml").unlink()
    tree.append("src/shop/cart/README.md", "`cart.closed`\n")
    only(tree.findings(), "src/shop/cart:1: feature-folder: describe its routes in cart_api.yaml")
    tree.write("src/shop/catalog/catalog_api.yaml", "paths: {}\n")
    assert any("delete catalog_api.yaml" in line for line in tree.findings())


def test_migrations_come_in_pairs_with_numbers_of_their_own(tree):
    (tree.root / "migrations/0001_cart_create.mysql.sql").unlink()
    only(tree.findings(), "migrations/0001_cart_create:1: migration: write the other engine's half")
    tree.write("migrations/0001_cart_create.mysql.sql", "")
    tree.write("migrations/0001_stock_create.mysql.sql", "")
    tree.write("migrations/0001_stock_create.sqlite.sql", "")
    only(tree.findings(), "migrations/0001:1: migration: two migrations have this number: cart_create, stock_create")


def test_a_misnamed_migration_is_found(tree):
    tree.write("migrations/2_cart.sql", "")
    only(tree.findings(), "migrations/2_cart.sql:1: migration: name it")


# --- the map

def test_a_stale_map_is_found_and_mended(tree):
    tree.replace("src/shop/cart/README.md", "What somebody", "All that somebody")
    only(tree.findings(maps=False), "docs/modules.md:1: map: run tools/tidy.py --fix-maps")
    assert tree.findings(maps=True) == []
    assert tree.findings(maps=False) == []


def test_the_map_says_purpose_and_uses(tree):
    text = (tree.root / "docs/modules.md").read_text()
    assert "| `shop_catalog` | `src/shop/catalog` | What the shop sells. | core |" in text
    assert "| `log` | `src/platform/log` | Logs. | core |" in text
    assert "    shop_cart --> shop_catalog\n" in text
    assert "shop_cart --> log" not in text


def test_a_module_that_does_not_say_its_purpose_is_found(tree):
    tree.replace("src/platform/log/CMakeLists.txt", "# Logs.\n", "")
    only(tree.findings(), "src/platform/log/CMakeLists.txt:1: purpose")


# --- codes

def test_a_code_that_the_document_does_not_name_is_found(tree):
    tree.replace("src/shop/cart/cart_api.yaml", "[cart.closed]", "[]")
    only(tree.findings(), "src/shop/cart/cart.cpp:3: code: name cart.closed in the x-codes")


def test_a_code_may_stand_in_the_readme_instead(tree):
    tree.replace("src/shop/cart/cart_api.yaml", "[cart.closed]", "[]")
    tree.append("src/shop/cart/README.md", "\nRefuses `cart.closed`.\n")
    assert tree.findings() == []


def test_a_code_that_nothing_refuses_with_is_found_in_the_document(tree):
    tree.replace("src/shop/cart/cart_api.yaml", "[cart.closed]", "\n        - cart.closed\n        - cart.too_late")
    only(tree.findings(), "src/shop/cart/cart_api.yaml:1: code: nothing refuses with cart.too_late")


def test_a_code_that_nothing_refuses_with_is_found_in_a_comment(tree):
    tree.replace("src/shop/cart/cart.hpp", "cart.closed,", "cart.closed, cart.too_late,")
    tree.append("src/shop/cart/README.md", "\nRefuses `cart.too_late`.\n")
    only(tree.findings(), "src/shop/cart/cart.hpp:5: code: nothing refuses with cart.too_late")


def test_codes_of_checks_are_seen(tree):
    tree.append("src/shop/cart/cart.cpp", 'auto f() { return checks.result("cart.incomplete", "Say more."); }\n')
    only(tree.findings(), "src/shop/cart/cart.cpp:4: code: name cart.incomplete")

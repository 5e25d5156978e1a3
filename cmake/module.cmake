# caddy_module(<name> SOURCES … [HEADERS …] [TESTS …] USES … [LINKS …])
#
# One folder, one module: a static library, its unit-test program and its edges in one call.
#   USES   the modules whose headers this one may include: the dependency rule, read by tools/tidy.py
#   LINKS  third-party targets; private, since no header of ours shows a third-party one other than Boost's
function(caddy_module name)
    cmake_parse_arguments(arg "" "" "SOURCES;HEADERS;TESTS;USES;LINKS" ${ARGN})
    set(uses ${arg_USES})
    list(TRANSFORM uses PREPEND caddy_)
    if(arg_SOURCES)
        add_library(caddy_${name} STATIC ${arg_SOURCES})
        target_link_libraries(caddy_${name} PRIVATE caddy_warnings ${arg_LINKS} PUBLIC caddy_base ${uses})
        caddy_precompile(caddy_${name})
        set(scope PUBLIC)
    else()
        add_library(caddy_${name} INTERFACE)
        target_link_libraries(caddy_${name} INTERFACE caddy_base ${uses})
        set(scope INTERFACE)
    endif()
    if(arg_HEADERS)
        target_sources(caddy_${name} ${scope}
            FILE_SET HEADERS BASE_DIRS ${PROJECT_SOURCE_DIR}/src FILES ${arg_HEADERS})
    endif()
    if(arg_TESTS AND CADDY_TESTS)
        add_executable(${name}_test ${arg_TESTS})
        target_link_libraries(${name}_test PRIVATE caddy_warnings caddy_${name} GTest::gtest_main)
        if(name STREQUAL "db" OR "db" IN_LIST arg_USES)
            target_link_libraries(${name}_test PRIVATE caddy_testing)   # tests/support: a database with its schema
        endif()
        caddy_precompile(${name}_test)
        add_test(NAME unit.${name} COMMAND ${name}_test --gtest_brief=1)
        set_tests_properties(unit.${name} PROPERTIES LABELS "unit" TIMEOUT 300)
    endif()
endfunction()

# The headers that nearly every file includes (coroutines, Describe, std) are parsed once; what they declare is
# compiled once, too. A file with other compile definitions than the rest sets SKIP_PRECOMPILE_HEADERS.
function(caddy_precompile target)
    target_precompile_headers(${target} REUSE_FROM caddy_precompiled)
    target_link_libraries(${target} PRIVATE caddy_boost)
endfunction()

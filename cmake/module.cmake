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
        caddy_optimize(${name})
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
            # The same tests once more, on the server that tests/CMakeLists.txt starts.
            add_test(NAME mysql.${name} COMMAND ${name}_test --gtest_brief=1)
            set_tests_properties(mysql.${name} PROPERTIES LABELS "mysql" TIMEOUT 300 FIXTURES_REQUIRED mariadb
                ENVIRONMENT "CADDY_TEST_DATABASE=@${CMAKE_BINARY_DIR}/mariadb/url")
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

# Link-time optimisation of what every request runs through, core and platform, as a step of its own: its outcome is one object,
# so that a touched feature costs a compilation and a plain link, not the optimisation of the whole program again.
function(caddy_optimize name)
    if(NOT CMAKE_INTERPROCEDURAL_OPTIMIZATION)
        return()
    endif()
    if(name MATCHES "^shop_")
        set_target_properties(caddy_${name} PROPERTIES INTERPROCEDURAL_OPTIMIZATION OFF)
    else()
        set_property(GLOBAL APPEND PROPERTY caddy_optimized caddy_${name})
    endif()
endfunction()

# Puts the optimised object before the libraries of a program: they are then asked for nothing that it has. Programs share it:
# what is measured is what is shipped.
function(caddy_link_optimized program)
    if(NOT CMAKE_INTERPROCEDURAL_OPTIMIZATION)
        return()
    endif()
    set(object ${CMAKE_BINARY_DIR}/optimized.o)
    if(NOT TARGET caddy_optimized_object)
        caddy_optimized_object(${object})
    endif()
    add_dependencies(${program} caddy_optimized_object)
    target_sources(${program} PRIVATE ${object})
    set_source_files_properties(${object} PROPERTIES EXTERNAL_OBJECT ON GENERATED ON)
    set_target_properties(${program} PROPERTIES INTERPROCEDURAL_OPTIMIZATION OFF)
endfunction()

function(caddy_optimized_object object)
    get_property(modules GLOBAL PROPERTY caddy_optimized)
    set(objects "")
    foreach(module IN LISTS modules)
        list(APPEND objects $<TARGET_OBJECTS:${module}>)
    endforeach()
    # In one partition: g++ 12 ends with an internal error when it divides coroutines among several here. Coroutines' frames
    # look like breaches of the one-definition rule to it, since their temporaries are named differently in each file.
    string(TOUPPER ${CMAKE_BUILD_TYPE} type)
    separate_arguments(flags UNIX_COMMAND "${CMAKE_CXX_FLAGS_${type}}")
    add_custom_command(
        OUTPUT ${object}
        COMMAND ${CMAKE_CXX_COMPILER} ${flags} -std=c++20 -flto=auto -flto-partition=none -r -flinker-output=nolto-rel -Wno-odr -o ${object} ${objects}
        DEPENDS ${modules} ${objects}
        COMMENT "Optimising core and platform as a whole"
        COMMAND_EXPAND_LISTS VERBATIM)
    add_custom_target(caddy_optimized_object DEPENDS ${object})
endfunction()

# One target that every module links: the warnings, each worth its noise.
add_library(caddy_warnings INTERFACE)
target_compile_options(caddy_warnings INTERFACE
    -Wall -Wextra -Wpedantic
    -Wshadow                # a name that hides another is read wrongly
    -Wconversion -Wsign-conversion   # money and stock are integers; no silent narrowing
    -Wnon-virtual-dtor -Woverloaded-virtual
    -Wold-style-cast
    -Wnull-dereference -Wimplicit-fallthrough
    -Werror=unused-result   # a Result that nobody looks at is a lost refusal
    -Werror=return-type -Werror=switch
    $<$<CXX_COMPILER_ID:GNU>:-Wduplicated-cond -Wlogical-op -Wno-mismatched-new-delete>
    $<$<BOOL:${CADDY_WERROR}>:-Werror>)
# g++ 12 reports null dereferences inside Asio's coroutine frames and std::optional that are not there.
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    target_compile_options(caddy_warnings INTERFACE -Wno-null-dereference -Wno-maybe-uninitialized)
endif()

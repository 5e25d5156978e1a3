# Sanitizers for the whole program or not at all: mixing instrumented and plain objects reports ghosts.
if(CADDY_SANITIZE)
    list(JOIN CADDY_SANITIZE "," sanitizers)
    add_compile_options(-fsanitize=${sanitizers} -fno-omit-frame-pointer -fno-sanitize-recover=all)
    add_link_options(-fsanitize=${sanitizers})
    if("thread" IN_LIST CADDY_SANITIZE AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
        add_compile_options(-Wno-tsan)   # Asio's fences are outside TSan's model
    endif()
endif()
if(CMAKE_BUILD_TYPE STREQUAL "Debug")
    # Line tables are enough for a backtrace, and link in a third of the time.
    add_compile_options(-g1 -O0)
    find_program(CADDY_MOLD mold)
    if(CADDY_MOLD)
        add_link_options(-fuse-ld=mold)
    endif()
endif()

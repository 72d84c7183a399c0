# Compiler cache, linker, warnings and sanitizers, the same for every target.
find_program(CCACHE ccache)
if(CCACHE)
  # A precompiled header carries time stamps and definitions: without this ccache refuses every file, for
  # -fpch-preprocess below makes each look as if it used one.
  set(CMAKE_CXX_COMPILER_LAUNCHER
    ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=pch_defines,time_macros ${CCACHE})
endif()

find_program(MOLD mold)
if(MOLD)
  add_link_options(-fuse-ld=mold)
endif()

add_compile_options(-Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Wimplicit-fallthrough)
# Lets ccache hit on the files that use a precompiled header.
add_compile_options($<$<CXX_COMPILER_ID:GNU>:-fpch-preprocess>)

# Coverage for libFuzzer, of clang alone.
if(STARLING_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()

if(STARLING_SANITIZE)
  add_compile_options(-fsanitize=${STARLING_SANITIZE} -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${STARLING_SANITIZE})
endif()

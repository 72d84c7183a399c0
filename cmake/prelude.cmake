# Headers that hundreds of files include, compiled once. A file still includes what it uses; the presets `debug` and
# `fuzz`, which precompile nothing, show when one does not.
#
# Not for what is built with libtorch, whose definitions differ.
#
#   starling_precompiled(trace)              # a library or a program
#   starling_precompiled(starling COMMANDS)  # a program of many commands
#   starling_precompiled(trace_test TEST)    # a program of tests
set(prelude_headers
  <algorithm> <array> <chrono> <cmath> <cstdint> <filesystem> <functional> <limits> <map> <memory> <optional>
  <set> <span> <string> <string_view> <thread> <utility> <vector>
  <fmt/format.h> <fmt/ranges.h> <nlohmann/json.hpp> <tl/expected.hpp>)

# CMake compiles a precompiled header for a target, and a target has a source.
file(CONFIGURE OUTPUT ${CMAKE_BINARY_DIR}/prelude.cc CONTENT "")
function(starling_prelude name)
  add_library(${name} OBJECT ${CMAKE_BINARY_DIR}/prelude.cc)
  target_link_libraries(${name} PRIVATE fmt::fmt spdlog::spdlog tl::expected nlohmann_json::nlohmann_json ${ARGN})
endfunction()
starling_prelude(prelude)
target_precompile_headers(prelude PRIVATE ${prelude_headers})
starling_prelude(commands_prelude CLI11::CLI11)
target_precompile_headers(commands_prelude PRIVATE ${prelude_headers} <CLI/CLI.hpp>)
starling_prelude(test_prelude rapidcheck rapidcheck_gtest GTest::gmock)
# Tests compile a third faster so, and spend their time in the rooms that they test.
set(test_options $<$<CONFIG:Release>:-O1>)
target_compile_options(test_prelude PRIVATE ${test_options})
target_precompile_headers(test_prelude PRIVATE ${prelude_headers} <gmock/gmock.h> <gtest/gtest.h> <rapidcheck/gtest.h>)

function(starling_precompiled name)
  cmake_parse_arguments(PRECOMPILED "COMMANDS;TEST" "" "" ${ARGN})
  if(PRECOMPILED_TEST)
    target_compile_options(${name} PRIVATE ${test_options})
    target_precompile_headers(${name} REUSE_FROM test_prelude)
  elseif(PRECOMPILED_COMMANDS)
    target_precompile_headers(${name} REUSE_FROM commands_prelude)
  else()
    target_precompile_headers(${name} REUSE_FROM prelude)
  endif()
endfunction()

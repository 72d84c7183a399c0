# Every library from outside, found once and given one target name.
find_package(fmt REQUIRED)
find_package(spdlog REQUIRED)
find_package(tl-expected REQUIRED)
find_package(yaml-cpp REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(CLI11 REQUIRED)
find_package(GTest REQUIRED)
find_package(rapidcheck REQUIRED)
find_package(benchmark REQUIRED)
find_package(Threads REQUIRED)
find_package(ZLIB REQUIRED)
find_package(CURL REQUIRED)
find_package(prometheus-cpp REQUIRED COMPONENTS core)
find_package(PkgConfig REQUIRED)
find_package(Torch REQUIRED)

# libtorch's own flags lower the language standard on its users; take headers and libraries only.
add_library(libtorch_library INTERFACE)
target_include_directories(libtorch_library SYSTEM INTERFACE ${TORCH_INCLUDE_DIRS})
target_link_libraries(libtorch_library INTERFACE ${TORCH_LIBRARIES})

# A DuckDB that the machine has comes first, then the one that npm brought.
find_library(DUCKDB_LIBRARY duckdb
  HINTS ${CMAKE_SOURCE_DIR}/node_modules/@duckdb/node-bindings-linux-x64)
if(NOT DUCKDB_LIBRARY)
  message(FATAL_ERROR "libduckdb.so not found: run `make setup` (or `npm ci --ignore-scripts`) first")
endif()
add_library(duckdb_library SHARED IMPORTED)
set_target_properties(duckdb_library PROPERTIES IMPORTED_LOCATION ${DUCKDB_LIBRARY})
target_include_directories(duckdb_library SYSTEM INTERFACE ${CMAKE_SOURCE_DIR}/third_party)

find_path(NATS_INCLUDE_DIR nats/nats.h REQUIRED)
find_library(NATS_LIBRARY nats REQUIRED)
add_library(nats_library INTERFACE)
target_include_directories(nats_library SYSTEM INTERFACE ${NATS_INCLUDE_DIR})
target_link_libraries(nats_library INTERFACE ${NATS_LIBRARY})

# Its pkg-config file carries definitions (TLS, compression) that change the layout of httplib's classes: without
# them programs crash in its destructors.
pkg_check_modules(HTTPLIB REQUIRED IMPORTED_TARGET cpp-httplib)
add_library(httplib_library INTERFACE)
target_link_libraries(httplib_library INTERFACE PkgConfig::HTTPLIB Threads::Threads)

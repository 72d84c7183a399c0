# One library a room, built of the folder's sources; its *_test.cc become one test program beside it.
#
#   starling_room(trace PUBLIC base PRIVATE sql)
#
# PUBLIC rooms are those that the room's headers name; everything else stays PRIVATE.
# TORCH gives the room libtorch. Its *.sql files are compiled in: see embed_sql.cmake.
# SERVERS: the tests start real servers and wait for them, so ctest runs nothing else beside them.
# LONG: the tests take about a minute, so ctest starts them first.
function(starling_room name)
  cmake_parse_arguments(ROOM "TORCH;SERVERS;LONG" "" "PUBLIC;PRIVATE;TEST" ${ARGN})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS *.cc)
  set(tests ${sources})
  list(FILTER sources EXCLUDE REGEX "_test\\.cc$")
  list(FILTER tests INCLUDE REGEX "_test\\.cc$")

  if(sources)
    add_library(${name} STATIC ${sources})
    starling_unity(${name})
    target_include_directories(${name} PUBLIC ${CMAKE_SOURCE_DIR}/src)
    target_link_libraries(${name} PUBLIC ${ROOM_PUBLIC} PRIVATE ${ROOM_PRIVATE})
    starling_embed_sql(${name})
  else()
    add_library(${name} INTERFACE)
    target_include_directories(${name} INTERFACE ${CMAKE_SOURCE_DIR}/src)
    target_link_libraries(${name} INTERFACE ${ROOM_PUBLIC} ${ROOM_PRIVATE})
  endif()
  if(ROOM_TORCH)
    target_link_libraries(${name} PRIVATE libtorch_library)
  elseif(sources)
    starling_precompiled(${name})
  endif()

  if(tests)
    add_executable(${name}_test ${tests})
    target_link_libraries(${name}_test PRIVATE
      ${name} ${ROOM_PUBLIC} ${ROOM_PRIVATE} ${ROOM_TEST} rapidcheck rapidcheck_gtest GTest::gmock_main)
    target_compile_definitions(${name}_test PRIVATE
      STARLING_SOURCE_DIR="${CMAKE_SOURCE_DIR}" STARLING_BIN_DIR="${CMAKE_RUNTIME_OUTPUT_DIRECTORY}")
    if(ROOM_TORCH)
      target_link_libraries(${name}_test PRIVATE libtorch_library)
    else()
      starling_precompiled(${name}_test TEST)
    endif()
    add_test(NAME ${name} COMMAND ${name}_test)
    set_tests_properties(${name} PROPERTIES TIMEOUT 600)
    if(ROOM_SERVERS)
      set_tests_properties(${name} PROPERTIES RUN_SERIAL ON)
    endif()
    if(ROOM_LONG)
      set_tests_properties(${name} PROPERTIES COST 100)
    endif()
  endif()
endfunction()

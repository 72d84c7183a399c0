# Writes OUT, a header with the commit that is being built, where that changed.
#   cmake -D SOURCE=… -D OUT=… -P cmake/commit.cmake
cmake_minimum_required(VERSION 3.25)
execute_process(COMMAND git -C ${SOURCE} describe --always --dirty --abbrev=10
  OUTPUT_VARIABLE commit OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
if(NOT commit)
  set(commit unknown)  # an archive without its history
endif()
file(CONFIGURE OUTPUT ${OUT} CONTENT "namespace starling {\ninline constexpr const char* kCommit = \"@commit@\";\n}\n" @ONLY)

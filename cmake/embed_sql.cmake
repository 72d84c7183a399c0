# SQL stands in .sql files, where editors know it, and is compiled into the programs.
#
#   starling_embed_sql(trace)    # trace/formats/wide.sql -> #include "trace/formats/wide.sql.h"
#
# The header defines one std::string_view, named after the file: kWideSql for wide.sql, kByHourSql for by_hour.sql.
function(starling_embed_sql room)
  file(GLOB_RECURSE files CONFIGURE_DEPENDS RELATIVE ${CMAKE_SOURCE_DIR}/src *.sql)
  foreach(file ${files})
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/src/${file})
    get_filename_component(stem ${file} NAME_WE)
    string(REPLACE "_" ";" words ${stem})
    set(name k)
    foreach(word ${words})
      string(SUBSTRING ${word} 0 1 first)
      string(SUBSTRING ${word} 1 -1 rest)
      string(TOUPPER ${first} first)
      string(APPEND name ${first}${rest})
    endforeach()
    file(READ ${CMAKE_SOURCE_DIR}/src/${file} text)
    file(CONFIGURE OUTPUT ${CMAKE_BINARY_DIR}/embedded/${file}.h @ONLY CONTENT
"// Made from src/${file}.
#pragma once

#include <string_view>

namespace starling {
inline constexpr std::string_view ${name}Sql = R\"sql_text(@text@)sql_text\";
}  // namespace starling
")
  endforeach()
  if(files)
    target_include_directories(${room} PUBLIC ${CMAKE_BINARY_DIR}/embedded)
  endif()
endfunction()

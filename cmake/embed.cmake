# cmake -D OUTPUT=<file> -D "FILES=name=path|name=path…" -P embed.cmake
#
# Writes the bytes of files as C++: an array for each, and kEmbedded, their table (base/embedded.h).
cmake_minimum_required(VERSION 3.25)

string(REPLACE "|" ";" entries "${FILES}")
set(arrays "")
set(rows "")
set(number 0)
foreach(entry IN LISTS entries)
  string(REGEX MATCH "^([^=]+)=(.+)$" matched "${entry}")
  set(name ${CMAKE_MATCH_1})
  file(READ ${CMAKE_MATCH_2} hex HEX)
  if(hex STREQUAL "")
    message(FATAL_ERROR "${CMAKE_MATCH_2} is empty")
  endif()
  string(REGEX REPLACE "(................................)" "\\1\n" hex "${hex}")
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "'\\\\x\\1'," hex "${hex}")
  string(APPEND arrays "constexpr char kEmbedded${number}[] = {\n${hex}};\n")
  string(APPEND rows "    {\"${name}\", {kEmbedded${number}, sizeof kEmbedded${number}}},\n")
  math(EXPR number "${number} + 1")
endforeach()
file(WRITE ${OUTPUT} "${arrays}constexpr EmbeddedFile kEmbedded[] = {\n${rows}};\n")

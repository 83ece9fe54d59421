# cmake -D SOURCE=<folder of the CSVs> -D OUTPUT=<file> -P generate.cmake
#
# Writes the rows of codecs/registry.cc's tables. Types stay as the CSV spells them: registry.cc gives each a meaning,
# so that a misspelt one does not compile.
cmake_minimum_required(VERSION 3.25)

set(number "[0-9]+")
set(name "[A-Za-z0-9_.-]+")  # stands in JSON and C++ strings unescaped
set(type "[A-Za-z0-9]+")

# Sets `lines` to the data lines of FILE, each of which must match PATTERN.
function(read_table file pattern)
  file(STRINGS ${SOURCE}/${file} lines)
  list(POP_FRONT lines)
  foreach(line IN LISTS lines)
    if(NOT line MATCHES "^${pattern}$")
      message(FATAL_ERROR "${SOURCE}/${file}: not of the form ${pattern}: ${line}")
    endif()
  endforeach()
  set(lines ${lines} PARENT_SCOPE)
endfunction()

read_table(iana.csv "${number},${name},${type}")
set(iana "")
set(reverse "")
foreach(line IN LISTS lines)
  string(REGEX MATCH "^(${number}),(.)(.*),(${type})$" matched ${line})
  string(TOUPPER ${CMAKE_MATCH_2} initial)
  string(APPEND iana "{0, ${CMAKE_MATCH_1}, ${CMAKE_MATCH_4}, \"${CMAKE_MATCH_2}${CMAKE_MATCH_3}\"},\n")
  string(APPEND reverse
    "{29305, ${CMAKE_MATCH_1}, ${CMAKE_MATCH_4}, \"reverse${initial}${CMAKE_MATCH_3}\"},\n")
endforeach()

read_table(netflow9.csv "${number},${name},${type}")
set(netflow9 "")
foreach(line IN LISTS lines)
  string(REGEX REPLACE "^(${number}),(${name}),(${type})$" "{0, \\1, \\3, \"\\2\"},\n" row ${line})
  string(APPEND netflow9 ${row})
endforeach()

read_table(enterprise.csv "${number},${number},${name},${type}")
set(enterprise "")
foreach(line IN LISTS lines)
  string(REGEX REPLACE "^(${number}),(${number}),(${name}),(${type})$" "{\\1, \\2, \\4, \"\\3\"},\n" row ${line})
  string(APPEND enterprise ${row})
endforeach()

file(WRITE ${OUTPUT}
  "constexpr ElementInfo kIana[] = {\n${iana}};\n"
  "constexpr ElementInfo kReverse[] = {\n${reverse}};\n"
  "constexpr ElementInfo kNetflow9[] = {\n${netflow9}};\n"
  "constexpr ElementInfo kEnterprise[] = {\n${enterprise}};\n")

# weir_embed(OUTPUT embedded.inc FILES "index.html=/path/index.html" …)
#
# Makes ${CMAKE_CURRENT_BINARY_DIR}/OUTPUT, the table of the files' names and bytes, to be included where they are used.
function(weir_embed)
  cmake_parse_arguments(ARG "" "OUTPUT" "FILES" ${ARGN})
  set(paths "")
  foreach(entry IN LISTS ARG_FILES)
    string(REGEX REPLACE "^[^=]+=" "" path "${entry}")
    list(APPEND paths ${path})
  endforeach()
  list(JOIN ARG_FILES "|" files)
  add_custom_command(
    OUTPUT ${CMAKE_CURRENT_BINARY_DIR}/${ARG_OUTPUT}
    COMMAND ${CMAKE_COMMAND} -D OUTPUT=${CMAKE_CURRENT_BINARY_DIR}/${ARG_OUTPUT} -D "FILES=${files}"
            -P ${PROJECT_SOURCE_DIR}/cmake/embed.cmake
    DEPENDS ${PROJECT_SOURCE_DIR}/cmake/embed.cmake ${paths}
    COMMENT "Embedding ${ARG_OUTPUT}"
    VERBATIM)
endfunction()

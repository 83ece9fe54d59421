# weir_library(NAME SOURCES a.cc b.cc LINKS base flow PRIVATE_LINKS CURL::libcurl)
#
# The library of one folder, weir_NAME. LINKS are weir's own libraries that its headers use; PRIVATE_LINKS are outside
# libraries that only its .cc files see, so that heavy headers stay out of everybody else's compile.
function(weir_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LINKS;PRIVATE_LINKS" ${ARGN})
  add_library(weir_${name} STATIC ${ARG_SOURCES})
  target_include_directories(weir_${name} PUBLIC ${PROJECT_SOURCE_DIR})
  list(TRANSFORM ARG_LINKS PREPEND weir_)
  target_link_libraries(weir_${name} PUBLIC ${ARG_LINKS} PRIVATE ${ARG_PRIVATE_LINKS})
endfunction()

# weir_test(NAME SOURCES a_test.cc LINKS codecs): one GoogleTest executable of a folder's tests, each case a ctest.
function(weir_test name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LINKS;PRIVATE_LINKS" ${ARGN})
  add_executable(${name}_test ${ARG_SOURCES})
  list(TRANSFORM ARG_LINKS PREPEND weir_)
  target_include_directories(${name}_test PRIVATE ${PROJECT_SOURCE_DIR})
  target_compile_definitions(${name}_test PRIVATE
    WEIR_SOURCE_DIR="${PROJECT_SOURCE_DIR}" WEIR_BINARY_DIR="${PROJECT_BINARY_DIR}")
  target_link_libraries(${name}_test PRIVATE ${ARG_LINKS} ${ARG_PRIVATE_LINKS} GTest::gmock_main)
  target_precompile_headers(${name}_test PRIVATE <gmock/gmock.h> <gtest/gtest.h>)
  gtest_discover_tests(${name}_test PROPERTIES TIMEOUT 120 DISCOVERY_TIMEOUT 60)
endfunction()

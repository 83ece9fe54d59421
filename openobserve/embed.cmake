# cmake -D SOURCE=<deploy/openobserve> -D OUTPUT=<file> -P embed.cmake
#
# Writes the rows of openobserve/assets.cc's table: every file's kind, name and text.
cmake_minimum_required(VERSION 3.25)

set(rows "")
function(embed kind path)
  get_filename_component(name ${path} NAME_WE)
  file(READ ${path} text)
  string(LENGTH "${text}" length)
  if(length GREATER 65000)  # what compilers are required to take in one literal
    message(FATAL_ERROR "${path}: too long to be embedded")
  endif()
  set(rows "${rows}{AssetKind::${kind}, \"${name}\", R\"weir(${text})weir\"},\n" PARENT_SCOPE)
endfunction()

file(GLOB dashboards ${SOURCE}/dashboards/*.json)
foreach(path IN LISTS dashboards)
  embed(kDashboard ${path})
endforeach()
embed(kTemplate ${SOURCE}/template.json)
embed(kDestination ${SOURCE}/destination.json)
file(GLOB alerts ${SOURCE}/alerts/*.json)
foreach(path IN LISTS alerts)
  embed(kAlert ${path})
endforeach()
file(WRITE ${OUTPUT} "${rows}")

# habilis_embed(OUT.c SYMBOL_PREFIX FILES...): files compiled into a program, as a table of
# {name, bytes}; nothing is served or parsed from disk at run time (no path can be traversed).
function(habilis_embed out table)
  set(files ${ARGN})
  add_custom_command(OUTPUT ${out}
    COMMAND ${CMAKE_COMMAND} "-DOUT=${out}" "-DTABLE=${table}" "-DFILES=${files}"
            -P ${CMAKE_SOURCE_DIR}/cmake/EmbedFiles.cmake
    DEPENDS ${files} ${CMAKE_SOURCE_DIR}/cmake/EmbedFiles.cmake
    VERBATIM)
endfunction()

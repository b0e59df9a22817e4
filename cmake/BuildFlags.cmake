# One INTERFACE target carries every compiler and linker flag; each target of ours links it PRIVATE.
option(HABILIS_WERROR "Warnings are errors" OFF)
set(HABILIS_SANITIZE "" CACHE STRING "Sanitizers, e.g. address,undefined or thread")
option(HABILIS_COVERAGE "Instrument for gcov" OFF)
option(HABILIS_FUZZ "Build the libFuzzer targets (clang)" OFF)

add_library(build_flags INTERFACE)
target_compile_definitions(build_flags INTERFACE _POSIX_C_SOURCE=200809L _DEFAULT_SOURCE)
target_compile_options(build_flags INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wcast-qual -Wcast-align
  -Wwrite-strings -Wstrict-prototypes -Wmissing-prototypes -Wold-style-definition -Wundef -Wvla
  -Wformat=2 -Wimplicit-fallthrough -Wnull-dereference -Wdouble-promotion)
if(CMAKE_C_COMPILER_ID STREQUAL "GNU")
  target_compile_options(build_flags INTERFACE
    -Wlogical-op -Wduplicated-cond -Wduplicated-branches -Wformat-overflow=2 -Wformat-truncation=2
    -Wtrampolines -Walloc-zero -Wbidi-chars=any -Wuse-after-free=3 -Wdangling-pointer=2
    -Warith-conversion)
endif()
if(HABILIS_WERROR)
  target_compile_options(build_flags INTERFACE -Werror)
endif()

if(HABILIS_SANITIZE)
  target_compile_options(build_flags INTERFACE
    -fsanitize=${HABILIS_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer
    -U_FORTIFY_SOURCE)
  target_link_options(build_flags INTERFACE -fsanitize=${HABILIS_SANITIZE})
else()
  target_compile_options(build_flags INTERFACE -fstack-protector-strong -fstack-clash-protection
    $<$<CONFIG:RelWithDebInfo,Release>:-U_FORTIFY_SOURCE>
    $<$<CONFIG:RelWithDebInfo,Release>:-D_FORTIFY_SOURCE=3>)
  if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64")
    target_compile_options(build_flags INTERFACE -fcf-protection=full)
  endif()
  if(CMAKE_C_COMPILER_ID STREQUAL "GNU")
    target_compile_options(build_flags INTERFACE
      -ftrivial-auto-var-init=zero -fzero-call-used-regs=used-gpr
      # gcc 12 takes the array of a "%.*s" for terminated and folds comparisons of snprintf's result
      -fno-printf-return-value)
  endif()
  target_link_options(build_flags INTERFACE
    -Wl,-z,relro,-z,now,-z,noexecstack,-z,defs -Wl,--as-needed)
endif()
if(HABILIS_FUZZ)
  target_compile_options(build_flags INTERFACE -fsanitize=fuzzer-no-link)
  target_link_options(build_flags INTERFACE -fsanitize=fuzzer-no-link)
endif()
if(HABILIS_COVERAGE)
  target_compile_options(build_flags INTERFACE --coverage -O0)
  target_link_options(build_flags INTERFACE --coverage)
endif()

# habilis_library(NAME FILES...): a static library of ours, with the flags.
function(habilis_library name)
  add_library(${name} STATIC ${ARGN})
  target_link_libraries(${name} PRIVATE build_flags)
endfunction()

function(habilis_program name)
  add_executable(${name} ${ARGN})
  target_link_libraries(${name} PRIVATE build_flags)
endfunction()

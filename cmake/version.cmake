# Writes base/version.cpp when what it says has changed, so that a new commit compiles one file and a build without one compiles none.
#
#   cmake -DIN=version.cpp.in -DOUT=version.cpp -DVERSION=... -DCOMMIT=... -DBUILD_TYPE=... -DCOMPILER=... -P version.cmake
#
# COMMIT is for builds without a repository (the image); otherwise Git knows it.
if(COMMIT STREQUAL "")
  get_filename_component(here "${IN}" DIRECTORY)
  execute_process(COMMAND git describe --always --dirty --abbrev=12 --exclude=* WORKING_DIRECTORY "${here}"
                  OUTPUT_VARIABLE COMMIT OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
endif()
configure_file("${IN}" "${OUT}" @ONLY)

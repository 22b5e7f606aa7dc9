# `cmake --install BUILD --strip --prefix /usr`: the program, also as put_object, its manual page and completions, which it
# prints itself.
include(GNUInstallDirs)
install(TARGETS aced-etl RUNTIME)
install(CODE [[
  set(root "$ENV{DESTDIR}${CMAKE_INSTALL_PREFIX}")
  function(printed_by_program into)
    message(STATUS "Installing: ${root}/${into}")
    get_filename_component(folder "${root}/${into}" DIRECTORY)
    file(MAKE_DIRECTORY "${folder}")
    execute_process(COMMAND "${root}/bin/aced-etl" ${ARGN} OUTPUT_FILE "${root}/${into}" COMMAND_ERROR_IS_FATAL ANY)
  endfunction()
  printed_by_program(share/man/man1/aced-etl.1 man)
  printed_by_program(share/bash-completion/completions/aced-etl completion bash)
  printed_by_program(share/zsh/vendor-completions/_aced-etl completion zsh)
  printed_by_program(share/fish/vendor_completions.d/aced-etl.fish completion fish)
  file(CREATE_LINK aced-etl "${root}/bin/put_object" SYMBOLIC)
]])

#pragma once

#include <string>
#include <string_view>

/// Who this process is, for those who wait for it: a lock that it holds shows it to other runs.
namespace etl {

/// Sets the words of the command line, which main() knows; without it the command is "aced-etl". Call it before other
/// threads run. Secrets in it are replaced when it is shown.
void set_command_line(int argc, char** argv);

struct ProcessName {
  std::string pid;
  std::string host;     ///< in Kubernetes the pod's name
  std::string command;  ///< "aced-etl run --all", shortened
  std::string since;    ///< when the process began to wait or work: "2026-11-27 08:12:03 UTC"
};

/// This process, now.
[[nodiscard]] ProcessName this_process();

/// "process 71 on etl-0 (aced-etl run --all), since 2026-11-27 08:12:03 UTC". Members that are empty are left out.
[[nodiscard]] std::string in_words(const ProcessName& name);

/// The name for PostgreSQL's list of sessions, at most 63 bytes: "aced-etl: process 71 on etl-0: run --all".
[[nodiscard]] std::string session_name(const ProcessName& name);

/// One member a line, as lock files hold it, and back. Lines that are missing are empty; the text may be anyone's.
[[nodiscard]] std::string to_lines(const ProcessName& name);
[[nodiscard]] ProcessName from_lines(std::string_view text);

}  // namespace etl

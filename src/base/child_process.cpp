#include "base/child_process.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <system_error>

#include "base/errno_text.hpp"
#include "base/error.hpp"
#include "base/exhausted.hpp"

namespace etl {
namespace {

using Clock = std::chrono::steady_clock;

/// What posix_spawn() is told; freed whatever happens.
class SpawnSettings {
 public:
  explicit SpawnSettings(int output) {
    posix_spawn_file_actions_init(&actions_);
    posix_spawnattr_init(&attributes_);
    posix_spawn_file_actions_addopen(&actions_, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions_, output, STDOUT_FILENO);
    posix_spawn_file_actions_addopen(&actions_, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    // The program blocks SIGTERM and SIGINT in its threads; a child must not inherit that. A group of its own, so that
    // what it starts itself ends with it.
    sigset_t none;
    sigemptyset(&none);
    posix_spawnattr_setsigmask(&attributes_, &none);
    posix_spawnattr_setpgroup(&attributes_, 0);
    posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP);
  }
  ~SpawnSettings() {
    posix_spawn_file_actions_destroy(&actions_);
    posix_spawnattr_destroy(&attributes_);
  }
  SpawnSettings(const SpawnSettings&) = delete;
  SpawnSettings& operator=(const SpawnSettings&) = delete;

  [[nodiscard]] int spawn(pid_t& pid, const std::vector<std::string>& words) const {
    std::vector<char*> arguments;
    arguments.reserve(words.size() + 1);
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-const-cast): posix_spawnp() does not write to them
    for (const auto& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
    arguments.push_back(nullptr);
    return ::posix_spawnp(&pid, arguments[0], &actions_, &attributes_, arguments.data(), environ);
  }

 private:
  posix_spawn_file_actions_t actions_{};
  posix_spawnattr_t attributes_{};
};

/// Reads to the end of the pipe; what went wrong, or nothing.
std::string read_all(int pipe, const ChildLimits& limits, std::string& output) {
  const auto end = Clock::now() + limits.time;
  std::array<char, 4096> piece{};
  while (true) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - Clock::now()).count();
    pollfd ready{pipe, POLLIN, 0};
    const int got = left <= 0 ? 0 : ::poll(&ready, 1, static_cast<int>(left));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return "could not be read: " + errno_text(errno);
    if (got == 0) return fmt::format("did not end within {} s", limits.time.count() / 1000);
    const ssize_t count = ::read(pipe, piece.data(), piece.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return "could not be read: " + errno_text(errno);
    if (count == 0) return {};
    output.append(piece.data(), static_cast<std::size_t>(count));
    if (output.size() > limits.output) return fmt::format("wrote more than {} bytes", limits.output);
  }
}

}  // namespace

ChildResult run_child(const std::vector<std::string>& words, const ChildLimits& limits) {
  std::array<int, 2> pipe{};
  if (::pipe2(pipe.data(), O_CLOEXEC) != 0) {
    refuse_exhausted_stream(errno, "a pipe");
    throw UnavailableError("cannot make a pipe: " + errno_text(errno));
  }
  pid_t pid = -1;
  const int error = SpawnSettings(pipe[1]).spawn(pid, words);
  ::close(pipe[1]);
  ChildResult result;
  if (error != 0) {
    ::close(pipe[0]);
    result.failure = "could not be started: " + errno_text(error);
    return result;
  }
  result.failure = read_all(pipe[0], limits, result.output);
  ::close(pipe[0]);
  if (!result.failure.empty()) ::kill(-pid, SIGKILL);
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  if (!result.failure.empty()) return result;
  if (WIFSIGNALED(status)) {
    result.failure = fmt::format("was ended by signal {}", WTERMSIG(status));
  } else if (WEXITSTATUS(status) != 0) {
    result.failure = fmt::format("ended with exit code {}", WEXITSTATUS(status));
  }
  return result;
}

}  // namespace etl

#pragma once

#include <condition_variable>
#include <cstdint>
#include <exception>
#include <filesystem>
#include <mutex>
#include <string>
#include <thread>

#include "base/file_lock.hpp"
#include "base/process_name.hpp"
#include "base/project_id.hpp"
#include "search/server.hpp"

namespace etl::search {

/// Held while a command changes the indexes of a project, so that no two do: a file in the state dir, and a document in
/// the index `{prefix}_aced-etl-locks` that its holder renews every few seconds, for pods that share no state dir.
///
/// A document whose holder was killed is taken over: at once where its process can be seen to be gone, else when it
/// was not renewed for 15 seconds.
class ProjectLock {
 public:
  /// LockedError names the holder.
  ProjectLock(Server& server, const std::filesystem::path& state_dir, const std::string& prefix,
              const std::string& what, const ProjectId& project);
  ~ProjectLock();
  ProjectLock(const ProjectLock&) = delete;
  ProjectLock& operator=(const ProjectLock&) = delete;

  /// Renews the lock now. LockedError when another process has taken it over, which happens when this one could not
  /// reach the server, or was suspended, for longer than the lock lasts.
  void confirm();

 private:
  void acquire();
  [[nodiscard]] bool create();
  [[nodiscard]] bool replace(std::uint64_t sequence, std::uint64_t term);
  void renew_regularly(const std::stop_token& stop);
  [[nodiscard]] std::string path_of_document() const;
  [[nodiscard]] std::string body() const;
  void note_version(const std::string& answer);

  Server& server_;
  FileLock file_;
  std::string index_;
  std::string id_;
  std::string what_;
  std::string owner_;
  ProcessName process_;  ///< this one, as it takes the lock
  std::mutex mutex_;     ///< of the two below, and of requests that change the document
  std::uint64_t sequence_ = 0;
  std::uint64_t term_ = 0;
  std::condition_variable_any never_;
  std::mutex waiting_;
  std::jthread renewal_;  ///< last: it uses all the others
};

}  // namespace etl::search

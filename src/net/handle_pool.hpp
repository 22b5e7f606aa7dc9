#pragma once

#include <array>
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>
#include <vector>

#include "net/curl.hpp"

namespace etl::net {

struct MultiDeleter {
  void operator()(CURLM* multi) const { curl_multi_cleanup(multi); }
};
struct ShareDeleter {
  void operator()(CURLSH* share) const { curl_share_cleanup(share); }
};

/// One transfer at a time, and the connection that stays open after it. The multi handle is there because only its
/// poll can be woken by another thread, when the program is asked to stop.
struct Handle {
  std::unique_ptr<CURLM, MultiDeleter> multi;
  Easy easy;
};

/// Handles by origin, with at most `per_host` of an origin in use. Names and TLS sessions are shared by all.
class HandlePool {
 public:
  explicit HandlePool(unsigned per_host);
  HandlePool(const HandlePool&) = delete;
  HandlePool& operator=(const HandlePool&) = delete;
  ~HandlePool() = default;

 private:
  struct Host {
    unsigned in_use = 0;
    std::vector<std::unique_ptr<Handle>> idle;
    std::condition_variable_any freed;
  };

 public:
  /// A handle lent out; it goes back in the end.
  class Lease {
   public:
    Lease(HandlePool& pool, Host& host, std::unique_ptr<Handle> handle)
        : pool_(pool), host_(host), handle_(std::move(handle)) {}
    Lease(const Lease&) = delete;
    Lease& operator=(const Lease&) = delete;
    ~Lease() { pool_.give_back(host_, std::move(handle_)); }

    [[nodiscard]] Handle& operator*() const { return *handle_; }

   private:
    HandlePool& pool_;
    Host& host_;
    std::unique_ptr<Handle> handle_;
  };

  /// The handle used last, whose connection is the most likely to be open still; waits for a free one while all are in
  /// use. StoppedError when `stop` is requested.
  [[nodiscard]] Lease take(const std::string& origin, const std::stop_token& stop);

 private:
  [[nodiscard]] std::unique_ptr<Handle> make() const;
  void give_back(Host& host, std::unique_ptr<Handle> handle);
  static void lock(CURL* easy, curl_lock_data data, curl_lock_access access, void* pool);
  static void unlock(CURL* easy, curl_lock_data data, void* pool);

  unsigned per_host_;
  std::array<std::mutex, CURL_LOCK_DATA_LAST> share_locks_;
  std::unique_ptr<CURLSH, ShareDeleter> share_;  // outlives the handles in hosts_
  std::mutex mutex_;
  std::map<std::string, Host> hosts_;
};

}  // namespace etl::net

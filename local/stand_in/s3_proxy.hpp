#pragma once

#include <functional>
#include <mutex>
#include <optional>
#include <set>
#include <string>

#include "stand_in/faults.hpp"
#include "stand_in/socket.hpp"
#include "stand_in/thread_group.hpp"

namespace etl::stand_in {

/// Stands before the S3 server and misbehaves as the rules of kind s3_… say; all else goes through as it is, Host
/// included, so signatures made for this address hold. One request a connection.
class S3Proxy {
 public:
  /// `endpoint_of`: where a bucket really is (http://host:port); empty: nowhere.
  using EndpointOf = std::function<std::string(const std::string& bucket)>;
  S3Proxy(Faults& faults, EndpointOf endpoint_of);
  /// Ends connections that are open.
  ~S3Proxy();
  S3Proxy(const S3Proxy&) = delete;
  S3Proxy& operator=(const S3Proxy&) = delete;

  /// http://127.0.0.1:PORT
  [[nodiscard]] std::string address() const { return "http://127.0.0.1:" + std::to_string(listening_.port()); }

 private:
  void listen();
  void serve(const Socket& client);

  Faults& faults_;
  EndpointOf endpoint_of_;
  Socket listening_;
  std::mutex mutex_;
  std::set<int> open_;
  bool stopping_ = false;
  ThreadGroup threads_;
};

}  // namespace etl::stand_in

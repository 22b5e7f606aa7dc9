#pragma once

#include <httplib.h>

#include <atomic>
#include <functional>
#include <mutex>
#include <set>
#include <string>

#include "stand_in/faults.hpp"
#include "stand_in/request.hpp"

namespace etl::stand_in {

/// cpp-httplib's server with what a test server needs beyond it: a thread for each connection, so that idle kept ones
/// hold up nobody; requests without a length (`curl -X DELETE`) that do not wait for a body; connections that close
/// without an answer, or in the midst of one; and an end that waits for requests at work but not for idle connections.
class HttpServer : private httplib::Server {
 public:
  using Work = std::function<Answer(Request&)>;
  using PlanFaults = std::function<FaultPlan(const Request&)>;

  /// `work` answers every request, `plan_faults` says beforehand how to misbehave. Both are called from many threads.
  HttpServer(Work work, PlanFaults plan_faults);

  /// Binds to 127.0.0.1; 0: any free port. Returns the port; throws UsageError when it is taken.
  int bind(int port);
  /// Serves until stop(), then returns when the requests at work have their answers.
  void serve();
  /// Safe from any thread.
  void stop();

 private:
  class Connection;
  class Threads;

  bool process_and_close_socket(socket_t socket) override;
  void answer(const httplib::Request& from, httplib::Response& to);

  Work work_;
  PlanFaults plan_faults_;
  std::mutex mutex_;
  std::set<int> open_;
  bool stopping_ = false;
};

}  // namespace etl::stand_in

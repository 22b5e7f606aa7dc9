#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <exception>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "config/settings.hpp"
#include "search/server.hpp"

namespace etl::search {

struct BulkOptions {
  unsigned connections = 2;
  std::size_t body = 8'000'000;       ///< bytes of a request, before compression
  std::size_t largest = 100'000'000;  ///< bytes that the server takes in one request: a larger document is rejected
  bool gzip = false;
  std::chrono::seconds retry_time{300};  ///< how long a request may go on failing for a reason that may pass

  /// From the settings `search.*`, reduced to what the server's nodes take: http.max_content_length and the limit of
  /// indexing pressure, where this user may see them.
  [[nodiscard]] static BulkOptions from(const config::Settings& settings, Server& server);
};

/// What is to become of a document whose id is in the index already.
enum class IfThere : unsigned char {
  replace,
  /// It is refused for good. A request whose answer was lost is sent again, and of such a one a document that is there
  /// counts as taken: whoever sends to an index that others write to must count the documents afterwards.
  refuse,
};

/// A document that the server refused for good.
struct RejectedDocument {
  std::string index;
  std::string id;
  long status = 0;
  std::string reason;
};

/// Sends documents with bulk requests over several connections. add() may be called from any thread.
///
/// Of a request that was taken up in part, only the refused documents are sent again, with increasing random waits. A
/// request that the server refuses as a whole because it is overloaded (429) halves the size of requests and the
/// number of connections; both grow again slowly. Documents have ids, so a request that may or may not have been taken
/// up is repeated without harm. Memory: two requests for each connection, and one.
class BulkSender {
 public:
  /// `on_rejected` is told of every document that was refused for good; one call at a time.
  BulkSender(Server& server, const BulkOptions& options, std::function<void(const RejectedDocument&)> on_rejected);
  ~BulkSender();
  BulkSender(const BulkSender&) = delete;
  BulkSender& operator=(const BulkSender&) = delete;

  /// Indexes the document (a JSON object) under this id. Waits while all connections are busy. Throws what ended the
  /// sending: UnavailableError when the server did not take a request within `retry_time`, NotAllowedError,
  /// RefusedError (disk full, for example).
  void add(std::string_view index, std::string_view id, std::string_view document, IfThere if_there = IfThere::replace);
  /// Waits until everything is sent; throws as add() does.
  void finish();

  [[nodiscard]] std::uint64_t sent() const;      ///< documents that the server has taken
  [[nodiscard]] std::uint64_t rejected() const;  ///< documents that it refused for good

 private:
  /// A request's body, and where each of its items (a line that says what to do, a line with the document) begins.
  struct Body {
    std::string text;
    std::vector<std::size_t> items;
    bool in_doubt = false;  ///< it was sent before, and the server may have taken it

    [[nodiscard]] std::string_view item(std::size_t n) const;
  };
  struct Outcome;

  using Clock = std::chrono::steady_clock;

  void work();
  void deliver(Body body, Clock::time_point began);
  void split(const Body& body, Clock::time_point began);
  [[nodiscard]] Outcome send(Body& body);
  void read_items(const net::Response& answer, const Body& body, Outcome& outcome);
  void slow_down();
  void speed_up(std::uint64_t documents);
  void reject(std::string_view item, long status, const std::string& reason);
  void hand_over(std::unique_lock<std::mutex>& lock);

  Server& server_;
  const BulkOptions options_;
  const std::string path_;
  std::function<void(const RejectedDocument&)> on_rejected_;

  mutable std::mutex mutex_;  ///< of all below
  std::condition_variable changed_;
  Body filling_;
  std::deque<Body> waiting_;
  unsigned busy_ = 0;
  unsigned allowed_;        ///< connections to use at the moment
  std::size_t body_limit_;  ///< of new requests
  unsigned accepted_ = 0;   ///< requests since the last change of the two
  bool ended_ = false;
  std::exception_ptr failure_;
  std::uint64_t sent_ = 0;
  std::uint64_t rejected_ = 0;
  std::vector<std::jthread> workers_;  ///< last: they use all the others
};

}  // namespace etl::search

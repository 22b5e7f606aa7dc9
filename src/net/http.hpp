#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "net/url.hpp"

/// HTTP over libcurl: kept connections, verified TLS, time-outs, retries of what is safe to repeat.
namespace etl::net {

struct Header {
  std::string name;
  std::string value;
};
using Headers = std::vector<Header>;

/// A body that is read while it is sent: a file, or a range of one.
class BodySource {
 public:
  BodySource() = default;
  BodySource(const BodySource&) = delete;
  BodySource& operator=(const BodySource&) = delete;
  virtual ~BodySource() = default;

  [[nodiscard]] virtual std::uint64_t size() const = 0;
  /// Fills `to` from where the last read ended; fewer bytes only at the end. What it throws leaves send() as it is.
  virtual std::size_t read(std::span<char> to) = 0;
  /// Back to the first byte: called before every attempt.
  virtual void rewind() = 0;
};

/// What the server answered. `header` ignores case; of a header that came twice, the last one.
struct Response {
  long status = 0;
  Headers headers;
  std::string body;

  [[nodiscard]] bool ok() const noexcept { return status >= 200 && status < 300; }
  [[nodiscard]] std::optional<std::string> header(std::string_view name) const;
};

/// Takes the body of a 2xx answer while it comes, in place of Response::body.
class BodySink {
 public:
  BodySink() = default;
  BodySink(const BodySink&) = delete;
  BodySink& operator=(const BodySink&) = delete;
  virtual ~BodySink() = default;

  /// Before the first byte of every attempt: `head` has status and headers. What came before is void. An answer
  /// without a body begins, too.
  virtual void begin(const Response& head) = 0;
  /// What it throws leaves send() as it is.
  virtual void write(std::string_view bytes) = 0;
};

struct Request {
  std::string method = "GET";
  std::string url{};
  Headers headers{};
  std::string body{};            ///< unless `source` is given
  BodySource* source = nullptr;  ///< not owned
  BodySink* sink = nullptr;      ///< not owned
  std::string ca_file{};         ///< certificate authorities to trust in place of the system's; empty: the system's
  /// May it be sent again when nobody knows whether it arrived? Without a value: GET, HEAD, PUT, DELETE may.
  /// (429, 503 and a refused connection say that it was not taken up: those are repeated for every method.)
  std::optional<bool> repeatable{};
  /// Is this an answer of the service that was asked? One that is not (a proxy's page with status 200, half a document)
  /// counts as a 503 would if the request may be repeated; the last one is returned as it is. Called for every answer
  /// whose status is not repeated anyway; must be safe to call from any thread.
  std::function<bool(const Response&)> accept{};
};

struct HttpOptions {
  std::chrono::milliseconds connect{10'000};
  /// For a whole attempt without `source` and `sink`.
  std::chrono::milliseconds total{60'000};
  /// An attempt with `source` or `sink` ends when fewer than `stall_bytes` a second came or went for this long; what
  /// source and sink themselves take is not counted.
  std::chrono::milliseconds stall{30'000};
  long stall_bytes = 1024;
  unsigned attempts = 5;
  /// The wait before attempt n+1 is random in [d/2, d], d = first_wait * 2^(n-1), at most longest_wait; a Retry-After
  /// (seconds or date) counts instead of it, at most longest_retry_after.
  std::chrono::milliseconds first_wait{250};
  std::chrono::milliseconds longest_wait{15'000};
  std::chrono::milliseconds longest_retry_after{120'000};
  unsigned connections_per_host = 16;
  std::size_t largest_body = std::size_t{64} << 20U;  ///< of Response::body
  std::uint64_t bytes_per_second = 0;                 ///< of all clients of this process with this limit; 0: none
  bool direct = false;                                ///< never through a proxy that the environment names
  std::string user_agent = "aced-etl";
};

/// Safe to use from many threads; each send() blocks its own. Connections are kept and shared. Redirects are not
/// followed: a 3xx is an answer, so credentials go to no other place than the caller's.
class HttpClient {
 public:
  explicit HttpClient(HttpOptions options = {}, std::stop_token stop = {});
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;
  ~HttpClient();

  /// The last answer, whatever its status: after retries a 429 or 5xx comes back as it is, for the caller to explain.
  /// Throws UnavailableError when there was no answer (no connection, time-out, broken off, bad certificate), with
  /// without_query(url) as its place; UsageError for what is no address; InputError when Response::body would be larger
  /// than largest_body; StoppedError when `stop` was requested.
  Response send(const Request& request);

 private:
  class State;
  std::unique_ptr<State> state_;
};

}  // namespace etl::net

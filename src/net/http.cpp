#include "net/http.hpp"

#include <curl/curl.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "base/errno_text.hpp"
#include "base/error.hpp"
#include "base/log.hpp"
#include "base/text.hpp"
#include "net/attempt.hpp"
#include "net/backoff.hpp"
#include "net/handle_pool.hpp"
#include "net/rate_limit.hpp"

namespace etl::net {
namespace {

using std::chrono::milliseconds;

/// A wait as long as this is told, so that nobody takes it for a hang.
constexpr milliseconds kLongWait{5'000};

bool repeatable(const Request& request) {
  constexpr std::array methods{"GET", "HEAD", "PUT", "DELETE"};
  return request.repeatable.value_or(std::find(methods.begin(), methods.end(), request.method) != methods.end());
}

bool worth_repeating(long status, bool may_repeat) {
  if (status == 429 || status == 503) return true;  // not taken up
  return may_repeat && (status == 408 || status == 500 || status == 502 || status == 504);
}

bool worth_repeating(Attempt::End end, bool may_repeat) { return may_repeat || end == Attempt::End::not_sent; }

std::string seconds(milliseconds time) { return fmt::format("{} s", static_cast<double>(time.count()) / 1000); }

std::string why_not_connected(const Attempt& done) {
  if (done.code == CURLE_COULDNT_RESOLVE_HOST) return "the name of the host cannot be resolved";
  if (done.code == CURLE_COULDNT_RESOLVE_PROXY) return "the name of the proxy cannot be resolved";
  if (done.code == CURLE_COULDNT_CONNECT && done.os_error == ECONNREFUSED) return "connection refused";
  if (done.code == CURLE_COULDNT_CONNECT && done.os_error != 0) {
    return fmt::format("no connection: {}", errno_text(static_cast<int>(done.os_error)));
  }
  return fmt::format("no connection: {}", curl_easy_strerror(done.code));
}

std::string what_happened(const Attempt& done, const HttpOptions& options) {
  using End = Attempt::End;
  if (done.end == End::stalled) {
    return fmt::format("the transfer stalled: fewer than {} bytes a second for {}", options.stall_bytes,
                       seconds(options.stall));
  }
  if (done.end == End::not_sent) {
    if (done.code == CURLE_OPERATION_TIMEDOUT) return fmt::format("no connection within {}", seconds(options.connect));
    return why_not_connected(done);
  }
  if (done.code == CURLE_OPERATION_TIMEDOUT) return fmt::format("no answer within {}", seconds(options.total));
  if (done.end == End::dead_kept) return "the connection broke";
  return fmt::format("the connection broke: {}", curl_easy_strerror(done.code));
}

[[noreturn]] void give_up(const Attempt& done, const HttpOptions& options, const std::string& where, unsigned attempts,
                          bool may_repeat) {
  refuse_if_permanent(done.code, where);
  auto what = what_happened(done, options);
  if (attempts > 1) what += fmt::format(" ({} attempts)", attempts);
  throw UnavailableError(what, where,
                         worth_repeating(done.end, may_repeat)
                             ? "check the address and the network, then run again"
                             : "the server may have carried out the request all the same: check before you repeat it");
}

bool permanent(CURLcode code) { return code == CURLE_PEER_FAILED_VERIFICATION || code == CURLE_SSL_CACERT_BADFILE; }

}  // namespace

std::optional<std::string> Response::header(std::string_view name) const {
  const std::string wanted(name);
  const auto found = std::find_if(headers.rbegin(), headers.rend(), [&](const Header& one) {
    return curl_strequal(one.name.c_str(), wanted.c_str()) != 0;
  });
  if (found == headers.rend()) return std::nullopt;
  return found->value;
}

class HttpClient::State {
 public:
  State(HttpOptions options, std::stop_token stop)
      : options_(std::move(options)),
        stop_(std::move(stop)),
        rate_(RateLimit::of_process(options_.bytes_per_second)),
        pool_(options_.connections_per_host) {}

  Response send(const Request& request);

 private:
  Attempt once(const Request& request, const std::string& origin, const std::string& where, unsigned number,
               bool may_repeat);
  [[nodiscard]] milliseconds wait_after(const Attempt& done, unsigned number) const;

  HttpOptions options_;
  std::stop_token stop_;
  std::shared_ptr<RateLimit> rate_;
  HandlePool pool_;
};

Attempt HttpClient::State::once(const Request& request, const std::string& origin, const std::string& where,
                                unsigned number, bool may_repeat) {
  const auto start = std::chrono::steady_clock::now();
  Attempt done;
  {
    const auto lease = pool_.take(origin, stop_);
    done = attempt(*lease, request, options_, *rate_, stop_, may_repeat);
  }
  if (log::enabled(log::Level::debug)) {
    const auto time = std::chrono::duration_cast<milliseconds>(std::chrono::steady_clock::now() - start);
    const auto end =
        done.end == Attempt::End::answered ? std::to_string(done.response.status) : what_happened(done, options_);
    log::debug("{} {}: {}, {} ms, attempt {}", request.method, where, end, time.count(), number);
  }
  return done;
}

milliseconds HttpClient::State::wait_after(const Attempt& done, unsigned number) const {
  if (done.end == Attempt::End::answered) {
    if (const auto value = done.response.header("Retry-After")) {
      const auto wait = parse_retry_after(*value, std::chrono::system_clock::now());
      if (wait) return std::min(*wait, options_.longest_retry_after);
    }
  }
  return Backoff{options_.first_wait, options_.longest_wait}.wait(number);
}

Response HttpClient::State::send(const Request& request) {
  const auto origin = origin_of(request.url);
  const auto where = without_query(request.url);
  const bool may_repeat = repeatable(request);
  bool met_dead_connection = false;
  for (unsigned number = 1;; ++number) {
    auto done = once(request, origin, where, number, may_repeat);
    if (done.thrown) std::rethrow_exception(done.thrown);
    const bool last = number >= options_.attempts || permanent(done.code);
    if (done.end == Attempt::End::answered) {
      const bool repeat = worth_repeating(done.response.status, may_repeat) ||
                          (may_repeat && request.accept && !request.accept(done.response));
      if (last || !repeat) return std::move(done.response);
    } else if (done.end == Attempt::End::dead_kept && may_repeat && !std::exchange(met_dead_connection, true)) {
      --number;  // a connection that the server closed while it was idle says nothing about the server
      continue;
    } else if (last || !worth_repeating(done.end, may_repeat)) {
      give_up(done, options_, where, number, may_repeat);
    }
    const auto wait = wait_after(done, number);
    std::optional<log::RetryNotice> notice;
    if (wait >= kLongWait) {
      notice.emplace("request",
                     fmt::format("trying again in {}: {}: {}", human_duration(wait), where,
                                 done.end == Attempt::End::answered ? fmt::format("HTTP {}", done.response.status)
                                                                    : what_happened(done, options_)));
    }
    sleep_for(wait, stop_);
  }
}

HttpClient::HttpClient(HttpOptions options, std::stop_token stop)
    : state_(std::make_unique<State>(std::move(options), std::move(stop))) {}
HttpClient::~HttpClient() = default;

Response HttpClient::send(const Request& request) { return state_->send(request); }

}  // namespace etl::net

#include "net/attempt.hpp"

#include <fmt/format.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstring>
#include <span>
#include <utility>

#include "base/error.hpp"
#include "base/exhausted.hpp"
#include "base/text.hpp"
#include "base/version.hpp"
#include "base/waiting.hpp"

namespace etl::net {
namespace {

using SteadyClock = std::chrono::steady_clock;

/// libcurl asks the server before it sends a body larger than this (Expect: 100-continue), so that a refusal does not
/// cost the upload; below, asking costs more than it saves.
constexpr std::uint64_t kAskFirst = std::uint64_t{1} << 20U;
/// What libcurl hands over at once. Large for speed; small where a limit has to be kept evenly.
constexpr long kBuffer = 256L * 1024;
constexpr long kLimitedBuffer = 16L * 1024;

struct ListDeleter {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
using List = std::unique_ptr<curl_slist, ListDeleter>;

void append(List& list, const std::string& line) {
  curl_slist* longer = curl_slist_append(list.get(), line.c_str());
  if (longer == nullptr) throw std::bad_alloc();
  static_cast<void>(list.release());
  list.reset(longer);
}

/// One attempt in the making. libcurl is C: what the callbacks throw is kept, the transfer ended, and thrown after.
class Transfer {
 public:
  Transfer(CURL* easy, const Request& request, const HttpOptions& options, RateLimit& rate, const std::stop_token& stop,
           bool may_repeat)
      : easy_(easy),
        request_(request),
        options_(options),
        rate_(rate),
        stop_(stop),
        may_repeat_(may_repeat),
        waiting_(request.method + " " + without_query(request.url)) {
    set_up();
  }

  Attempt run(CURLM* multi);

 private:
  void set_up();
  void set_method();
  void set_headers();
  [[nodiscard]] bool streamed() const { return request_.source != nullptr || request_.sink != nullptr; }
  [[nodiscard]] bool has_body() const { return request_.source != nullptr || !request_.body.empty(); }
  [[nodiscard]] std::uint64_t body_size() const {
    return request_.source != nullptr ? request_.source->size() : request_.body.size();
  }

  void take_header(std::string_view line);
  void take_body(std::string_view bytes);
  std::size_t give_body(std::span<char> to);
  void begin_sink();

  [[nodiscard]] bool stalled();
  Attempt finish(CURLcode code);

  /// Runs what a callback is for; false when it threw. The time it takes is not the network's.
  template <typename Work>
  bool guarded(Work&& work) {
    const auto start = SteadyClock::now();
    try {
      work();
    } catch (...) {
      thrown_ = std::current_exception();
    }
    window_start_ += SteadyClock::now() - start;
    return !thrown_;
  }

  static std::size_t on_header(char* data, std::size_t size, std::size_t count, void* transfer);
  static std::size_t on_write(char* data, std::size_t size, std::size_t count, void* transfer);
  static std::size_t on_read(char* data, std::size_t size, std::size_t count, void* transfer);
  static curl_socket_t on_socket(void* transfer, curlsocktype purpose, curl_sockaddr* address);
  static int on_ready(void* transfer, char* remote, char* local, int remote_port, int local_port);

  CURL* easy_;
  const Request& request_;
  const HttpOptions& options_;
  RateLimit& rate_;
  const std::stop_token& stop_;
  bool may_repeat_;
  Waiting waiting_;
  List headers_;

  Response response_;
  bool begun_ = false;
  std::uint64_t sent_ = 0;
  unsigned ready_ = 0;  ///< how often libcurl was about to send the request
  bool dead_kept_ = false;
  bool head_complete_ = false;
  std::exception_ptr thrown_;

  SteadyClock::time_point window_start_ = SteadyClock::now();
  std::uint64_t window_bytes_ = 0;
};

void Transfer::set_up() {
  curl_easy_reset(easy_);  // the connection stays
  set_common(easy_, options_.user_agent);
  curl_easy_setopt(easy_, CURLOPT_URL, request_.url.c_str());
  curl_easy_setopt(easy_, CURLOPT_USERAGENT, user_agent());
  if (!request_.ca_file.empty()) curl_easy_setopt(easy_, CURLOPT_CAINFO, request_.ca_file.c_str());
  if (options_.direct) curl_easy_setopt(easy_, CURLOPT_NOPROXY, "*");
  curl_easy_setopt(easy_, CURLOPT_PATH_AS_IS, 1L);  // "a/../b" is a name to S3
  curl_easy_setopt(easy_, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  curl_easy_setopt(easy_, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
  curl_easy_setopt(easy_, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(options_.connect.count()));
  if (!streamed()) curl_easy_setopt(easy_, CURLOPT_TIMEOUT_MS, static_cast<long>(options_.total.count()));
  // A server that closes what is idle for long must not do so just when we send: of a POST nobody would know.
  curl_easy_setopt(easy_, CURLOPT_MAXAGE_CONN, 30L);
  curl_easy_setopt(easy_, CURLOPT_TCP_NODELAY, 1L);
  curl_easy_setopt(easy_, CURLOPT_HEADERFUNCTION, &Transfer::on_header);
  curl_easy_setopt(easy_, CURLOPT_HEADERDATA, this);
  curl_easy_setopt(easy_, CURLOPT_WRITEFUNCTION, &Transfer::on_write);
  curl_easy_setopt(easy_, CURLOPT_WRITEDATA, this);
  curl_easy_setopt(easy_, CURLOPT_OPENSOCKETFUNCTION, &Transfer::on_socket);
  curl_easy_setopt(easy_, CURLOPT_OPENSOCKETDATA, this);
  curl_easy_setopt(easy_, CURLOPT_PREREQFUNCTION, &Transfer::on_ready);
  curl_easy_setopt(easy_, CURLOPT_PREREQDATA, this);
  if (rate_.limited() || streamed()) {
    curl_easy_setopt(easy_, CURLOPT_BUFFERSIZE, rate_.limited() ? kLimitedBuffer : kBuffer);
    curl_easy_setopt(easy_, CURLOPT_UPLOAD_BUFFERSIZE, rate_.limited() ? kLimitedBuffer : kBuffer);
  }
  set_method();
  set_headers();
}

void Transfer::set_method() {
  const auto& method = request_.method;
  // Bodies go through the callback, and libcurl gets no means to rewind: it would send a request again by itself when
  // a kept connection breaks, also one that must not be repeated.
  if (has_body()) {
    curl_easy_setopt(easy_, CURLOPT_UPLOAD, 1L);
    curl_easy_setopt(easy_, CURLOPT_INFILESIZE_LARGE, static_cast<curl_off_t>(body_size()));
    curl_easy_setopt(easy_, CURLOPT_READFUNCTION, &Transfer::on_read);
    curl_easy_setopt(easy_, CURLOPT_READDATA, this);
  } else if (method == "POST" || method == "PUT" || method == "PATCH") {
    curl_easy_setopt(easy_, CURLOPT_POSTFIELDSIZE, 0L);  // says Content-Length: 0
    curl_easy_setopt(easy_, CURLOPT_POSTFIELDS, "");
  } else if (method == "HEAD") {
    curl_easy_setopt(easy_, CURLOPT_NOBODY, 1L);
  }
  if (method != "GET" && method != "HEAD") curl_easy_setopt(easy_, CURLOPT_CUSTOMREQUEST, method.c_str());
  if (method == "GET" && has_body()) curl_easy_setopt(easy_, CURLOPT_CUSTOMREQUEST, "GET");
}

void Transfer::set_headers() {
  bool has_type = false;
  for (const auto& [name, value] : request_.headers) {
    if (name.empty() || name.find_first_of("\r\n:") != std::string::npos ||
        value.find_first_of(std::string_view("\r\n\0", 3)) != std::string::npos) {
      throw UsageError("a header that HTTP cannot carry: " + printable(name.substr(0, name.find_first_of("\r\n"))),
                       without_query(request_.url));
    }
    has_type = has_type || curl_strequal(name.c_str(), "Content-Type") != 0;
    append(headers_, value.empty() ? name + ';' : name + ": " + value);
  }
  if (!has_type) append(headers_, "Content-Type:");  // libcurl would say it is a form
  if (body_size() <= kAskFirst) append(headers_, "Expect:");
  curl_easy_setopt(easy_, CURLOPT_HTTPHEADER, headers_.get());
}

/// libcurl would report a socket that cannot be made as a failed connection.
curl_socket_t Transfer::on_socket(void* transfer, curlsocktype /*purpose*/, curl_sockaddr* address) {
  const int made = ::socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
  if (made >= 0) return made;
  const int error = errno;
  static_cast<Transfer*>(transfer)->guarded([&] { refuse_exhausted_stream(error, "a connection"); });
  return CURL_SOCKET_BAD;
}

int Transfer::on_ready(void* transfer, char* /*remote*/, char* /*local*/, int /*remote_port*/, int /*local_port*/) {
  auto& self = *static_cast<Transfer*>(transfer);
  self.window_start_ = SteadyClock::now();
  // A second time: a kept connection was dead, and libcurl is about to send all again.
  self.dead_kept_ = ++self.ready_ > 1 && !self.may_repeat_;
  return self.dead_kept_ ? CURL_PREREQFUNC_ABORT : CURL_PREREQFUNC_OK;
}

std::size_t Transfer::on_header(char* data, std::size_t size, std::size_t count, void* transfer) {
  auto& self = *static_cast<Transfer*>(transfer);
  const auto bytes = size * count;
  return self.guarded([&] { self.take_header({data, bytes}); }) ? bytes : 0;
}

std::size_t Transfer::on_write(char* data, std::size_t size, std::size_t count, void* transfer) {
  auto& self = *static_cast<Transfer*>(transfer);
  const auto bytes = size * count;
  return self.guarded([&] { self.take_body({data, bytes}); }) ? bytes : bytes + 1;  // anything else ends the transfer
}

std::size_t Transfer::on_read(char* data, std::size_t size, std::size_t count, void* transfer) {
  auto& self = *static_cast<Transfer*>(transfer);
  std::size_t given = 0;
  return self.guarded([&] { given = self.give_body({data, size * count}); }) ? given : CURL_READFUNC_ABORT;
}

void Transfer::take_header(std::string_view line) {
  waiting_.moved();
  window_bytes_ += line.size();
  if (line.starts_with("HTTP/")) {  // the first line of an answer; before the last one there may be a 100 Continue
    response_ = {};
    const auto space = std::min(line.find(' '), line.size() - 1);
    std::from_chars(line.data() + space + 1, line.data() + line.size(), response_.status);
    return;
  }
  if (trim(line).empty()) {
    head_complete_ = response_.status >= 200;
    return;
  }
  const auto colon = line.find(':');
  if (colon == std::string_view::npos) return;
  response_.headers.push_back({std::string(line.substr(0, colon)), std::string(trim(line.substr(colon + 1)))});
}

void Transfer::begin_sink() {
  if (std::exchange(begun_, true)) return;
  request_.sink->begin(response_);
}

void Transfer::take_body(std::string_view bytes) {
  waiting_.moved();
  window_bytes_ += bytes.size();
  rate_.take(bytes.size(), stop_);
  if (request_.sink != nullptr && response_.ok()) {
    begin_sink();
    request_.sink->write(bytes);
    return;
  }
  if (response_.body.size() + bytes.size() > options_.largest_body) {
    throw InputError(fmt::format("the answer is larger than {}", human_bytes(options_.largest_body)),
                     without_query(request_.url), "check that the address is the right one");
  }
  response_.body.append(bytes);
}

std::size_t Transfer::give_body(std::span<char> to) {
  const auto size = body_size();
  to = to.first(static_cast<std::size_t>(std::min<std::uint64_t>(to.size(), size - sent_)));
  if (to.empty()) return 0;
  rate_.take(to.size(), stop_);
  std::size_t given = to.size();
  if (request_.source != nullptr) {
    given = request_.source->read(to);
    if (given == 0) {
      throw InputError(fmt::format("the source of an upload ended after {} of {} bytes", sent_, size),
                       without_query(request_.url),
                       "the file became shorter in the meantime; run again when nothing writes to it");
    }
  } else {
    std::memcpy(to.data(), request_.body.data() + sent_, given);
  }
  waiting_.moved();
  sent_ += given;
  window_bytes_ += given;
  return given;
}

bool Transfer::stalled() {
  if (!streamed() || ready_ == 0) return false;  // others have a time limit of their own
  const auto now = SteadyClock::now();
  if (now - window_start_ < options_.stall) return false;
  const std::chrono::duration<double> window = now - window_start_;
  const bool too_slow = static_cast<double>(window_bytes_) < static_cast<double>(options_.stall_bytes) * window.count();
  window_start_ = now;
  window_bytes_ = 0;
  return too_slow;
}

Attempt Transfer::finish(CURLcode code) {
  Attempt result;
  result.code = code;
  if (code == CURLE_COULDNT_CONNECT) curl_easy_getinfo(easy_, CURLINFO_OS_ERRNO, &result.os_error);
  result.thrown = thrown_;
  if (ready_ == 0) {
    if (code == CURLE_COULDNT_RESOLVE_HOST && !thrown_) refuse_without_descriptors();
    result.end = Attempt::End::not_sent;
  } else if (dead_kept_ || code == CURLE_SEND_FAIL_REWIND) {
    result.end = Attempt::End::dead_kept;
  } else if (code != CURLE_OK || !head_complete_) {  // libcurl is content with half a header
    result.end = Attempt::End::broken;
    if (code == CURLE_OK) result.code = CURLE_PARTIAL_FILE;
  } else {
    result.end = Attempt::End::answered;
    if (request_.sink != nullptr && response_.ok()) begin_sink();
    result.response = std::move(response_);
  }
  return result;
}

Attempt Transfer::run(CURLM* multi) {
  struct Added {
    CURLM* multi;
    CURL* easy;
    ~Added() { curl_multi_remove_handle(multi, easy); }  // in the middle of a transfer this closes the connection
  };
  curl_multi_add_handle(multi, easy_);
  const Added added{multi, easy_};
  const std::stop_callback wake(stop_, [multi] { curl_multi_wakeup(multi); });
  const auto look = static_cast<int>(std::clamp<std::int64_t>(options_.stall.count() / 4, 1, 1000));
  for (int running = 1; running != 0;) {
    if (stop_.stop_requested()) throw StoppedError();
    if (curl_multi_perform(multi, &running) != CURLM_OK) throw InternalError("libcurl cannot go on");
    if (running == 0) break;
    if (stalled()) return {Attempt::End::stalled, CURLE_OPERATION_TIMEDOUT, 0, {}, thrown_};
    curl_multi_poll(multi, nullptr, 0, look, nullptr);
  }
  int left = 0;
  const CURLMsg* message = curl_multi_info_read(multi, &left);
  return finish(message != nullptr ? message->data.result : CURLE_FAILED_INIT);
}

}  // namespace

Attempt attempt(Handle& handle, const Request& request, const HttpOptions& options, RateLimit& rate,
                const std::stop_token& stop, bool may_repeat) {
  if (request.source != nullptr) request.source->rewind();
  return Transfer(handle.easy.get(), request, options, rate, stop, may_repeat).run(handle.multi.get());
}

}  // namespace etl::net

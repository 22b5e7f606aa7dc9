#include "stand_in/s3_proxy.hpp"

#include <fmt/format.h>
#include <sys/socket.h>

#include <algorithm>
#include <charconv>
#include <thread>

#include "stand_in/html.hpp"

namespace etl::stand_in {
namespace {

/// The first lines of a message, up to and with the empty one; what came behind it is in `rest`.
struct Head {
  std::string text, rest;
};

std::optional<Head> read_head(const Socket& from) {
  Head head;
  std::size_t end = 0;
  while ((end = head.text.find("\r\n\r\n")) == std::string::npos) {
    if (head.text.size() > 64 * 1024 || !from.receive(head.text)) return std::nullopt;
  }
  head.rest = head.text.substr(end + 4);
  head.text.resize(end + 4);
  return head;
}

/// Where a header's line begins and ends (behind its line break); both 0: there is none.
std::pair<std::size_t, std::size_t> find_header(const std::string& head, std::string_view name) {
  for (std::size_t begin = head.find("\r\n") + 2; begin < head.size();) {
    const auto end = head.find("\r\n", begin) + 2;
    const auto same = [](char one, char other) { return std::tolower(one) == std::tolower(other); };
    if (end - begin > name.size() && head[begin + name.size()] == ':' &&
        std::equal(name.begin(), name.end(), head.begin() + static_cast<std::ptrdiff_t>(begin), same)) {
      return {begin, end};
    }
    begin = end;
  }
  return {0, 0};
}

bool take_header(std::string& head, std::string_view name) {
  const auto [begin, end] = find_header(head, name);
  head.erase(begin, end - begin);
  return end > 0;
}

std::uint64_t content_length(const std::string& head) {
  const auto [begin, end] = find_header(head, "Content-Length");
  std::uint64_t length = 0;
  const auto digits = head.find_first_of("0123456789", begin);
  if (end > 0) std::from_chars(head.data() + digits, head.data() + end, length);
  return length;
}

void add_header(std::string& head, const std::string& line) { head.insert(head.size() - 2, line + "\r\n"); }

/// Passes bytes on until `count` have gone, those in `ready` first; false when one end has gone away.
bool pass(const Socket& from, std::string ready, std::uint64_t count, const std::function<bool(std::string_view)>& to) {
  ready.resize(static_cast<std::size_t>(std::min<std::uint64_t>(ready.size(), count)));
  while (true) {
    if (!ready.empty() && !to(ready)) return false;
    count -= ready.size();
    if (count == 0) return true;
    ready.clear();
    if (!from.receive(ready, count)) return false;
  }
}

/// S3's own code for a status.
std::string code_of(int status) {
  switch (status) {
    case 403:
      return "AccessDenied";
    case 404:
      return "NoSuchKey";
    case 429:
    case 503:
      return "SlowDown";
    default:
      return "InternalError";
  }
}

std::string faulty_answer(const FaultRule& rule) {
  const auto body = rule.body.value_or(
      fmt::format("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>{}</Code><Message>{}</Message></Error>",
                  code_of(rule.status), status_phrase(rule.status)));
  return fmt::format(
      "HTTP/1.1 {} {}\r\nContent-Type: application/xml\r\n{}Content-Length: {}\r\nConnection: close\r\n\r\n{}",
      rule.status, status_phrase(rule.status),
      rule.retry_after.empty() ? "" : "Retry-After: " + rule.retry_after + "\r\n", body.size(), body);
}

/// An answer's ETag that is not the object's.
void spoil_etag(std::string& head) {
  if (take_header(head, "ETag")) add_header(head, "ETag: \"00000000000000000000000000000000\"");
}

/// What one request asks for.
struct Line {
  std::string method, target, bucket;
};

Line first_line(const std::string& head) {
  Line line;
  const auto first = std::min(head.find(' '), head.size());
  const auto second = std::min(head.find(' ', first + 1), head.size());
  line.method = head.substr(0, first);
  line.target = head.substr(std::min(first + 1, head.size()), second - first - 1);
  if (line.target.size() > 1) line.bucket = line.target.substr(1, line.target.find_first_of("/?", 1) - 1);
  return line;
}

Socket connect_to(const std::string& endpoint) {
  constexpr std::string_view scheme = "http://";
  if (!endpoint.starts_with(scheme)) return Socket();
  const auto colon = endpoint.find(':', scheme.size());
  const auto host = endpoint.substr(scheme.size(), colon - scheme.size());
  return Socket::connect(host, colon == std::string::npos ? "80" : endpoint.substr(colon + 1));
}

/// The answer of S3, as far as the plan of the request lets it through.
void pass_answer(const Socket& upstream, const Socket& client, const FaultPlan& plan) {
  auto head = read_head(upstream);
  if (!head) return;
  if (plan.mischief.wrong_etag) spoil_etag(head->text);
  const auto length = content_length(head->text);
  const auto send = [&](std::string_view bytes) { return client.send(bytes); };
  const auto discard = [](std::string_view) { return true; };
  if (plan.drop_after_work) {
    (void)pass(upstream, std::move(head->rest), UINT64_MAX, discard);
  } else if (client.send(head->text)) {
    (void)pass(upstream, std::move(head->rest), plan.truncate ? length / 2 : UINT64_MAX, send);
  }
}

}  // namespace

S3Proxy::S3Proxy(Faults& faults, EndpointOf endpoint_of)
    : faults_(faults), endpoint_of_(std::move(endpoint_of)), listening_(Socket::listen()) {
  threads_.run([this] { listen(); });
}

S3Proxy::~S3Proxy() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    ::shutdown(listening_.descriptor(), SHUT_RDWR);
    for (const int each : open_) ::shutdown(each, SHUT_RDWR);
  }
  threads_.wait();
}

void S3Proxy::listen() {
  while (auto client = listening_.accept()) {
    threads_.run([this, shared = std::make_shared<Socket>(std::move(client))] {
      {
        const std::lock_guard lock(mutex_);
        if (stopping_) return;
        open_.insert(shared->descriptor());
      }
      serve(*shared);
      const std::lock_guard lock(mutex_);
      open_.erase(shared->descriptor());
    });
  }
}

void S3Proxy::serve(const Socket& client) {
  auto head = read_head(client);
  if (!head) return;
  const auto line = first_line(head->text);
  const auto length = content_length(head->text);
  const auto plan = faults_.of_s3(line.method, line.target);
  std::this_thread::sleep_for(plan.delay);
  // The proxy itself asks for the body, so it asks S3 for no such thing.
  if (take_header(head->text, "Expect") && !client.send("HTTP/1.1 100 Continue\r\n\r\n")) return;
  const auto discard = [](std::string_view) { return true; };
  if (plan.drop) {
    (void)pass(client, std::move(head->rest), length / 2, discard);
    return;
  }
  if (plan.status) {
    if (pass(client, std::move(head->rest), length, discard)) (void)client.send(faulty_answer(*plan.status));
    return;
  }
  const auto upstream = connect_to(endpoint_of_(line.bucket));
  if (!upstream) return;
  take_header(head->text, "Connection");
  add_header(head->text, "Connection: close");
  const auto send = [&](std::string_view bytes) { return upstream.send(bytes); };
  // S3 may refuse in the midst of a body, and its answer says why: so the end of the body is not asked for.
  if (upstream.send(head->text)) (void)pass(client, std::move(head->rest), length, send);
  pass_answer(upstream, client, plan);
}

}  // namespace etl::stand_in

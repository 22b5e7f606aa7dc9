#include "search/bulk_sender.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "base/bounded_json.hpp"
#include "base/error.hpp"
#include "base/log.hpp"
#include "base/text.hpp"
#include "net/backoff.hpp"
#include "search/answer.hpp"
#include "search/gzip.hpp"
#include "search/json_member.hpp"

namespace etl::search {
namespace {

using nlohmann::json;

constexpr std::size_t kSmallestBody = 256 * 1024;
constexpr std::size_t kLargestSetting = 50'000'000;
/// After so many requests that were accepted as a whole, one more connection is used, and requests grow by a tenth.
constexpr unsigned kAcceptedToGrow = 16;
/// With so many documents refused for good there is something wrong with all of them.
constexpr std::uint64_t kMostRejected = 10'000;
/// Status of an item that was to be created: there is a document with its id.
constexpr long kThere = 409;
constexpr net::Backoff kBackoff{std::chrono::milliseconds(200), std::chrono::milliseconds(10'000)};

/// The smallest value of a member that each node of an answer has below `path`; nothing when the server does not say.
std::optional<std::uint64_t> least_of_nodes(Server& server, const std::string& path, const json::json_pointer& member) {
  const net::Response answer = server.send("GET", path);
  if (!answer.ok()) return std::nullopt;
  const json document = try_parse_json(answer.body);
  if (!document.is_object() || !document.contains("nodes") || !document["nodes"].is_object()) return std::nullopt;
  std::optional<std::uint64_t> least;
  for (const auto& [name, node] : document["nodes"].items()) {
    if (!node.contains(member) || !node[member].is_number_integer()) continue;
    const auto value = node[member].get<std::int64_t>();
    if (value <= 0) continue;
    least = std::min(least.value_or(UINT64_MAX), static_cast<std::uint64_t>(value));
  }
  return least;
}

}  // namespace

BulkOptions BulkOptions::from(const config::Settings& settings, Server& server) {
  BulkOptions options;
  options.connections = settings.number("search.connections");
  options.gzip = settings.flag("search.gzip");
  options.retry_time = std::chrono::seconds(settings.number("search.retry_time"));
  const std::uint64_t wanted = settings.bytes("search.bulk_size");
  if (wanted < kSmallestBody || wanted > kLargestSetting) {
    throw UsageError(
        fmt::format("`search.bulk_size` must be between 256KiB and 50MB: {}", settings.get("search.bulk_size")->text),
        settings.get("search.bulk_size")->origin);
  }
  options.body = wanted;
  if (const auto most =
          least_of_nodes(server, "/_nodes/http", json::json_pointer("/http/max_content_length_in_bytes"))) {
    options.largest = *most;
  }
  options.body = std::min(options.body, options.largest / 10 * 9);
  // A request counts as 1.07 times its size, and all requests under way count together (measured).
  if (const auto pressure = least_of_nodes(server, "/_nodes/stats/indexing_pressure",
                                           json::json_pointer("/indexing_pressure/memory/limit_in_bytes"))) {
    options.body = std::clamp<std::size_t>(
        options.body, kSmallestBody, std::max<std::size_t>(*pressure * 8 / 10 / options.connections, kSmallestBody));
  }
  return options;
}

std::string_view BulkSender::Body::item(std::size_t n) const {
  const std::size_t end = n + 1 < items.size() ? items[n + 1] : text.size();
  return std::string_view(text).substr(items[n], end - items[n]);
}

/// What became of one request.
struct BulkSender::Outcome {
  enum class Kind : unsigned char { taken, again, overloaded, too_large } kind = Kind::taken;
  std::vector<std::size_t> again;  ///< items to send again, with `taken`
  std::string reason;              ///< why something is to be sent again
  std::uint64_t taken = 0;
};

BulkSender::BulkSender(Server& server, const BulkOptions& options,
                       std::function<void(const RejectedDocument&)> on_rejected)
    : server_(server),
      options_(options),
      path_("/_bulk?filter_path=took,errors,items.*.error,items.*.status"),
      on_rejected_(std::move(on_rejected)),
      allowed_(options.connections),
      body_limit_(options.body) {
  for (unsigned n = 0; n < options.connections; ++n) workers_.emplace_back([this] { work(); });
}

BulkSender::~BulkSender() {
  const std::lock_guard lock(mutex_);
  ended_ = true;
  waiting_.clear();
  changed_.notify_all();
}

void BulkSender::add(std::string_view index, std::string_view id, std::string_view document, IfThere if_there) {
  std::string action = fmt::format(R"({{"{}":{{"_index":{},"_id":{})", if_there == IfThere::refuse ? "create" : "index",
                                   json_quote(index), json_quote(id));
  if (server_.version().has_mapping_types()) action += R"(,"_type":"_doc")";
  action += "}}\n";
  const std::size_t size = action.size() + document.size() + 1;
  if (size > options_.largest) {
    reject(action, 413,
           fmt::format("the document has {}; the server takes {} (http.max_content_length)",
                       human_bytes(document.size()), human_bytes(options_.largest)));
    return;
  }
  std::unique_lock lock(mutex_);
  if (!filling_.items.empty() && filling_.text.size() + size > body_limit_) hand_over(lock);
  if (failure_) std::rethrow_exception(failure_);
  filling_.items.push_back(filling_.text.size());
  filling_.text += action;
  filling_.text += document;
  filling_.text += '\n';
}

/// Gives the request that is being filled to the workers, when there is room.
void BulkSender::hand_over(std::unique_lock<std::mutex>& lock) {
  changed_.wait(lock, [this] { return failure_ || waiting_.size() < options_.connections; });
  if (failure_ || filling_.items.empty()) return;
  waiting_.push_back(std::exchange(filling_, {}));
  filling_.text.reserve(body_limit_ + body_limit_ / 8);
  changed_.notify_all();
}

void BulkSender::finish() {
  std::unique_lock lock(mutex_);
  hand_over(lock);
  changed_.wait(lock, [this] { return failure_ || (waiting_.empty() && busy_ == 0); });
  if (failure_) std::rethrow_exception(failure_);
}

std::uint64_t BulkSender::sent() const {
  const std::lock_guard lock(mutex_);
  return sent_;
}

std::uint64_t BulkSender::rejected() const {
  const std::lock_guard lock(mutex_);
  return rejected_;
}

void BulkSender::work() {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this] { return ended_ || failure_ || (!waiting_.empty() && busy_ < allowed_); });
    if (ended_ || failure_) return;
    Body body = std::move(waiting_.front());
    waiting_.pop_front();
    ++busy_;
    changed_.notify_all();
    lock.unlock();
    std::exception_ptr failed;
    try {
      deliver(std::move(body), Clock::now());
    } catch (...) {
      failed = std::current_exception();
    }
    lock.lock();
    --busy_;
    if (failed && !failure_) failure_ = failed;
    changed_.notify_all();
  }
}

/// Sends the request until every document of it is taken or refused for good.
void BulkSender::deliver(Body body, Clock::time_point began) {
  for (unsigned failed = 0;;) {
    Outcome outcome = send(body);
    {
      const std::lock_guard lock(mutex_);
      if (failure_ || ended_) return;
    }
    if (outcome.kind == Outcome::Kind::taken) {
      speed_up(outcome.taken);
      if (outcome.again.empty()) return;
      Body rest;
      rest.in_doubt = body.in_doubt;
      for (const std::size_t n : outcome.again) {
        rest.items.push_back(rest.text.size());
        rest.text += body.item(n);
      }
      body = std::move(rest);
    }
    if (outcome.kind == Outcome::Kind::too_large) {
      if (body.items.size() > 1) return split(body, began);
      return reject(body.item(0), 413, outcome.reason);
    }
    if (outcome.kind == Outcome::Kind::overloaded) slow_down();
    if (outcome.kind == Outcome::Kind::again) body.in_doubt = true;
    ++failed;
    if (Clock::now() - began >= options_.retry_time) {
      throw UnavailableError(
          fmt::format("the search server did not take a bulk request of {} documents within {} s: {}",
                      body.items.size(), options_.retry_time.count(), outcome.reason),
          net::without_query(server_.url()), "run again when it is less busy; search.retry_time sets the limit");
    }
    const auto wait = kBackoff.wait(failed);
    log::debug("bulk request of {} documents ({}), attempt {}: {}; next in {} ms", body.items.size(),
               human_bytes(body.text.size()), failed, outcome.reason, wait.count());
    net::sleep_for(wait, server_.stop());
    if (outcome.kind == Outcome::Kind::overloaded && body.items.size() > 1 && body.text.size() > kSmallestBody) {
      return split(body, began);
    }
  }
}

/// Sends the two halves one after the other.
void BulkSender::split(const Body& body, Clock::time_point began) {
  const std::size_t middle = body.items.size() / 2;
  Body first;
  Body second;
  first.in_doubt = second.in_doubt = body.in_doubt;
  for (std::size_t n = 0; n < body.items.size(); ++n) {
    Body& half = n < middle ? first : second;
    half.items.push_back(half.text.size());
    half.text += body.item(n);
  }
  deliver(std::move(first), began);
  deliver(std::move(second), began);
}

BulkSender::Outcome BulkSender::send(Body& body) {
  Outcome outcome;
  net::Response answer;
  try {
    if (options_.gzip) {
      std::string packed = gzip(body.text);
      answer = server_.send_bulk(path_, packed, true);
    } else {
      answer = server_.send_bulk(path_, body.text, false);
    }
  } catch (const StoppedError&) {
    throw;
  } catch (const UnavailableError& error) {
    outcome.kind = Outcome::Kind::again;
    outcome.reason = error.what();
    return outcome;
  }
  if (answer.ok()) {
    read_items(answer, body, outcome);
    return outcome;
  }
  const json document = try_parse_json(answer.body);
  const json error = member(document, "error", json());
  outcome.reason = fmt::format("HTTP {}: {}", answer.status, reason_of(error));
  switch (const ErrorKind kind = kind_of(answer.status, error)) {
    case ErrorKind::overloaded:
      outcome.kind = Outcome::Kind::overloaded;
      break;
    case ErrorKind::unavailable:
      outcome.kind = Outcome::Kind::again;
      break;
    case ErrorKind::too_large:
      outcome.kind = Outcome::Kind::too_large;
      break;
    default:
      refuse("send documents", kind, outcome.reason, server_.url());
  }
  return outcome;
}

void BulkSender::read_items(const net::Response& answer, const Body& body, Outcome& outcome) {
  const json document = try_parse_json(answer.body);
  const auto errors = document.is_object() ? document.find("errors") : document.end();
  if (!document.is_object() || errors == document.end() || !errors->is_boolean()) {
    outcome.kind = Outcome::Kind::again;
    outcome.reason = "the answer is not that of a bulk request";
    return;
  }
  if (!errors->get<bool>()) {
    outcome.taken = body.items.size();
    return;
  }
  const json items = member(document, "items", json::array());
  if (!items.is_array() || items.size() != body.items.size()) {
    outcome.kind = Outcome::Kind::again;
    outcome.reason = "the answer has another number of items than the request";
    return;
  }
  for (std::size_t n = 0; n < items.size(); ++n) {
    const json& result = items[n].is_object() && !items[n].empty() ? items[n].front() : items[n];
    const json error = member(result, "error", json());
    const long status = member(result, "status", 500L);
    if (error.is_null() && status < 300) {
      ++outcome.taken;
      continue;
    }
    if (status == kThere && body.in_doubt) {
      ++outcome.taken;
      continue;
    }
    const ErrorKind kind = kind_of(status, error);
    const std::string reason = reason_of(error);
    switch (kind) {
      case ErrorKind::overloaded:
      case ErrorKind::unavailable:
        outcome.again.push_back(n);
        outcome.reason = reason;
        break;
      case ErrorKind::disk_full:
      case ErrorKind::not_allowed:
        refuse("send documents", kind, reason, server_.url());
      default:
        if (status == 404) refuse("send documents: the index was removed during the load", kind, reason, server_.url());
        reject(body.item(n), status, reason);
    }
  }
}

void BulkSender::slow_down() {
  const std::lock_guard lock(mutex_);
  allowed_ = std::max(1U, allowed_ / 2);
  body_limit_ = std::max(kSmallestBody, body_limit_ / 2);
  accepted_ = 0;
}

void BulkSender::speed_up(std::uint64_t documents) {
  const std::lock_guard lock(mutex_);
  sent_ += documents;
  if (++accepted_ < kAcceptedToGrow) return;
  accepted_ = 0;
  allowed_ = std::min(options_.connections, allowed_ + 1);
  body_limit_ = std::min(options_.body, body_limit_ + options_.body / 10);
  changed_.notify_all();
}

void BulkSender::reject(std::string_view item, long status, const std::string& reason) {
  RejectedDocument rejected{.index = {}, .id = {}, .status = status, .reason = reason};
  const json action = try_parse_json(item.substr(0, item.find('\n')));
  const json place = action.is_object() && !action.empty() ? action.front() : json::object();
  rejected.index = text_member(place, "_index");
  rejected.id = text_member(place, "_id");
  const std::lock_guard lock(mutex_);
  ++rejected_;
  on_rejected_(rejected);
  if (rejected_ < kMostRejected) return;
  throw RefusedError(fmt::format("the search server refused {} documents for good", human_count(rejected_)),
                     net::without_query(server_.url()), "the first reasons are in the reject file");
}

}  // namespace etl::search

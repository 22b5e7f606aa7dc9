#include "stand_in/faults.hpp"

#include <algorithm>
#include <array>
#include <string_view>

namespace etl::stand_in {
namespace {

constexpr std::array<std::string_view, 13> kKinds = {
    "delay",    "status",    "drop",    "drop_after_work",    "expired_url",   "wrong_etag",  "truncate",
    "s3_delay", "s3_status", "s3_drop", "s3_drop_after_work", "s3_wrong_etag", "s3_truncate",
};

FaultRule parse(const Json& said) {
  static const std::array<std::string_view, 11> known = {"kind",        "method", "path", "times",  "skip", "status",
                                                         "retry_after", "ms",     "body", "one_in", "seed"};
  for (const auto& [name, value] : said.items()) {
    if (std::ranges::find(known, name) == known.end()) throw std::invalid_argument("unknown member " + name);
  }
  FaultRule rule;
  rule.kind = said.at("kind").get<std::string>();
  if (std::ranges::find(kKinds, rule.kind) == kKinds.end()) throw std::invalid_argument("unknown kind " + rule.kind);
  rule.method = said.value("method", "");
  rule.path_text = said.at("path").get<std::string>();
  rule.path = std::regex(rule.path_text);
  rule.times = said.value("times", std::int64_t{1});
  rule.skip = said.value("skip", std::int64_t{0});
  rule.status = said.value("status", 503);
  rule.one_in = said.value("one_in", 1U);
  if (rule.one_in == 0) throw std::invalid_argument("one_in is 0");
  rule.random.seed(said.value("seed", 1U));
  if (const auto& after = said.value("retry_after", Json()); !after.is_null()) {
    rule.retry_after = after.is_string() ? after.get<std::string>() : after.dump();
  }
  rule.delay = std::chrono::milliseconds(said.value("ms", std::int64_t{0}));
  if (const auto& body = said.value("body", Json()); !body.is_null()) {
    rule.body = body.is_string() ? body.get<std::string>() : body.dump();
  }
  return rule;
}

/// Does the rule apply now? Counts the request.
bool applies(FaultRule& rule, const std::string& method, const std::string& path) {
  if (!rule.method.empty() && rule.method != method) return false;
  if (!std::regex_search(path, rule.path)) return false;
  ++rule.seen;
  if (rule.one_in > 1 && std::uniform_int_distribution<unsigned>(1, rule.one_in)(rule.random) != 1) return false;
  if (rule.seen <= rule.skip || (rule.times > 0 && rule.hits >= rule.times)) return false;
  ++rule.hits;
  return true;
}

}  // namespace

void Faults::add(const Json& said) {
  try {
    auto rule = parse(said);
    const std::lock_guard lock(mutex_);
    rules_.push_back(std::move(rule));
  } catch (const std::exception& error) {  // JSON's, the regex's, ours
    throw Refusal(json_answer({{"error", error.what()}}, 400));
  }
}

void Faults::clear() {
  const std::lock_guard lock(mutex_);
  rules_.clear();
}

Json Faults::list() {
  const std::lock_guard lock(mutex_);
  Json all = Json::array();
  for (const auto& rule : rules_) {
    all.push_back({{"kind", rule.kind},
                   {"method", rule.method},
                   {"path", rule.path_text},
                   {"times", rule.times},
                   {"skip", rule.skip},
                   {"seen", rule.seen},
                   {"hits", rule.hits}});
  }
  return all;
}

bool Faults::wants_s3() {
  const std::lock_guard lock(mutex_);
  return std::ranges::any_of(rules_, [](const FaultRule& rule) { return rule.kind.starts_with("s3_"); });
}

FaultPlan Faults::decide(const std::string& method, const std::string& path, const std::string& prefix) {
  const std::lock_guard lock(mutex_);
  FaultPlan plan;
  for (auto& rule : rules_) {
    if (rule.kind.starts_with("s3_") != !prefix.empty()) continue;
    if (!applies(rule, method, path)) continue;
    const auto kind = std::string_view(rule.kind).substr(prefix.size());
    plan.delay += rule.delay;
    if (kind == "status") plan.status = rule;
    if (kind == "drop") plan.drop = true;
    if (kind == "drop_after_work") plan.drop_after_work = true;
    if (kind == "truncate") plan.truncate = true;
    if (kind == "expired_url") plan.mischief.expired_url = true;
    if (kind == "wrong_etag") plan.mischief.wrong_etag = true;
    // One that keeps the work from being done leaves the others for the next request.
    if (plan.status || plan.drop) break;
  }
  return plan;
}

}  // namespace etl::stand_in

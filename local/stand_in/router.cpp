#include "stand_in/router.hpp"

#include <span>

namespace etl::stand_in {
namespace {

using Segments = std::vector<std::string_view>;

/// The parts between slashes. A slash at the end is the same as none, except where the metadata service tells
/// `/metadata/` from `/metadata`.
Segments split(std::string_view path) {
  Segments parts;
  std::size_t begin = path.starts_with('/') ? 1 : 0;
  while (begin <= path.size()) {
    const auto end = std::min(path.find('/', begin), path.size());
    parts.push_back(path.substr(begin, end - begin));
    begin = end + 1;
  }
  if (parts.size() > 1 && parts.back().empty() && parts.front() != "mds") parts.pop_back();
  return parts;
}

/// What lies between the beginning of one segment and the end of another, slashes included.
std::string_view joined(std::span<const std::string_view> parts) {
  const char* begin = parts.front().data();
  return {begin, static_cast<std::size_t>(parts.back().data() + parts.back().size() - begin)};
}

bool fits(std::span<const std::string> pattern, std::span<const std::string_view> path, Request& request) {
  if (pattern.empty()) return path.empty();
  if (path.empty()) return false;
  const auto& first = pattern.front();
  if (!first.starts_with('{')) return first == path.front() && fits(pattern.subspan(1), path.subspan(1), request);
  if (!first.ends_with("*}")) {
    if (path.front().empty() || !fits(pattern.subspan(1), path.subspan(1), request)) return false;
    request.captured[first.substr(1, first.size() - 2)] = path.front();
    return true;
  }
  for (std::size_t count = path.size() - pattern.size() + 1; count >= 1 && count <= path.size(); --count) {
    if (!fits(pattern.subspan(1), path.subspan(count), request)) continue;
    request.captured[first.substr(1, first.size() - 3)] = joined(path.first(count));
    return true;
  }
  return false;
}

}  // namespace

void Router::add(const std::string& method, const std::string& pattern, Handler handler) {
  Route route{method, pattern, std::move(handler), {}};
  for (const auto part : split(pattern)) route.segments.emplace_back(part);
  routes_.push_back(std::move(route));
}

Router::Found Router::find(Request& request) const {
  const auto path = split(request.path);
  Found found;
  for (const auto& route : routes_) {
    if (route.segments.size() > path.size()) continue;
    if (route.method != request.method) {
      if (!found.other_method) {
        Request other;
        found.other_method = fits(route.segments, path, other);
      }
      continue;
    }
    request.captured.clear();
    if (!fits(route.segments, path, request)) continue;
    found.route = &route;
    return found;
  }
  return found;
}

}  // namespace etl::stand_in

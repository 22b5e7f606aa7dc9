#include "fhir/findings.hpp"

namespace etl::fhir {

Warnings::Count& Warnings::of(IssueKind kind, std::string_view path, std::string_view message, Location where) {
  auto at = counts_.find(KeyView{kind, path, message});
  if (at == counts_.end()) {
    at = counts_.emplace(Key{kind, std::string(path), std::string(message)}, Count{0, where}).first;
  }
  return at->second;
}

void Warnings::add(IssueKind kind, std::string_view path, std::string_view message, Location where,
                   std::uint64_t count) {
  of(kind, path, message, where).add(where, count);
}

void Warnings::merge(const Warnings& other) {
  for (const auto& [key, value] : other.counts_) {
    Count& into = of(std::get<0>(key), std::get<1>(key), std::get<2>(key), value.first);
    if (into.count == 0 || value.first < into.first) into.first_path = value.first_path;
    into.add(value.first, value.count);
  }
}

std::vector<Issue> Warnings::issues(const std::vector<std::string>& files) const {
  std::vector<Issue> out;
  for (const auto& [key, value] : counts_) {
    Issue issue;
    issue.kind = std::get<0>(key);
    issue.file = files.at(value.first.file);
    issue.line = value.first.line;
    issue.path = value.first_path.empty() ? std::get<1>(key) : value.first_path;
    issue.message = std::get<2>(key);
    issue.count = value.count;
    out.push_back(std::move(issue));
  }
  return out;
}

}  // namespace etl::fhir

#include "simplify/reject_file.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"

namespace etl::simplify {

void RejectFile::write(const std::vector<fhir::Issue>& issues, std::string_view member, std::string_view json) {
  std::string line =
      fmt::format("{{\"file\":{},\"line\":{},\"issues\":[", json_quote(issues.front().file), issues.front().line);
  for (const fhir::Issue& issue : issues) {
    if (line.back() == '}') line += ',';
    line += fmt::format("{{\"kind\":\"{}\",\"line\":{},\"path\":{},\"message\":{}}}", to_string(issue.kind), issue.line,
                        json_quote(issue.path), json_quote(issue.message));
  }
  line += ']';
  if (!member.empty()) line += fmt::format(",\"{}\":{}", member, json);
  line += "}\n";
  file_.write(line);
}

void RejectFile::add(const Rejected& rejected) {
  const bool is_json = std::ranges::none_of(
      rejected.issues, [](const fhir::Issue& issue) { return issue.kind == fhir::IssueKind::json; });
  if (!is_json) {
    write(rejected.issues, "text", json_quote(rejected.text));
    return;
  }
  std::string one_line = rejected.text;  // line ends can only stand between tokens here
  std::ranges::replace(one_line, '\n', ' ');
  std::ranges::replace(one_line, '\r', ' ');
  write(rejected.issues, "resource", one_line);
}

void RejectFile::add(const fhir::Issue& issue, std::string_view record) { write({issue}, "record", record); }

void RejectFile::add(const fhir::Issue& issue) { write({issue}, {}, {}); }

void RejectFile::commit() { file_.commit(); }

}  // namespace etl::simplify

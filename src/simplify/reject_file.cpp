#include "simplify/reject_file.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"

namespace etl::simplify {

void RejectFile::write(const std::vector<fhir::Fault>& faults, std::string_view member, std::string_view json) {
  std::string line =
      fmt::format("{{\"file\":{},\"line\":{},\"faults\":[", json_quote(faults.front().file), faults.front().line);
  for (const fhir::Fault& fault : faults) {
    if (line.back() == '}') line += ',';
    line += fmt::format("{{\"kind\":\"{}\",\"line\":{},\"path\":{},\"message\":{}}}", to_string(fault.kind), fault.line,
                        json_quote(fault.path), json_quote(fault.message));
  }
  line += ']';
  if (!member.empty()) line += fmt::format(",\"{}\":{}", member, json);
  line += "}\n";
  file_.write(line);
}

void RejectFile::add(const Rejected& rejected) {
  const bool is_json = std::ranges::none_of(
      rejected.faults, [](const fhir::Fault& fault) { return fault.kind == fhir::FaultKind::json; });
  if (!is_json) {
    write(rejected.faults, "text", json_quote(rejected.text));
    return;
  }
  std::string one_line = rejected.text;  // line ends can only stand between tokens here
  std::ranges::replace(one_line, '\n', ' ');
  std::ranges::replace(one_line, '\r', ' ');
  write(rejected.faults, "resource", one_line);
}

void RejectFile::add(const fhir::Fault& fault, std::string_view record) { write({fault}, "record", record); }

void RejectFile::add(const fhir::Fault& fault) { write({fault}, {}, {}); }

void RejectFile::commit() { file_.commit(); }

}  // namespace etl::simplify

#include <sstream>

#include "stand_in/entities.hpp"
#include "stand_in/sheepdog.hpp"

namespace etl::stand_in {
namespace {

std::vector<std::string> cells(std::string line, char separator) {
  if (line.ends_with('\r')) line.pop_back();
  std::vector<std::string> found;
  for (std::size_t begin = 0; begin <= line.size();) {
    const auto end = std::min(line.find(separator, begin), line.size());
    found.push_back(line.substr(begin, end - begin));
    begin = end + 1;
  }
  return found;
}

std::vector<Json> read_table(const std::string& text, char separator) {
  std::istringstream lines(text);
  std::string line;
  std::getline(lines, line);
  const auto names = cells(line, separator);
  std::vector<Json> found;
  while (std::getline(lines, line)) {
    Json entity = Json::object();
    const auto values = cells(line, separator);
    for (std::size_t i = 0; i < std::min(values.size(), names.size()); ++i) {
      // A required column has a star before its name.
      const auto name = names[i].starts_with('*') ? names[i].substr(1) : names[i];
      if (values[i].empty()) continue;
      if (const auto dot = name.find('.'); dot != std::string::npos) {
        entity[name.substr(0, dot)][name.substr(dot + 1)] = values[i];
      } else {
        entity[name] = values[i];
      }
    }
    found.push_back(std::move(entity));
  }
  return found;
}

}  // namespace

std::vector<Json> read_entities(const Request& request) {
  if (request.content_type == "text/csv") return read_table(request.body, ',');
  if (request.content_type == "text/tab-separated-values" || request.content_type == "text/tsv") {
    return read_table(request.body, '\t');
  }
  const auto body = Json::parse(request.body, nullptr, false);
  if (body.is_discarded()) throw Refusal(sheepdog_error(400, "Unable to parse json: it is none"));
  if (body.is_object()) return {body};
  if (!body.is_array()) throw Refusal(sheepdog_error(400, "Unable to parse json: neither an object nor a list"));
  return {body.begin(), body.end()};
}

}  // namespace etl::stand_in

#include "graph/connection/sql_quote.hpp"

#include <algorithm>

namespace etl::graph {

std::string quote_name(std::string_view name) {
  const auto plain = [](char c) { return (c >= 'a' && c <= 'z') || c == '_'; };
  const auto plain_later = [&](char c) { return plain(c) || (c >= '0' && c <= '9'); };
  if (!name.empty() && plain(name.front()) && std::all_of(name.begin(), name.end(), plain_later)) {
    return std::string(name);
  }
  return quote_any_name(name);
}

std::string quote_any_name(std::string_view name) {
  std::string out = "\"";
  for (const char c : name) {
    if (c == '"') out += '"';
    out += c;
  }
  return out + '"';
}

std::string quote_text(std::string_view text) {
  std::string out = text.find('\\') == std::string_view::npos ? "'" : " E'";
  for (const char c : text) {
    if (c == '\'' || c == '\\') out += c;
    out += c;
  }
  return out + '\'';
}

std::string text_array(std::span<const std::string> items) {
  std::string out = "{";
  for (const auto& item : items) {
    if (out.size() > 1) out += ',';
    out += '"';
    for (const char c : item) {
      if (c == '"' || c == '\\') out += '\\';
      out += c;
    }
    out += '"';
  }
  return out + '}';
}

}  // namespace etl::graph

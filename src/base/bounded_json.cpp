#include "base/bounded_json.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/error.hpp"
#include "base/text.hpp"

namespace etl {
namespace {

template <typename Json>
Json parse(std::string_view text, const std::string& where, const JsonBounds& bounds) {
  if (const auto broken = out_of_bounds(text, bounds))
    throw InputError("cannot read the JSON: it is " + *broken, where);
  // nlohmann takes a NUL for the end of the text and would ignore what follows.
  if (const auto nul = text.find('\0'); nul != std::string_view::npos)
    throw InputError(fmt::format("not JSON: parsing failed at byte {}", nul + 1), where);
  try {
    return Json::parse(text);
  } catch (const nlohmann::json::parse_error& error) {
    // The parser counts from 1 and calls the end of the text one more byte.
    throw InputError(fmt::format("not JSON: parsing failed at byte {}", std::min(error.byte, text.size())), where);
  } catch (const nlohmann::json::exception&) {
    throw InputError("not JSON: it contains a number that is out of range", where);
  }
}

}  // namespace

std::optional<std::string> out_of_bounds(std::string_view json, const JsonBounds& bounds) {
  if (json.size() > bounds.bytes) {
    return fmt::format("{} long; at most {} are read", human_bytes(json.size()), human_bytes(bounds.bytes));
  }
  std::size_t depth = 0;
  bool in_string = false;
  for (std::size_t i = 0; i < json.size(); ++i) {
    const char c = json[i];
    if (in_string) {
      if (c == '\\') {
        ++i;
      } else if (c == '"') {
        in_string = false;
      }
    } else if (c == '"') {
      in_string = true;
    } else if (c == '{' || c == '[') {
      if (++depth > bounds.depth) return fmt::format("nested more than {} levels deep", bounds.depth);
    } else if ((c == '}' || c == ']') && depth > 0) {
      --depth;
    }
  }
  return std::nullopt;
}

nlohmann::json parse_json(std::string_view json, const std::string& where, const JsonBounds& bounds) {
  return parse<nlohmann::json>(json, where, bounds);
}

nlohmann::ordered_json parse_ordered_json(std::string_view json, const std::string& where, const JsonBounds& bounds) {
  return parse<nlohmann::ordered_json>(json, where, bounds);
}

nlohmann::json try_parse_json(std::string_view json, const JsonBounds& bounds) {
  if (out_of_bounds(json, bounds) || json.find('\0') != std::string_view::npos) {
    return nlohmann::json::value_t::discarded;
  }
  return nlohmann::json::parse(json, nullptr, false);
}

}  // namespace etl

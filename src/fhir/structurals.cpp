#include "fhir/structurals.hpp"

#include <fmt/format.h>
#include <simdjson.h>

#include "base/error.hpp"

namespace etl::fhir {
namespace {

constexpr std::string_view kUnclosed = "a string without its closing quote";
constexpr std::string_view kControl = "a control character in a string";

}  // namespace

BadBytes explain_bytes(std::string_view text, std::string_view problem) {
  if (problem != kUnclosed && problem != kControl) return {std::string(problem), 0};
  bool in_string = false;
  std::size_t opened = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (!in_string) {
      if (c == '"') {
        in_string = true;
        opened = i;
      }
    } else if (c == '\\') {
      ++i;
    } else if (c == '"') {
      in_string = false;
    } else if (c == '\n' || c == '\r') {
      break;
    } else if (static_cast<unsigned char>(c) < ' ') {
      return {fmt::format("{}; expected an escape such as \\t", kControl), i};
    }
  }
  if (in_string) return {std::string(kUnclosed), opened};
  return {std::string(problem), 0};
}

Structurals::Structurals() = default;
Structurals::~Structurals() = default;

std::string_view Structurals::index(std::string_view text) {
  if (text.size() >= simdjson::SIMDJSON_MAXSIZE_BYTES) return "the text is larger than 4 GiB";
  if (!parser_ || parser_->capacity() < text.size()) {
    // Depth only matters to simdjson's second stage, which is not used here.
    const auto code = simdjson::get_active_implementation()->create_dom_parser_implementation(
        std::max<std::size_t>(text.size(), std::size_t{1} << 16), 1, parser_);
    if (code != simdjson::SUCCESS)
      throw InternalError("out of memory while indexing JSON", {}, "give the process more memory");
  }
  const auto code =
      parser_->stage1(reinterpret_cast<const std::uint8_t*>(text.data()), text.size(), simdjson::stage1_mode::regular);
  switch (code) {
    case simdjson::SUCCESS:
      return {};
    case simdjson::EMPTY:
      return "no JSON value";
    case simdjson::UTF8_ERROR:
      return "bytes that are not UTF-8";
    case simdjson::UNCLOSED_STRING:
      return kUnclosed;
    case simdjson::UNESCAPED_CHARS:
      return kControl;
    default:
      return "not JSON";
  }
}

const std::uint32_t* Structurals::begin() const noexcept { return parser_->structural_indexes.get(); }
std::size_t Structurals::size() const noexcept { return parser_->n_structural_indexes; }

}  // namespace etl::fhir

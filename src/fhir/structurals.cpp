#include "fhir/structurals.hpp"

#include <simdjson.h>

#include "base/error.hpp"

namespace etl::fhir {

Structurals::Structurals() = default;
Structurals::~Structurals() = default;

std::string_view Structurals::index(std::string_view text) {
  if (text.size() >= simdjson::SIMDJSON_MAXSIZE_BYTES) return "the text is larger than 4 GiB";
  if (!parser_ || parser_->capacity() < text.size()) {
    // Depth only matters to simdjson's second stage, which is not used here.
    const auto code = simdjson::get_active_implementation()->create_dom_parser_implementation(
        std::max<std::size_t>(text.size(), std::size_t{1} << 16), 1, parser_);
    if (code != simdjson::SUCCESS) throw InternalError("no memory to index JSON", {}, "give the process more memory");
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
      return "a string that is not closed";
    case simdjson::UNESCAPED_CHARS:
      return "a control character inside a string (or a string that is not closed)";
    default:
      return "not JSON";
  }
}

const std::uint32_t* Structurals::begin() const noexcept { return parser_->structural_indexes.get(); }
std::size_t Structurals::size() const noexcept { return parser_->n_structural_indexes; }

}  // namespace etl::fhir

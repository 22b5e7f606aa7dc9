#include "fhir/resource_reference.hpp"

#include <xxhash.h>

#include <algorithm>

#include "base/ascii.hpp"
#include "fhir/model.hpp"
#include "fhir/primitive_format.hpp"

namespace etl::fhir {
namespace {

constexpr std::string_view history = "/_history/";

/// Fills in `target`, `type` and `id` when the last two parts of `path` are Type/id.
bool ends_in_resource(std::string_view path, ResourceReference& out) noexcept {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string_view::npos || slash == 0) return false;
  const std::size_t before = path.rfind('/', slash - 1);
  const std::size_t begin = before == std::string_view::npos ? 0 : before + 1;
  const std::string_view type = path.substr(begin, slash - begin);
  const std::string_view id = path.substr(slash + 1);
  if (!is_id(id) || Model::r5().resource(type) == nullptr) return false;
  out.target = path.substr(begin);
  out.type = type;
  out.id = id;
  return true;
}

/// `…/Type/id/_history/3` -> `…/Type/id`; false when it has no version.
bool strip_version(std::string_view& path) noexcept {
  const std::size_t at = path.rfind(history);
  if (at == std::string_view::npos || !is_id(path.substr(at + history.size()))) return false;
  path = path.substr(0, at);
  return true;
}

bool is_absolute(std::string_view text) noexcept {
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos || colon == 0) return false;
  return std::ranges::all_of(text.substr(0, colon),
                             [](char c) { return is_ascii_alphanumeric(c) || c == '+' || c == '.' || c == '-'; });
}

}  // namespace

ResourceReference resource_reference(std::string_view text) noexcept {
  ResourceReference out;
  // A fragment behind a resource names one that it contains.
  if (!text.starts_with('#')) text = text.substr(0, text.find('#'));
  if (const RelativeReference relative = relative_reference(text)) {
    if (!is_id(relative.id)) return out;
    out.form = ReferenceForm::relative;
    out.target = text;
    out.type = relative.type;
    out.id = relative.id;
    return out;
  }
  if (text.starts_with('#')) {
    out.form = ReferenceForm::contained;
  } else if (text.starts_with("urn:")) {
    out.form = ReferenceForm::urn;
  } else if (text.starts_with("http://") || text.starts_with("https://")) {
    out.form = text.find('|') == std::string_view::npos ? ReferenceForm::url : ReferenceForm::canonical;
    std::string_view path = text.substr(text.find(':') + 1);
    static_cast<void>(strip_version(path));
    // The host alone is no resource type: //host/id.
    const std::size_t host_end = path.find('/', 2);
    if (host_end != std::string_view::npos && ends_in_resource(path.substr(host_end + 1), out)) {
      out.form = ReferenceForm::absolute;
      out.address = path;
    }
  } else if (is_absolute(text)) {
    out.form = ReferenceForm::url;
  } else if (const std::size_t query = text.find('?'); query != std::string_view::npos) {
    out.form = ReferenceForm::search;
  } else if (std::string_view path = text; strip_version(path)) {
    if (path.find('/') == path.rfind('/') && ends_in_resource(path, out)) out.form = ReferenceForm::versioned;
  }
  return out;
}

std::uint64_t address_hash(std::string_view address) noexcept {
  const std::uint64_t hash = XXH3_64bits(address.data(), address.size());
  return hash == 0 ? 1 : hash;  // 0 says that there is none
}

}  // namespace etl::fhir

#include "fhir/reference_syntax.hpp"

#include "base/ascii.hpp"
#include "fhir/model.hpp"
#include "fhir/primitive_format.hpp"

namespace etl::fhir {
namespace {

constexpr std::string_view any_form = "expected Type/id, #id, an absolute URL or a search by Type?…";
constexpr std::string_view bad_id = "expected an id of 1 to 64 of A-Z a-z 0-9 - . after the type";
constexpr std::string_view bad_version = "expected a version of 1 to 64 of A-Z a-z 0-9 - . after _history/";
constexpr std::string_view empty_part = "expected no empty part between two slashes";

/// Takes the text up to the next slash off.
std::string_view take_segment(std::string_view& path) noexcept {
  const std::size_t slash = path.find('/');
  const std::string_view segment = path.substr(0, slash);
  path.remove_prefix(slash == std::string_view::npos ? path.size() : slash + 1);
  return segment;
}

/// What follows `Type/` in a path: `id` or `id/_history/version`.
ReferenceSyntax after_type(std::string_view type, std::string_view rest) noexcept {
  const std::string_view id = take_segment(rest);
  ReferenceSyntax out{{}, type, id};
  if (!is_id(id)) {
    out.problem = bad_id;
  } else if (rest.data() != nullptr && rest.data() > id.data() + id.size()) {  // a slash follows the id
    if (take_segment(rest) != "_history") {
      out.problem = any_form;
    } else if (!is_id(rest)) {
      out.problem = bad_version;
    }
  }
  return out;
}

bool is_scheme(std::string_view text) noexcept {
  if (text.empty() || !is_ascii_letter(text[0])) return false;
  for (const char c : text) {
    if (!is_ascii_alphanumeric(c) && c != '+' && c != '-' && c != '.') return false;
  }
  return true;
}

/// `//host/path…` of an http or https URL. The last resource type in the path, if any, begins `Type/id[/_history/v]`.
ReferenceSyntax web_url(std::string_view rest) noexcept {
  if (!rest.starts_with("//")) return {"expected // and a host after the scheme", {}, {}};
  std::string_view path = rest.substr(2, rest.find_first_of("?#") - 2);
  const std::string_view host = take_segment(path);
  if (host.empty()) return {"expected a host in the URL", {}, {}};
  ReferenceSyntax out;
  std::string_view before = host;
  while (!path.empty()) {
    const std::string_view segment = take_segment(path);
    if (segment.empty()) {
      // An archive's URL may hold another one: …/http://host/….
      if (before.empty() || before.back() != ':') out.problem = empty_part;
      if (!out.problem.empty()) return out;
    } else if (segment == "_history") {
      if (!is_id(path)) return {bad_version, {}, {}};
    } else if (Model::r5().resource(segment) != nullptr && (path.data() > segment.data() + segment.size())) {
      // Only the last two parts, or those before a version, are Type/id: a base URL may have such words, too.
      std::string_view after = path;
      static_cast<void>(take_segment(after));
      const bool versioned = after.starts_with("_history");
      if (after.empty() || versioned) {
        out = after_type(segment, path);
        if (!out.problem.empty()) return out;
      }
    }
    before = segment;
  }
  return out;
}

}  // namespace

ReferenceSyntax reference_syntax(std::string_view text) noexcept {
  for (const char c : text) {
    if (static_cast<unsigned char>(c) <= ' ' || c == '\x7f') {
      return {"expected a reference without white space or control characters", {}, {}};
    }
  }
  if (text.starts_with('#')) {
    if (text.size() == 1 || is_id(text.substr(1))) return {};
    return {"expected the id of a contained resource after #", {}, {}};
  }
  const std::size_t name = text.find_first_of(":/?#");
  if (name == std::string_view::npos || name == 0) return {any_form, {}, {}};
  const std::string_view head = text.substr(0, name);
  const std::string_view rest = text.substr(name + 1);
  switch (text[name]) {
    case ':':
      if (!is_scheme(head) || rest.empty()) return {any_form, {}, {}};
      if (head == "http" || head == "https") return web_url(rest);
      if (head == "urn") {
        if (rest.starts_with("uuid:") ? !fits(Primitive::uuid, text)
                                      : rest.starts_with("oid:") && !fits(Primitive::oid, text)) {
          return {"expected a well-formed urn:uuid: or urn:oid:", {}, {}};
        }
        if (rest.find(':') == 0 || rest.find(':') + 1 >= rest.size()) return {any_form, {}, {}};
      }
      return {};
    case '?':
      if (Model::r5().resource(head) == nullptr || rest.find('=') == std::string_view::npos || rest.front() == '=') {
        return {any_form, {}, {}};
      }
      return {{}, head, {}};
    case '/': {
      if (Model::r5().resource(head) == nullptr) return {"expected a resource type of FHIR R5 before the id", {}, {}};
      // A fragment names a resource that the target contains.
      const std::size_t fragment = rest.find('#');
      if (fragment != std::string_view::npos && !is_id(rest.substr(fragment + 1))) {
        return {"expected the id of a contained resource after #", {}, {}};
      }
      return after_type(head, rest.substr(0, fragment));
    }
    default:
      return {any_form, {}, {}};
  }
}

}  // namespace etl::fhir

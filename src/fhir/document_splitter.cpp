#include "fhir/document_splitter.hpp"

#include "base/ascii.hpp"
#include "base/error.hpp"
#include "fhir/primitive_format.hpp"

namespace etl::fhir {
namespace {

constexpr std::size_t longest_token = 2048;

constexpr std::string_view uuid_urn = "urn:uuid:";

}  // namespace

std::string_view BundleEntry::effective_id() const noexcept {
  if (!id.empty()) return id;
  std::string_view name = full_url;
  if (name.starts_with(uuid_urn)) {
    name.remove_prefix(uuid_urn.size());
    return is_id(name) ? name : std::string_view{};
  }
  const std::size_t slash = name.rfind('/');
  if (slash == std::string_view::npos || slash == 0 || type.empty()) return {};
  const std::string_view tail = name.substr(slash + 1);
  const std::string_view head = name.substr(0, slash);
  const bool of_type = head.ends_with(type) && head.size() > type.size() && head[head.size() - type.size() - 1] == '/';
  return of_type && is_id(tail) ? tail : std::string_view{};
}

bool BundleEntry::is_outcome() const noexcept {
  return search_mode == "outcome" || (type == "OperationOutcome" && id.empty());
}

void DocumentSplitter::keep(char c) {
  std::string& piece = in_resource_ ? resource_ : shell_;
  piece.push_back(c);
  if (piece.size() > max_piece_) {
    throw InputError("a resource is larger than " + std::to_string(max_piece_ >> 20U) + " MiB", {},
                     "raise --max-resource if this is intended");
  }
}

void DocumentSplitter::feed(std::string_view bytes) {
  for (const char c : bytes) {
    if (in_string_) {
      string_byte(c);
    } else {
      byte(c);
    }
    if (c == '\n') ++line_;
  }
}

void DocumentSplitter::string_byte(char c) {
  keep(c);
  if (escaped_) {
    escaped_ = false;
  } else if (c == '\\') {
    escaped_ = true;
  } else if (c == '"') {
    in_string_ = false;
    end_string();
    return;
  }
  if (depth_ < depths && token_.size() < longest_token) token_.push_back(c);
}

/// A string ended: it is a member's name, or a value that says what an entry is.
void DocumentSplitter::end_string() {
  if (depth_ >= depths || bracket_[depth_] != '{') return;
  if (expects_key_) {
    key_[depth_] = token_;
  } else if (depth_ == 1 && key_[1] == "type") {
    bundle_type_ = token_;
  } else if (depth_ == 3 && key_[1] == "entry" && key_[3] == "fullUrl") {
    full_url_ = token_;
  } else if (depth_ == 4 && !in_resource_ && key_[1] == "entry" && key_[3] == "request" && key_[4] == "method") {
    method_ = token_;
  } else if (depth_ == 4 && !in_resource_ && key_[1] == "entry" && key_[3] == "request" && key_[4] == "url") {
    request_url_ = token_;
  } else if (depth_ == 4 && !in_resource_ && key_[1] == "entry" && key_[3] == "search" && key_[4] == "mode") {
    search_mode_ = token_;
  } else if (depth_ == 4 && in_resource_ && key_[4] == "resourceType") {
    type_ = token_;
  } else if (depth_ == 4 && in_resource_ && key_[4] == "id") {
    id_ = token_;
  }
}

void DocumentSplitter::open(char c) {
  const bool entry_resource = c == '{' && depth_ == 3 && bracket_[1] == '{' && bracket_[2] == '[' &&
                              bracket_[3] == '{' && key_[1] == "entry" && key_[3] == "resource";
  const bool item_of_array = c == '{' && depth_ == 1 && bracket_[1] == '[';
  if ((entry_resource || item_of_array) && !in_resource_ && !resource_waits_) {
    keep('0');
    in_resource_ = true;
    has_resources_ = true;
    resource_.clear();
    resource_line_ = line_;
    type_.clear();
    id_.clear();
  }
  if (c == '{' && depth_ == 2 && !in_resource_ && bracket_[1] == '{' && key_[1] == "entry") {
    has_entries_ = true;
    entry_line_ = line_;
    for (std::string* text : {&full_url_, &type_, &id_, &method_, &request_url_, &search_mode_}) text->clear();
  }
  ++depth_;
  if (depth_ <= depths) {
    bracket_[depth_] = c;
    key_[depth_].clear();
  }
  expects_key_ = c == '{';
  keep(c);
}

void DocumentSplitter::close() {
  keep(depth_ <= depths ? (bracket_[depth_] == '{' ? '}' : ']') : '}');
  --depth_;
  expects_key_ = false;
  if (in_resource_ && depth_ == 1) {
    pieces_.resource(resource_, resource_line_, nullptr);
    in_resource_ = false;
    return;
  }
  if (in_resource_ && depth_ == 3 && bracket_[1] == '{') {
    in_resource_ = false;
    resource_waits_ = true;
    return;
  }
  if (in_resource_) return;
  if (depth_ == 2 && bracket_[1] == '{' && bracket_[3] == '{' && key_[1] == "entry") end_entry();
  if (depth_ == 0) end_document();
}

void DocumentSplitter::end_entry() {
  const BundleEntry entry{.full_url = full_url_,
                          .type = type_,
                          .id = id_,
                          .method = method_,
                          .request_url = request_url_,
                          .search_mode = search_mode_,
                          .bundle_type = bundle_type_,
                          .line = entry_line_,
                          .has_resource = resource_waits_};
  pieces_.entry(entry);
  if (resource_waits_) pieces_.resource(resource_, resource_line_, &entry);
  resource_waits_ = false;
}

void DocumentSplitter::end_document() {
  if (has_entries_) pieces_.bundle_end(bundle_type_);
  if (has_resources_) {
    pieces_.shell(shell_, document_line_);
  } else if (!shell_.empty()) {
    pieces_.resource(shell_, document_line_, nullptr);
  }
  shell_.clear();
  has_resources_ = false;
  has_entries_ = false;
  scalar_document_ = false;
  bundle_type_.clear();
  for (std::string& key : key_) key.clear();
}

void DocumentSplitter::byte(char c) {
  if (depth_ == 0) {
    if (scalar_document_) {
      if (c == '\n') {
        end_document();
      } else {
        keep(c);
      }
      return;
    }
    if (is_ascii_space(c)) return;
    document_line_ = line_;
    if (c != '{' && c != '[') {
      scalar_document_ = true;
      keep(c);
      return;
    }
  }
  switch (c) {
    case '{':
    case '[':
      open(c);
      return;
    case '}':
    case ']':
      // A bracket that does not fit is kept as it is: the reader of the piece will name it.
      if (depth_ <= depths && bracket_[depth_] != (c == '}' ? '{' : '[')) {
        keep(c);
        return;
      }
      if (depth_ > depths) {
        keep(c);
        --depth_;
        expects_key_ = false;
        return;
      }
      close();
      return;
    case '"':
      in_string_ = true;
      token_.clear();
      break;
    case ',':
      expects_key_ = depth_ <= depths && bracket_[depth_] == '{';
      break;
    case ':':
      expects_key_ = false;
      break;
    default:
      break;
  }
  keep(c);
}

void DocumentSplitter::finish() {
  if (in_resource_ || resource_waits_) {
    pieces_.resource(resource_, resource_line_, nullptr);
    in_resource_ = false;
    resource_waits_ = false;
  }
  end_document();
}

}  // namespace etl::fhir

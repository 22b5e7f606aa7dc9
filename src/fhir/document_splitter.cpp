#include "fhir/document_splitter.hpp"

#include "base/error.hpp"

namespace etl::fhir {
namespace {

constexpr std::size_t longest_token = 2048;

bool is_space(char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; }

}  // namespace

void DocumentSplitter::keep(char c) {
  std::string& piece = in_resource_ ? resource_ : shell_;
  piece.push_back(c);
  if (piece.size() > max_piece_) {
    throw InputError("a resource is larger than " + std::to_string(max_piece_ >> 20U) + " MiB", {},
                     "raise --max-resource if this is meant");
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
  } else if (depth_ == 3 && key_[1] == "entry" && key_[3] == "fullUrl") {
    full_url_ = token_;
  } else if (depth_ == 4 && in_resource_ && key_[4] == "resourceType") {
    type_ = token_;
  } else if (depth_ == 4 && in_resource_ && key_[4] == "id") {
    id_ = token_;
  }
}

void DocumentSplitter::open(char c) {
  const bool entry_resource = c == '{' && depth_ == 3 && bracket_[1] == '{' && bracket_[2] == '[' &&
                              bracket_[3] == '{' && key_[1] == "entry" && key_[3] == "resource";
  if (entry_resource && !in_resource_) {
    keep('0');
    in_resource_ = true;
    has_resources_ = true;
    resource_.clear();
    resource_line_ = line_;
    type_.clear();
    id_.clear();
  }
  if (depth_ == 2 && key_[1] == "entry") {
    full_url_.clear();
    type_.clear();
    id_.clear();
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
  if (in_resource_ && depth_ == 3) {
    pieces_.resource(resource_, resource_line_);
    in_resource_ = false;
    return;
  }
  if (depth_ == 2 && key_[1] == "entry" && !full_url_.empty() && !type_.empty() && !id_.empty()) {
    pieces_.entry(full_url_, type_ + "/" + id_);
  }
  if (depth_ == 0) end_document();
}

void DocumentSplitter::end_document() {
  if (has_resources_) {
    pieces_.shell(shell_, document_line_);
  } else if (!shell_.empty()) {
    pieces_.resource(shell_, document_line_);
  }
  shell_.clear();
  has_resources_ = false;
  scalar_document_ = false;
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
    if (is_space(c)) return;
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
  if (in_resource_) {
    pieces_.resource(resource_, resource_line_);
    in_resource_ = false;
  }
  end_document();
}

}  // namespace etl::fhir

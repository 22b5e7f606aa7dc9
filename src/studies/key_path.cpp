#include "studies/key_path.hpp"

namespace etl::studies {
namespace {

/// Linux's NAME_MAX and PATH_MAX; the latter leaves room for the folder's own path.
constexpr std::size_t kLongestName = 255;
constexpr std::size_t kLongestPath = 3072;

std::string_view without_slashes(std::string_view text) {
  while (text.starts_with('/')) text.remove_prefix(1);
  while (text.ends_with('/')) text.remove_suffix(1);
  return text;
}

}  // namespace

bool is_folder_marker(std::string_view name) { return name.empty() || name.ends_with('/'); }

std::string_view refusal(std::string_view name) {
  if (name.find('\0') != std::string_view::npos) return "its name contains a NUL";
  if (name.find('\\') != std::string_view::npos)
    return "its name contains a backslash, which is a '/' on other systems";
  if (name.starts_with('/')) return "its name is an absolute path";
  if (name.size() > kLongestPath) return "its name is too long for a path";
  while (true) {
    const auto slash = name.find('/');
    const auto part = name.substr(0, slash);
    if (part.empty()) return "a folder in its name is empty";
    if (part == "." || part == "..") return "'.' or '..' in its name would lead to another folder";
    if (part.size() > kLongestName)
      return "a part of its name is longer than 255 bytes, the limit for the name of a file";
    if (part == kWorkFolder) return "its name is reserved for the folder in which a pull works";
    if (slash == std::string_view::npos) return {};
    name.remove_prefix(slash + 1);
  }
}

bool FileAndFolder::clashes(const std::string& name) {
  // Between "a" and "a/b" stand only names that begin with "a", so what is no beginning of this one never clashes
  // again.
  while (!earlier_.empty() && !name.starts_with(earlier_.back())) earlier_.pop_back();
  for (const auto& file : earlier_) {
    if (name.size() > file.size() && name[file.size()] == '/') return true;
  }
  earlier_.push_back(name);
  return false;
}

std::string join_prefix(std::string_view path, std::string_view prefix) {
  std::string joined;
  for (const auto part : {without_slashes(path), without_slashes(prefix)}) {
    if (!part.empty()) joined.append(part) += '/';
  }
  return joined;
}

}  // namespace etl::studies

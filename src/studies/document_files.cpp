#include "studies/document_files.hpp"

#include "studies/key_path.hpp"

namespace etl::studies {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kScheme = "file://";
constexpr std::string_view kOutput = "output/";

std::optional<std::uint64_t> size_of(const fs::path& path) {
  std::error_code error;
  if (!fs::is_regular_file(path, error)) return std::nullopt;
  const auto size = fs::file_size(path, error);
  return error ? std::nullopt : std::optional<std::uint64_t>(size);
}

std::string_view absolute_path(std::string_view address) {
  if (address.starts_with(kScheme)) address.remove_prefix(kScheme.size());
  return address.starts_with('/') ? address : std::string_view{};
}

void add_names(std::string_view address, std::vector<std::string>& names) {
  const auto name = relative_name(address);
  const auto add = [&](std::string_view one) {
    if (!is_folder_marker(one) && refusal(one).empty()) names.emplace_back(one);
  };
  if (name.starts_with(kOutput)) {
    add(name.substr(kOutput.size()));
  } else if (const auto at = name.find("/output/"); at != std::string_view::npos) {
    add(name.substr(at + 1 + kOutput.size()));  // the path that the file had where the metadata was made
  }
  add(name);
}

}  // namespace

std::string_view relative_name(std::string_view address) {
  if (address.starts_with(kScheme)) address.remove_prefix(kScheme.size());
  if (address.starts_with('/')) address.remove_prefix(1);
  if (address.starts_with("./")) address.remove_prefix(2);
  return address;
}

std::vector<std::string> names_in_output(const Document& document) {
  std::vector<std::string> names;
  for (const std::string* address : {&document.source_path, &document.url}) {
    if (!address->empty()) add_names(*address, names);
  }
  return names;
}

std::optional<std::uint64_t> size_on_disk(const Document& document, const DocumentPlaces& places) {
  for (const auto& name : names_in_output(document)) {
    for (const auto& folder : {places.output, places.output.parent_path(), places.study}) {
      if (const auto size = size_of(folder / name)) return size;
    }
  }
  for (const std::string* address : {&document.source_path, &document.url}) {
    if (const auto path = absolute_path(*address); !path.empty()) {
      if (const auto size = size_of(fs::path(path))) return size;
    }
  }
  return std::nullopt;
}

}  // namespace etl::studies

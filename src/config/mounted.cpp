#include "config/mounted.hpp"

#include <optional>
#include <system_error>

#include "base/error.hpp"
#include "base/file.hpp"

namespace etl::config {
namespace {

using Values = std::map<std::string, std::string, std::less<>>;

constexpr std::uint64_t kLimit = 1024 * 1024;  // what Kubernetes allows a secret

std::string without_end(std::string text) {
  text.erase(text.find_last_not_of(" \t\r\n") + 1);
  return text;
}

std::filesystem::path data_of(const std::filesystem::path& folder) {
  std::error_code none;
  const auto data = std::filesystem::canonical(folder / "..data", none);
  return none ? folder : data;
}

/// std::nullopt when a rotation took the folder away while it was read.
std::optional<Values> read(const std::filesystem::path& data) {
  Values values;
  std::error_code error;
  for (std::filesystem::directory_iterator entry(data, error), end; !error && entry != end; entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    std::error_code gone;
    if (name.starts_with('.') || !entry->is_regular_file(gone)) continue;
    auto text = read_file_if_there(entry->path(), kLimit);
    if (!text) return std::nullopt;
    values.emplace(name, without_end(*std::move(text)));
  }
  if (error == std::errc::no_such_file_or_directory || error == std::errc::not_a_directory) return Values{};
  if (error) throw UsageError("cannot read the mounted folder: " + error.message(), data.string());
  return values;
}

}  // namespace

Values read_mounted_folder(const std::filesystem::path& folder) {
  try {
    for (int attempt = 0; attempt < 5; ++attempt) {
      const auto data = data_of(folder);
      auto values = read(data);
      if (values && data_of(folder) == data) return *std::move(values);
    }
  } catch (const InputError& error) {
    throw UsageError(error.what(), error.where(), "let this user read the mounted secret");
  }
  throw UnavailableError("the mounted secret keeps changing while it is read", folder.string(), "run again");
}

}  // namespace etl::config

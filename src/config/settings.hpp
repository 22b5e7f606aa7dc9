#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "config/study_entry.hpp"

/// Settings: one value per key, and where it came from.
namespace etl::config {

struct Value {
  std::string text;
  std::string origin;   ///< "flag --threads", "environment PGHOST", "etl.yaml:3", "/creds/…/host", "default"
  bool secret = false;  ///< never shown: neither in output nor in an error
};

/// Where a value may come from; the first that has one wins.
enum class Layer { flag, environment, file, mounted, fallback };
inline constexpr std::size_t kLayers = 5;

/// One row of the table of everything that can be set (settings.cpp); `config show` and the manual print it.
struct Key {
  std::string_view name;         ///< as in etl.yaml, dots for nesting: "database.host"
  std::string_view environment;  ///< variable, or empty
  std::string_view flag;         ///< "--threads", or empty
  std::string_view fallback;     ///< default, or empty for none; `<creds>` stands for the value of `creds`
  std::string_view type;         ///< "FILE", "FOLDER", "URL", "URL|FILE", "N" or "MIB" (a whole number >= 1),
                          ///< "BYTES" ("10MB"), "YES|NO", "TEXT", "LIST" (texts separated by commas; in etl.yaml a
                          ///< list, too); in small letters: the words to choose from
  std::string_view help;
  bool secret = false;
  unsigned most = 0;  ///< the largest that a number may be; 0: any
};
[[nodiscard]] std::span<const Key> known_keys();
[[nodiscard]] const Key* find_key(std::string_view name);
/// The words that a type in small letters, "error|skip", lets choose from; none for other types.
[[nodiscard]] std::vector<std::string_view> choices(std::string_view type);

/// The value as it may be shown: `***` for a secret; an address without user, password and query.
[[nodiscard]] std::string shown(const Value& value);

/// Looks up an environment variable; std::nullopt when it is not set. Tests pass their own.
using Environment = std::function<std::optional<std::string>(std::string_view)>;
[[nodiscard]] Environment process_environment();

struct EtlYaml;

class Settings {
 public:
  /// A value for a known key (InternalError otherwise). A later call in the same layer wins.
  void set(std::string_view key, std::string value, std::string origin, Layer layer = Layer::flag);

  /// Fills every layer below the flags: environment, etl.yaml, mounted secrets. Flags must be set before,
  /// since `creds` and `etl_yaml` say where to look. Throws UsageError with file:line for what etl.yaml
  /// should not hold, or when a file that was named is not there.
  void load(const Environment& environment = process_environment());

  /// All that load() found, found anew: files and mounted secrets may have changed.
  void reload(const Environment& environment = process_environment());

  [[nodiscard]] std::optional<Value> get(std::string_view key) const;
  /// The value, or a UsageError that names the flag, the variable and the key that would set it.
  [[nodiscard]] std::string require(std::string_view key) const;
  /// The value as a whole number from 1 to what the table says; UsageError with the origin when it is none.
  [[nodiscard]] unsigned number(std::string_view key) const;
  /// A yes/no setting (yes, no, true, false); UsageError with the origin when it is neither.
  [[nodiscard]] bool flag(std::string_view key) const;
  /// One of the words that the table lists; UsageError with the origin when it is another.
  [[nodiscard]] std::string choice(std::string_view key) const;
  /// The value as bytes: "500kB", "10MB", "64MiB"; UsageError with the origin when it is none.
  [[nodiscard]] std::uint64_t bytes(std::string_view key) const;
  /// Every value is of its type; UsageError for the first that is not. (The database's are left to libpq.)
  void check() const;
  /// The layer that get() answers from.
  [[nodiscard]] std::optional<Layer> layer_of(std::string_view key) const;

  /// Whether the value comes from an etl.yaml that nobody named and that was found in the working directory. Such a
  /// file must not decide where secrets go.
  [[nodiscard]] bool from_found_file(std::string_view key) const;
  /// What load() has to tell the user, such as an etl.yaml that was not used, and why.
  [[nodiscard]] const std::vector<std::string>& warnings() const { return warnings_; }
  /// Which etl.yaml in the working directory is not used, and why; empty when there is none.
  [[nodiscard]] const std::string& unused_file() const { return unused_file_; }

  /// The studies of etl.yaml, in the file's order, enabled or not; none before load().
  [[nodiscard]] const std::vector<StudyEntry>& studies() const { return studies_; }

 private:
  void load_environment(const Environment& environment);
  void load_mounted(const Environment& environment);
  void load_file(const Environment& environment);
  [[nodiscard]] bool take_found_file(const Environment& environment);
  void take(EtlYaml found, const std::filesystem::path& file);

  std::array<std::map<std::string, Value, std::less<>>, kLayers> layers_;
  std::vector<StudyEntry> studies_;
  bool found_file_ = false;
  std::vector<std::string> warnings_;
  std::string unused_file_;
};

}  // namespace etl::config

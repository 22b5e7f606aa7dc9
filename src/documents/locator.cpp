#include "documents/locator.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <optional>
#include <system_error>

#include "base/errno_text.hpp"
#include "base/error.hpp"
#include "base/exhausted.hpp"
#include "base/path_within.hpp"
#include "documents/names.hpp"

namespace etl::documents {
namespace {

namespace fs = std::filesystem;

std::int64_t mtime_of(const struct stat& about) {
  constexpr std::int64_t second = 1'000'000'000;
  return about.st_mtim.tv_sec * second + about.st_mtim.tv_nsec;
}

/// Is `path` the folder, or below it? Both relative, with '/'.
bool name_lies_in(std::string_view path, std::string_view folder) {
  return path.starts_with(folder) && (path.size() == folder.size() || path[folder.size()] == '/');
}

constexpr const char* kGuarded = "credentials or the state of this program are kept there";

}  // namespace

Locator::Locator(const Places& places) : output_named_(places.output_named) {
  for (const fs::path& path : places.guarded) {
    Guarded guarded{.path = path};
    struct stat about {};
    if (::stat(path.c_str(), &about) == 0) {
      guarded.device = about.st_dev;
      guarded.inode = about.st_ino;
    }
    guarded_.push_back(std::move(guarded));
  }
  add_root(places.output, places, places.narrowed, false);
  if (!places.study.empty()) add_root(places.study, places, {}, true);
}

void Locator::add_root(const fs::path& folder, const Places& places, const std::string& below, bool is_study) {
  auto root = std::make_unique<Root>(Root{.folder = RootFolder(folder / below), .rules = {}, .inside = {}});
  if (!root->folder.opened()) {
    if (places.output_named && !is_study) {
      throw UsageError("cannot open the folder of the study's files: " + errno_text(errno), folder.string(),
                       "name an existing folder with --source");
    }
    return;  // a study may have no files at all; each file that is missing will be reported
  }
  if (!below.empty()) {
    root->inside = below + '/';
    // Another study's link must not widen this one's folder.
    const RootFolder whole(folder);
    const auto where = root->folder.path().lexically_relative(whole.path()).string();
    const bool outside = !whole.opened() || !lies_in(root->folder.path(), whole.path());
    if (outside || std::ranges::any_of(places.foreign, [&](const auto& other) { return name_lies_in(where, other); })) {
      throw UsageError(fmt::format("the study's folder leads {}: {}",
                                   outside ? "out of the output folder" : "into another study's folder", below),
                       folder.string(), "check the study's `output` in etl.yaml, and the symbolic links there");
    }
  }
  root->is_study = is_study;
  const fs::path& real = root->folder.path();
  for (const Guarded& guarded : guarded_) {
    if (lies_in(real, guarded.path)) {
      throw UsageError("files of a study are not read from here: credentials or state are kept in this folder",
                       real.string(),
                       fmt::format("they are in {}: keep files in another folder", guarded.path.string()));
    }
  }
  std::vector<std::string> foreign;
  if (!is_study && !places.output_named) {
    for (const std::string& name : places.foreign) {
      if (below.empty()) {
        foreign.push_back(name);
      } else if (name.starts_with(root->inside)) {
        foreign.push_back(name.substr(root->inside.size()));
      }
    }
  }
  root->rules.refuse = [this, real, foreign](const std::string& path, const struct stat& about) -> std::string {
    for (const std::string& other : foreign) {
      if (name_lies_in(path, other)) return fmt::format("it belongs to another study, {}", other);
    }
    return why_guarded(real / path, about);
  };
  roots_.push_back(std::move(root));
}

std::string Locator::why_guarded(const fs::path& path, const struct stat& about) const {
  for (const Guarded& guarded : guarded_) {
    const bool same = guarded.inode != 0 && guarded.inode == about.st_ino && guarded.device == about.st_dev;
    if (same || lies_in(path, guarded.path)) return kGuarded;
  }
  return {};
}

/// The candidates of one reference, one after the other.
class Locator::Search {
 public:
  explicit Search(const Locator& locator) : locator_(locator) {}

  std::optional<Location> look(const std::string& address) {
    const auto names = names_in_output(address);
    for (std::size_t number = 0; number < locator_.roots_.size(); ++number) {
      const Root& root = *locator_.roots_[number];
      for (const auto& name : candidates(root, address, names)) {
        if (auto found = look_in(number, root, name)) return found;
      }
    }
    return std::nullopt;
  }

  /// Nothing was found: the reason that says most.
  [[noreturn]] void give_up(const Reference& reference) const {
    if (!reason_.empty()) throw InputError(reason_);
    const std::string& address = reference.source_path.empty() ? reference.url : reference.source_path;
    throw InputError(fmt::format("the file does not exist: there is no {} in the study's folders", name_of(address)));
  }

 private:
  /// `names` go from the likeliest on; a folder that the user named is taken as the one that the whole name is below.
  std::vector<std::string> candidates(const Root& root, const std::string& address,
                                      const std::vector<std::string>& names) const {
    std::vector<std::string> out;
    const auto add = [&](std::string name) {
      if (std::ranges::find(out, name) == out.end()) out.push_back(std::move(name));
    };
    const std::string real = root.folder.path().native() + '/';
    for (const std::string& spelled : {"/" + name_of(address), "/" + raw_name_of(address)}) {
      // An absolute path of this machine that lies in the root; names lost their first '/'.
      const std::string_view whole = spelled.starts_with("//") ? std::string_view(spelled).substr(1) : spelled;
      if (!whole.starts_with(real)) continue;
      auto name = std::string(whole.substr(real.size()));
      if (refusal_of_name(name).empty()) add(std::move(name));
    }
    auto ordered = names;
    if (root.is_study || locator_.output_named_) {
      std::ranges::stable_sort(ordered, {}, [](const auto& name) { return name.starts_with("output/") ? 0 : 1; });
    }
    for (const std::string& name : ordered) {
      if (!root.inside.empty() && name.starts_with(root.inside)) add(name.substr(root.inside.size()));
      add(name);
    }
    return out;
  }

  std::optional<Location> look_in(std::size_t number, const Root& root, const std::string& name) {
    const Entry entry = root.folder.find(name, root.rules);
    switch (entry.status) {
      case Entry::Status::found:
        break;
      case Entry::Status::absent:
      case Entry::Status::not_folder:
        return std::nullopt;
      case Entry::Status::leads_out:
        note(fmt::format("a symbolic link leads out of the study's folders: {}", name));
        return std::nullopt;
      case Entry::Status::refused:
        note(fmt::format("this user may not read the file: {}: {}", entry.reason, name));
        return std::nullopt;
      case Entry::Status::failed:
        refuse_if_exhausted(entry.error, name);
        if (entry.error != ENAMETOOLONG) {
          note(fmt::format("the file cannot be read: {}: {}", errno_text(entry.error), name));
        }
        return std::nullopt;
    }
    if (!S_ISREG(entry.about.st_mode)) {
      note(fmt::format("it is not a regular file: {}", name));
      return std::nullopt;
    }
    if (!open_regular(entry)) {
      refuse_if_exhausted(errno, name);
      note(fmt::format("the file cannot be read: {}: {}", errno_text(errno), name));
      return std::nullopt;
    }
    return Location{.root = number,
                    .name = entry.path,
                    .device = entry.about.st_dev,
                    .inode = entry.about.st_ino,
                    .size = static_cast<std::uint64_t>(entry.about.st_size),
                    .mtime_ns = mtime_of(entry.about)};
  }

  /// Of several candidates the first that was there and could not be taken.
  void note(std::string reason) {
    if (reason_.empty()) reason_ = std::move(reason);
  }

  const Locator& locator_;
  std::string reason_;
};

Location Locator::locate(const Reference& reference) const {
  Search search(*this);
  for (const std::string* address : {&reference.source_path, &reference.url}) {
    if (address->empty() || kind_of(*address) == AddressKind::elsewhere) continue;
    std::string name = name_of(*address);
    if (address == &reference.source_path) {
      while (name.starts_with('/')) name.erase(0, 1);  // an absolute path is fine where it leads below a root
    }
    if (const auto why = refusal_of_name(name); !why.empty()) {
      throw InputError(fmt::format("{}: {}", why, name));
    }
    if (const auto found = search.look(*address)) return *found;
  }
  search.give_up(reference);
}

UniqueFd Locator::open(const Location& location) const {
  const Root& root = *roots_.at(location.root);
  const Entry entry = root.folder.find(location.name, root.rules);
  const bool same = entry.status == Entry::Status::found && entry.about.st_dev == location.device &&
                    entry.about.st_ino == location.inode && mtime_of(entry.about) == location.mtime_ns &&
                    static_cast<std::uint64_t>(entry.about.st_size) == location.size;
  if (same) {
    if (UniqueFd file = open_regular(entry)) return file;
    refuse_if_exhausted(errno, path_of(location));
    if (errno != ESTALE) throw InputError("cannot open the file: " + errno_text(errno), path_of(location));
  }
  throw InputError("the file changed after it was found", path_of(location), "run again when nothing writes to it");
}

std::string Locator::path_of(const Location& location) const {
  return (roots_.at(location.root)->folder.path() / location.name).string();
}

}  // namespace etl::documents

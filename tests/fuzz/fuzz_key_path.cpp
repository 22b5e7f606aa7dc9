// The keys of a bucket's objects as paths below a folder. Each line of the input is a key, or all of it is one.

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>

#include "properties.hpp"
#include "studies/key_path.hpp"

namespace {

using namespace etl;
namespace fs = std::filesystem;
using fuzz::require;

/// A folder that is removed at the end.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string name = (fs::temp_directory_path() / "aced-etl-fuzz-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary folder");
    path_ = fs::canonical(name);
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  [[nodiscard]] const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

void stays_below(const std::string& name) {
  const fs::path folder = "/data/study";
  const fs::path path = folder / name;
  require(path.lexically_normal() == path, "another path than the key's: " + name);
  require(path.string().starts_with("/data/study/"), "a path outside of the folder: " + name);
  for (const fs::path& part : fs::path(name)) {
    require(!part.empty() && part != "." && part != "..", "a part that is no name: " + name);
    require(part != studies::kWorkFolder, "the folder of a pull: " + name);
  }
}

/// Makes the file, and looks where it is.
void is_made_below(const std::string& name) {
  static const TemporaryFolder outer;
  const fs::path folder = outer.path() / "folder";
  const fs::path path = folder / name;
  std::error_code error;
  fs::create_directories(path.parent_path(), error);
  require(!error, "a name that cannot be made: " + name + ": " + error.message());
  std::ofstream(path) << 'x';
  const fs::path real = fs::canonical(path, error);
  require(!error, "a file under another name: " + name + ": " + error.message());
  require(real.string().starts_with(folder.string() + '/'), "a file outside of the folder: " + name);
  require(std::distance(fs::directory_iterator(outer.path()), fs::directory_iterator()) == 1,
          "another folder: " + name);
  fs::remove_all(folder);
}

void clashes(const std::set<std::string>& names) {
  studies::FileAndFolder told;
  std::set<std::string> files;
  for (const std::string& name : names) {
    bool below_a_file = false;
    for (std::size_t slash = name.find('/'); slash != std::string::npos; slash = name.find('/', slash + 1)) {
      below_a_file = below_a_file || files.contains(name.substr(0, slash));
    }
    require(told.clashes(name) == below_a_file, "a file and a folder of one name: " + name);
    if (!below_a_file) files.insert(name);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = fuzz::text_of(data, size);
  auto lines = fuzz::lines_of(text);
  lines.push_back(text);
  std::set<std::string> accepted;
  for (const std::string_view line : lines) {
    if (studies::is_folder_marker(line) || !studies::refusal(line).empty()) continue;
    const std::string name(line);
    stays_below(name);
    if (accepted.empty()) is_made_below(name);
    accepted.insert(name);
  }
  clashes(accepted);
  const std::string joined = studies::join_prefix(text, "study");
  require(joined.ends_with("study/") && !joined.starts_with('/'), "a prefix that is none: " + joined);
  return 0;
}

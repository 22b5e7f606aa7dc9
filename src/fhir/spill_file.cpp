#include "fhir/spill_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>

#include "base/errno_text.hpp"
#include "base/error.hpp"
#include "base/exhausted.hpp"

namespace etl::fhir {
namespace {

int temporary_file(const std::filesystem::path& folder) {
  int descriptor = ::open(folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
  if (descriptor < 0) {  // not every file system knows O_TMPFILE
    std::string name = (folder / "aced-etl-XXXXXX").string();
    descriptor = ::mkostemp(name.data(), O_CLOEXEC);
    if (descriptor >= 0) ::unlink(name.c_str());
  }
  if (descriptor < 0) {
    refuse_if_exhausted(errno, folder);
    throw UsageError(std::string("no temporary file can be made: ") + errno_text(errno), folder.string(),
                     "name a folder with room for it: --temp-dir or TMPDIR");
  }
  return descriptor;
}

}  // namespace

SpillFile::SpillFile(const std::filesystem::path& folder) : folder_(folder), descriptor_(temporary_file(folder)) {}

SpillFile::~SpillFile() { ::close(descriptor_); }

void SpillFile::append(const void* data, std::size_t size) {
  const auto* at = static_cast<const char*>(data);
  while (size > 0) {
    const ssize_t done = ::write(descriptor_, at, size);
    if (done < 0 && errno == EINTR) continue;
    if (done < 0) {
      refuse_if_exhausted(errno, folder_, size);
      throw UnavailableError(std::string("the temporary file cannot be written: ") + errno_text(errno),
                             folder_.string(), "check the disk, or name another folder: --temp-dir or TMPDIR");
    }
    at += done;
    size -= static_cast<std::size_t>(done);
    end_ += static_cast<std::size_t>(done);
  }
}

void SpillFile::read(void* data, std::size_t size, std::size_t offset) const {
  auto* at = static_cast<char*>(data);
  while (size > 0) {
    const ssize_t got = ::pread(descriptor_, at, size, static_cast<off_t>(offset));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) throw UnavailableError("the temporary file cannot be read back", {}, "check the disk behind TMPDIR");
    at += got;
    offset += static_cast<std::size_t>(got);
    size -= static_cast<std::size_t>(got);
  }
}

}  // namespace etl::fhir

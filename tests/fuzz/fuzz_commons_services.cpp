// What sheepdog and metadata-service answer. The first line of the input names the call.

#include "canned_commons.hpp"
#include "gen3/metadata.hpp"
#include "gen3/sheepdog.hpp"

namespace {

using namespace etl;

void call(gen3::Session& session, std::string_view name) {
  gen3::Sheepdog sheepdog(session);
  gen3::MetadataService metadata(session);
  if (name == "programs") {
    static_cast<void>(sheepdog.programs());
  } else if (name == "projects") {
    static_cast<void>(sheepdog.projects("program"));
  } else if (name == "make") {
    sheepdog.make_program("program");
    sheepdog.make_project({"program", "code"});
  } else if (name == "unmake") {
    static_cast<void>(sheepdog.remove_project({"program", "code"}));
    static_cast<void>(sheepdog.remove_program("program"));
  } else if (name == "document") {
    static_cast<void>(metadata.get("7d0c1b7c-3f44-5d6c-8a3c-0f1a3e5b7c9d"));
    static_cast<void>(metadata.create("7d0c1b7c-3f44-5d6c-8a3c-0f1a3e5b7c9d", {{"a", 1}}));
  } else {
    metadata.list("type", [](const std::string&, const nlohmann::json&) {});
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::ask_the_commons(fuzz::text_of(data, size), {"/api/v0/submission", "/mds/metadata"}, call);
  return 0;
}

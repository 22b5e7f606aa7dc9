// What indexd answers. The first line of the input names the call.

#include "canned_commons.hpp"
#include "gen3/indexd.hpp"

namespace {

using namespace etl;

gen3::FileRecord wanted() {
  gen3::FileRecord record;
  record.did = "dg.1234/7d0c1b7c-3f44-5d6c-8a3c-0f1a3e5b7c9d";
  record.size = 5;
  record.hashes = {{"md5", "d41d8cd98f00b204e9800998ecf8427e"}};
  record.urls = {"s3://bucket/key"};
  record.authz = {"/programs/p/projects/c"};
  record.file_name = "a.txt";
  return record;
}

void call(gen3::Session& session, std::string_view name) {
  gen3::Indexd indexd(session);
  const gen3::FileRecord record = wanted();
  if (name == "get") {
    static_cast<void>(indexd.get(record.did));
  } else if (name == "create") {
    static_cast<void>(indexd.create(record));
  } else if (name == "update") {
    static_cast<void>(indexd.update(record.did, "0a1b2c3d", record));
  } else if (name == "remove") {
    static_cast<void>(indexd.remove(record.did, "0a1b2c3d"));
  } else if (name == "bulk") {
    static_cast<void>(indexd.bulk({record.did}));
  } else {
    // What is done with a record that a service listed: it is looked at, and removed by the names that it gave.
    std::vector<gen3::FileRecord> listed;
    indexd.list("/programs/p/projects/c", [&](const gen3::FileRecord& one) { listed.push_back(one); });
    for (const gen3::FileRecord& one : listed) {
      static_cast<void>(gen3::difference(record, one));
      static_cast<void>(fuzz::refusal_of([&] { static_cast<void>(indexd.remove(one.did, one.rev)); }));
      if (fuzz::sent().size() > fuzz::answers() + 2) break;
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::ask_the_commons(fuzz::text_of(data, size), {"/index/index", "/index/bulk/documents"}, call);
  return 0;
}

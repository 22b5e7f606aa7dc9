// What a search server, and guppy, answer. The first line of the input names the call; the answers follow.

#include <map>
#include <nlohmann/json.hpp>

#include "canned_http.hpp"
#include "properties.hpp"
#include "search/array_config.hpp"
#include "search/bulk_sender.hpp"
#include "search/generations.hpp"
#include "search/guppy.hpp"
#include "search/mapping.hpp"
#include "search/raw_document.hpp"
#include "search/scroll.hpp"
#include "search/shared_alias.hpp"
#include "search/shared_index.hpp"

namespace {

using namespace etl;
using nlohmann::json;

const ProjectId kProject = ProjectId::parse("aced-Alpha");

/// Every document is taken or refused once, whatever the answers say; nothing waits, since nothing is tried for long.
void bulk(search::Server& server, bool create) {
  constexpr std::uint64_t documents = 4;
  search::BulkOptions options;
  options.connections = 1;
  options.retry_time = std::chrono::seconds(0);
  std::map<std::string, int> refused;
  search::BulkSender sender(server, options, [&](const search::RejectedDocument& rejected) {
    ++refused[rejected.id];
    fuzz::require_no_secret(secrets::redact(rejected.reason));
  });
  for (std::uint64_t n = 0; n < documents; ++n) {
    sender.add("index", "id" + std::to_string(n), R"({"a":1})",
               create ? search::IfThere::refuse : search::IfThere::replace);
  }
  sender.finish();
  fuzz::require(sender.sent() + sender.rejected() == documents, "documents that were neither taken nor refused");
  fuzz::require(refused.size() == sender.rejected(), "a document that was refused twice, or has lost its id");
}

void indexes(search::Server& server) {
  const auto all = search::read_indexes(server, "prefix_*");
  static_cast<void>(search::generations_of(all, "patient", kProject));
  std::vector<const search::Index*> known;
  for (const search::Index& index : all) {
    known.push_back(&index);
    static_cast<void>(search::type_of_shared(index, "prefix"));
    for (const auto& [alias, options] : index.aliases) {
      const auto hidden = search::action_to_hide(index, alias, kProject);
      // What was hidden can be shown again, and is hidden no more.
      if (!hidden) continue;
      search::Index then = index;
      then.aliases[alias] = (*hidden)["add"];
      fuzz::require(!search::action_to_hide(then, alias, kProject), "a project that stays to be hidden");
      const auto shown = search::action_to_show(then, alias, kProject);
      fuzz::require(shown.has_value(), "a hidden project that counts as shown");
      then.aliases[alias] = (*shown)["add"];
      fuzz::require(!search::action_to_show(then, alias, kProject), "a project that stays hidden");
    }
  }
  const search::DocumentType type{
      .name = "patient", .aliases = {"patient"}, .properties = {{"a", {{"type", "keyword"}}}}};
  const search::UnionMapping plan = search::plan_fields(server, known, type);
  for (const search::Index* index : known) {
    search::UnionMapping after;
    after.add_existing(search::properties_of(index->mapping), index->name);
    after.add_existing(plan.missing_in(search::properties_of(index->mapping)), "plan");
    for (const auto& [name, field] : plan.properties.items()) {
      fuzz::require(after.properties.contains(name), "a field that an index still lacks: " + name);
    }
  }
}

void hits(search::Server& server) {
  search::scroll(server, "read", "index", {{"size", 2}}, [&](const std::string& answer) -> std::uint64_t {
    std::uint64_t count = 0;
    search::each_hit(answer, [&](const search::Hit& hit) {
      ++count;
      std::string type;
      const std::string text = search::resource_text(hit.source, type);
      // What is put again is what was read.
      std::string again_type;
      const std::string stored = search::stored_text(text, "/programs/a/projects/b", {});
      fuzz::require(search::resource_text(stored, again_type) == text, "a resource that changes on its way");
      fuzz::require(type == again_type, "a type that changes on its way");
    });
    return fuzz::sent().size() > fuzz::answers() ? 0 : count;
  });
}

void call(search::Server& server, std::string_view name) {
  search::Index index;
  index.name = "prefix_patient_0";
  index.mapping = {{"properties", {{"project_id", {{"type", "keyword"}}}}}};
  if (name == "bulk" || name == "create") {
    bulk(server, name == "create");
  } else if (name == "indexes") {
    indexes(server);
  } else if (name == "hits") {
    hits(server);
  } else if (name == "count") {
    static_cast<void>(search::count_documents(server, "index"));
  } else if (name == "fingerprint") {
    static_cast<void>(search::fingerprint(server, index, kProject));
  } else if (name == "note") {
    static_cast<void>(search::read_note(server, "prefix", "patient", kProject));
  } else if (name == "remove") {
    search::remove_documents(server, "index", search::query_of_project(index, kProject));
  } else if (name == "array-config") {
    search::write_array_config(server, "prefix", "patient", {"patient"}, {"identifier"});
  } else if (name == "guppy") {
    search::Guppy guppy("https://commons.example.org/guppy", {});
    static_cast<void>(search::gaps_of(guppy, {{.name = "patient", .fields = {"id", "gender"}}}));
    guppy.refresh(std::string(fuzz::kSecret));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view text = fuzz::text_of(data, size);
  if (fuzz::holds_secret(text)) return 0;
  const std::string_view name = fuzz::take_field(text);
  fuzz::set_answers("200\n\n{\"version\":{\"number\":\"2.19.1\",\"distribution\":\"opensearch\"}}\n%%\n" +
                    std::string(text));
  static_cast<void>(fuzz::refusal_of([&] {
    search::Server server(
        {.url = "https://search.example.org", .authorization = "ApiKey " + std::string(fuzz::kSecret), .ca_file = {}});
    call(server, name);
  }));
  for (const std::string& request : fuzz::sent()) fuzz::require_no_secret(request);
  return 0;
}

#include "search/shared_index_load.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <functional>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/bounded_json.hpp"
#include "base/counted.hpp"
#include "base/error.hpp"
#include "base/log.hpp"
#include "base/text.hpp"
#include "search/array_config.hpp"
#include "search/generations.hpp"
#include "search/held_ids.hpp"
#include "search/json_member.hpp"
#include "search/mapping.hpp"
#include "search/scroll.hpp"
#include "search/shared_alias.hpp"
#include "search/shared_index.hpp"

namespace etl::search {
namespace {

using nlohmann::json;

constexpr int kIdsInPage = 5'000;
/// Ids in one request that removes documents.
constexpr std::size_t kRemovedAtOnce = 5'000;
/// A reader of an index that lost its alias may still scroll through it for so long.
constexpr std::int64_t kLastReader = 60;

std::int64_t unix_seconds() {
  return std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch()).count();
}

void each_id(Server& server, const Index& index, const json& query,
             const std::function<void(const std::string&)>& take) {
  const json search{{"size", kIdsInPage}, {"_source", false}, {"query", query}, {"sort", {"_doc"}}};
  const std::string what = "read the ids of " + index.name;
  scroll(server, what, index.name, search, [&](const std::string& answer) -> std::uint64_t {
    const json page = try_parse_json(answer);
    if (member(page, json::json_pointer("/_shards/failed"), 1L) != 0) {
      throw UnavailableError(what + ": a shard did not answer", net::without_query(server.url()), "run again");
    }
    const json hits = member(page, json::json_pointer("/hits/hits"), json::array());
    for (const json& hit : hits) take(text_member(hit, "_id"));
    return hits.size();
  });
}

}  // namespace

/// One type while it is loaded.
struct SharedIndexLoad::Target {
  DocumentType type;
  Index shared;  ///< as the server has it, or as it is to be
  bool exists = false;
  std::vector<Index> behind;  ///< all indexes with the alias, and the shared one
  Generations own;            ///< indexes of the project alone, from loads in the other layout
  UnionMapping mapping;
  HeldIds held;
  std::atomic<std::uint64_t> added{0};
  TypeReport report;

  [[nodiscard]] const std::string& alias() const { return type.aliases.front(); }
};

SharedIndexLoad::SharedIndexLoad(Server& server, LoadRequest request) : server_(server), request_(std::move(request)) {
  check_prefix(request_.prefix);
  if (!request_.dry_run) lock_.emplace(server_, request_.state_dir, request_.prefix, request_.what, request_.project);
  for (const DocumentType& type : request_.types) {
    auto target = std::make_unique<Target>();
    target->type = type;
    target->report.type = type.name;
    target->report.index = shared_index_name(request_.prefix, type.name);
    targets_.push_back(std::move(target));
  }
  look();
}

SharedIndexLoad::~SharedIndexLoad() = default;

void SharedIndexLoad::describe(std::string digest, std::vector<DocumentType> types) {
  request_.digest = std::move(digest);
  for (std::size_t n = 0; n < targets_.size(); ++n) targets_[n]->type = types.at(n);
}

/// Reads what the server has of all types.
void SharedIndexLoad::look() {
  std::string pattern = request_.prefix + "_*";
  for (const auto& target : targets_) {
    for (const std::string& alias : target->type.aliases) pattern += "," + alias;
  }
  const auto all = read_indexes(server_, pattern);
  for (const auto& target : targets_) {
    target->own = generations_of(all, target->type.name, request_.project);
    target->shared = {};
    target->shared.name = target->report.index;
    target->behind.clear();
    target->exists = false;
    const Index* other = nullptr;
    for (const Index& index : all) {
      if (std::ranges::find(target->type.aliases, index.name) != target->type.aliases.end())
        refuse_alias_name(server_, index);
      const bool is_shared = index.name == target->shared.name;
      if (is_shared) {
        target->shared = index;
        target->exists = true;
      }
      if (!index.has_alias(target->alias()) && !is_shared) continue;
      const bool is_own = index.meta && index.meta->project == request_.project.str();
      if (!is_own) target->behind.push_back(index);
      if (!index.meta && !is_shared) other = &index;
    }
    if (other != nullptr && !target->exists) {
      throw RefusedError(
          fmt::format("the alias {} is on {}, and there is no index {}", target->alias(), other->name,
                      target->shared.name),
          net::without_query(server_.url()),
          "set search.prefix to the first part of that index's name, or load with --layout-index project");
    }
  }
}

bool SharedIndexLoad::is_unchanged() {
  const bool by_source = request_.digest.empty();
  const std::string& wanted = by_source ? request_.source : request_.digest;
  if (request_.force || wanted.empty()) return false;
  std::vector<SharedNote> notes;
  for (const auto& target : targets_) {
    if (!target->exists || !target->shared.has_alias(target->alias()) || target->own.live(target->alias()) != nullptr)
      return false;
    const auto note = read_note(server_, request_.prefix, target->type.name, request_.project);
    if (!note || (by_source ? note->source : note->digest) != wanted || note->index != target->shared.name)
      return false;
    if (fingerprint(server_, target->shared, request_.project) != note->fingerprint) return false;
    target->report.before = target->report.after = note->fingerprint.documents;
    target->report.fields = names_of_fields(properties_of(target->shared.mapping));
    notes.push_back(*note);
  }
  // Another source gave the same documents: the next load knows it without making them.
  for (std::size_t n = 0; n < notes.size(); ++n) {
    if (by_source || request_.dry_run || request_.source.empty() || notes[n].source == request_.source) continue;
    notes[n].source = request_.source;
    write_note(server_, request_.prefix, targets_[n]->type.name, request_.project, notes[n]);
  }
  return !targets_.empty();
}

void SharedIndexLoad::begin() {
  for (const auto& target : targets_) {
    std::vector<const Index*> behind;
    for (const Index& index : target->behind) behind.push_back(&index);
    target->mapping = plan_fields(server_, behind, target->type);
    target->report.new_fields = target->mapping.fields_unknown_to(behind);
    target->report.fields = names_of_fields(target->mapping.properties);
  }
  for (const auto& target : targets_) {
    if (const Index* own = target->own.live(target->alias())) {
      target->report.before = count_documents(server_, own->name);
    } else if (target->exists) {
      target->report.before = fingerprint(server_, target->shared, request_.project).documents;
    }
  }
  rejects_.emplace(request_.reject_file);
  began_ = true;
  if (request_.dry_run) return;
  for (const auto& target : targets_) make_ready(*target);
  for (const auto& target : targets_) read_held_ids(*target);
  log::info(
      "the indexes are shared by all projects: until this load has ended, readers may see documents of this load "
      "and of the previous one");
  sender_.emplace(server_, request_.bulk, [this](const RejectedDocument& rejected) {
    RejectedDocument named = rejected;
    if (constexpr long there = 409; rejected.status == there) {
      named.reason = "another project's document has this id: " + rejected.reason;
    }
    rejects_->add(named);
  });
}

/// Creates the shared index, or gives it and all others behind the alias the fields that they lack. Its mapping becomes
/// static: a dynamic one would add fields of types that stop guppy.
void SharedIndexLoad::make_ready(Target& target) {
  drop_own_generations(target);
  if (!target.exists) {
    const std::uint64_t limit = std::max<std::uint64_t>(1000, count_fields(target.mapping.properties) + 100);
    create_index(server_, target.shared.name,
                 {{"index",
                   {{"number_of_shards", 1},
                    {"auto_expand_replicas", "0-1"},
                    {"mapping", {{"total_fields", {{"limit", limit}}}}}}}},
                 {{"dynamic", false}, {"properties", target.mapping.properties}});
    target.shared.mapping = {{"dynamic", false}, {"properties", target.mapping.properties}};
  }
  for (const Index& index : target.behind) {
    const json missing = target.mapping.missing_in(properties_of(index.mapping));
    if (!missing.empty()) put_mapping(server_, index.name, missing, member(index.mapping, "_meta", json()));
  }
  if (target.exists) make_static(server_, target.shared);
}

void SharedIndexLoad::read_held_ids(Target& target) {
  if (target.exists) {
    each_id(server_, target.shared, query_of_project(target.shared, request_.project),
            [&](const std::string& id) { target.held.add(id); });
  }
  target.held.seal();
}

void SharedIndexLoad::add(std::size_t type, std::string_view id, std::string_view document) {
  Target& target = *targets_[type];
  target.added.fetch_add(1, std::memory_order_relaxed);
  if (!sender_) return;
  sender_->add(target.shared.name, id, document, target.held.mark(id) ? IfThere::replace : IfThere::refuse);
}

void SharedIndexLoad::remove_what_left(Target& target) {
  if (target.held.left() == 0) return;
  const json query = query_of_project(target.shared, request_.project);
  // All ids are read before any document is removed, so that the scroll does not depend on what is removed.
  std::vector<std::vector<std::string>> batches(1);
  each_id(server_, target.shared, query, [&](const std::string& id) {
    if (!target.held.has_left(id)) return;
    if (batches.back().size() == kRemovedAtOnce) batches.emplace_back();
    batches.back().push_back(id);
  });
  for (const auto& batch : batches) {
    if (batch.empty()) continue;
    const json ids{{"ids", {{"values", batch}}}};
    remove_documents(server_, target.shared.name, {{"bool", {{"filter", json::array({query, ids})}}}});
  }
}

LoadReport SharedIndexLoad::finish() {
  LoadReport report;
  report.unchanged = !began_;
  if (!began_ || request_.dry_run) {
    for (const auto& target : targets_) {
      if (began_) {
        target->report.after = target->added;
        target->report.changed = true;
      }
      report.types.push_back(target->report);
    }
    return report;
  }
  sender_->finish();
  const char* const mixed = "readers see documents of this load and of the previous one until a load succeeds";
  if (const auto rejected = sender_->rejected(); rejected > 0) {
    throw RefusedError(fmt::format("the search server refused {} for good; the first: {}",
                                   counted(rejected, "document"), rejects_->first_reason()),
                       net::without_query(server_.url()),
                       fmt::format("all of them are in {}; {}", rejects_->path().string(), mixed));
  }
  lock_->confirm();
  for (const auto& target : targets_) {
    static_cast<void>(fingerprint(server_, target->shared, request_.project));  // refreshes
    remove_what_left(*target);
  }
  std::vector<Fingerprint> prints;
  for (const auto& target : targets_) {
    prints.push_back(fingerprint(server_, target->shared, request_.project));
    const std::uint64_t there = prints.back().documents;
    if (there == target->added) continue;
    throw RefusedError(fmt::format("{} holds {} of {} after {} were sent", target->shared.name,
                                   counted(there, "document"), request_.project.str(), human_count(target->added)),
                       net::without_query(server_.url()),
                       fmt::format("two documents with one id, an id that another project has, or another program that "
                                   "writes to this index are possible causes; {}",
                                   mixed));
  }
  for (const auto& target : targets_) {
    if (target->type.list_fields)
      write_array_config(server_, request_.prefix, target->type.name, target->type.aliases, *target->type.list_fields);
  }
  lock_->confirm();
  look();
  show();
  for (std::size_t n = 0; n < targets_.size(); ++n) {
    Target& target = *targets_[n];
    write_note(server_, request_.prefix, target.type.name, request_.project,
               {.index = target.shared.name,
                .digest = request_.digest,
                .source = request_.source,
                .fingerprint = prints[n],
                .loaded = unix_seconds()});
    target.report.after = target.added;
    target.report.changed = true;
    report.types.push_back(target.report);
  }
  return report;
}

/// One call for all types: the aliases are on the shared indexes, which no longer hide the project, and no longer on
/// indexes of the project alone.
void SharedIndexLoad::show() {
  json actions = json::array();
  for (const auto& target : targets_) {
    for (const std::string& alias : target->type.aliases) {
      for (const Index& index : target->own.indexes) {
        if (index.has_alias(alias)) actions.push_back({{"remove", {{"index", index.name}, {"alias", alias}}}});
      }
      if (const auto action = action_to_show(target->shared, alias, request_.project)) actions.push_back(*action);
    }
  }
  if (!actions.empty()) server_.post("let readers see the shared indexes", "/_aliases", {{"actions", actions}}, true);
}

/// Removes what earlier loads in the other layout have left, when no reader can use it any more.
void SharedIndexLoad::drop_own_generations(const Target& target) {
  if (target.own.live(target.alias()) != nullptr || target.own.indexes.empty()) return;
  const auto note = read_note(server_, request_.prefix, target.type.name, request_.project);
  if (!note || unix_seconds() - note->loaded < kLastReader) return;
  for (const Index& index : target.own.indexes) {
    if (index.aliases.empty()) remove_index(server_, index.name);
  }
}

}  // namespace etl::search

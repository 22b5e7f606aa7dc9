#include "search/project_load.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <set>
#include <utility>

#include "base/bounded_json.hpp"
#include "base/counted.hpp"
#include "base/error.hpp"
#include "base/log.hpp"
#include "base/text.hpp"
#include "base/uuid.hpp"
#include "net/backoff.hpp"
#include "net/encode.hpp"
#include "search/answer.hpp"
#include "search/array_config.hpp"
#include "search/json_member.hpp"
#include "search/shared_alias.hpp"

namespace etl::search {
namespace {

using nlohmann::json;

/// guppy's downloads scroll through an index for a minute at most after each page: an index that readers have just
/// left may still be read for so long.
constexpr std::int64_t kScroll = 60;

std::int64_t seconds_now() {
  return std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch()).count();
}

/// Is it the base of a name and a number?
bool is_numbered(std::string_view name, std::string_view base) {
  if (!name.starts_with(base) || name.size() == base.size()) return false;
  return std::ranges::all_of(name.substr(base.size()), [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace

/// One type while it is loaded.
struct ProjectLoad::Target {
  DocumentType type;
  std::string base;  ///< of its indexes' names
  Generations generations;
  std::string fresh;    ///< the index that is being filled; empty: none
  unsigned number = 0;  ///< the highest generation; of `fresh` once there is one
  UnionMapping mapping;
  std::atomic<std::uint64_t> added{0};
  bool keep_empty = false;  ///< without documents, but the alias would have no index otherwise
  TypeReport report;
  std::uint64_t shared_documents = 0;  ///< of this project, in indexes of other tools behind the alias

  [[nodiscard]] const std::string& alias() const { return type.aliases.front(); }
  [[nodiscard]] const Index* live() const { return generations.live(alias()); }
};

ProjectLoad::ProjectLoad(Server& server, LoadRequest request)
    : server_(server), request_(std::move(request)), token_(random_uuid()) {
  check_prefix(request_.prefix);
  if (!request_.dry_run) lock_.emplace(server_, request_.state_dir, request_.prefix, request_.what, request_.project);
  for (const DocumentType& type : request_.types) {
    auto target = std::make_unique<Target>();
    target->type = type;
    target->base = index_name_base(request_.prefix, type.name, request_.project);
    target->report.type = type.name;
    targets_.push_back(std::move(target));
  }
  look();
  // Also the numbers of indexes that are removed below: a request of a killed load that is still under way must not end
  // in an index of this one.
  for (const auto& target : targets_) {
    for (const Index& index : all_) {
      if (!is_numbered(index.name, target->base)) continue;
      const auto number = std::stoul(index.name.substr(target->base.size()).substr(0, 9));
      target->number = std::max(target->number, static_cast<unsigned>(number));
    }
  }
  if (!request_.dry_run) remove_orphans();
}

ProjectLoad::~ProjectLoad() { clean_up(); }

void ProjectLoad::describe(std::string digest, std::vector<DocumentType> types) {
  request_.digest = std::move(digest);
  request_.types = std::move(types);
  for (std::size_t n = 0; n < targets_.size(); ++n) targets_[n]->type = request_.types.at(n);
}

/// Reads what the server has of all types.
void ProjectLoad::look() {
  std::string pattern = request_.prefix + "_*";
  for (const auto& target : targets_) {
    for (const std::string& alias : target->type.aliases) pattern += "," + alias;
  }
  all_ = read_indexes(server_, pattern);
  for (const auto& target : targets_) {
    target->generations = generations_of(all_, target->type.name, request_.project);
    for (const Index& index : all_) {
      if (std::ranges::find(target->type.aliases, index.name) == target->type.aliases.end()) continue;
      refuse_alias_name(server_, index);
    }
  }
}

/// The indexes behind the alias that are not of this project.
std::vector<const Index*> ProjectLoad::siblings(std::size_t type) const {
  std::vector<const Index*> found;
  for (const Index& index : all_) {
    if (!index.has_alias(targets_[type]->alias())) continue;
    if (index.meta && index.meta->type == targets_[type]->type.name && index.meta->project == request_.project.str()) {
      continue;
    }
    found.push_back(&index);
  }
  return found;
}

/// What a load that was killed has left: indexes newer than the one that readers see, indexes without all documents,
/// and indexes without `_meta`, which the server makes by itself when a document arrives after its index was removed.
void ProjectLoad::remove_orphans() {
  bool removed = false;
  std::int64_t newest = -1;  // when the load that readers see was completed; -1: they see none
  for (const Index& index : all_) {
    if (!index.meta || index.meta->project != request_.project.str() || index.aliases.empty()) continue;
    if ((index.meta->type == "fhir") == (request_.what == "fhir")) newest = std::max(newest, index.meta->loaded);
  }
  for (const auto& target : targets_) {
    const Index* const live = target->live();
    for (const Index& index : all_) {
      if (index.name == (live != nullptr ? live->name : "") || !is_numbered(index.name, target->base)) continue;
      if (!index.aliases.empty()) continue;
      const bool of_project =
          index.meta && index.meta->project == request_.project.str() && index.meta->type == target->type.name;
      if (index.meta && !of_project) continue;
      // Without a live index the type had no documents in the last load, or there was none.
      const bool orphan = !index.meta || !index.meta->complete ||
                          (live != nullptr ? index.meta->generation > live->meta->generation
                                           : newest < 0 || index.meta->loaded > newest);
      if (!orphan) continue;
      log::info("removing {}, which an earlier load left unfinished or a rollback put aside", index.name);
      remove_index(server_, index.name);
      removed = true;
    }
  }
  if (removed) look();
}

bool ProjectLoad::is_unchanged() {
  const bool by_source = request_.digest.empty();
  const std::string& wanted = by_source ? request_.source : request_.digest;
  if (request_.force || wanted.empty()) return false;
  std::size_t live = 0;
  std::set<std::string, std::less<>> empty;
  for (const auto& target : targets_) {
    const Index* const index = target->live();
    if (index == nullptr) continue;
    if ((by_source ? index->meta->source : index->meta->digest) != wanted) return false;
    if (count_documents(server_, index->name) != index->meta->documents) return false;
    ++live;
    empty.insert(index->meta->empty.begin(), index->meta->empty.end());
    target->report.index = index->name;
    target->report.before = target->report.after = index->meta->documents;
    target->report.fields = names_of_fields(properties_of(index->mapping));
  }
  const bool unchanged = live > 0 && std::ranges::all_of(targets_, [&](const auto& target) {
                           return target->live() != nullptr || empty.contains(target->type.name);
                         });
  if (unchanged && !by_source && !request_.dry_run) note_source();
  return unchanged;
}

/// Another source gave the same documents: the next load knows it without making them.
void ProjectLoad::note_source() {
  for (const auto& target : targets_) {
    const Index* const index = target->live();
    if (index == nullptr || request_.source.empty() || index->meta->source == request_.source) continue;
    IndexMeta meta = *index->meta;
    meta.source = request_.source;
    put_mapping(server_, index->name, json::object(), meta.to_json());
  }
}

/// The fields that all indexes behind the alias are to have. Throws before anything is changed.
void ProjectLoad::plan_mapping(std::size_t type) {
  Target& target = *targets_[type];
  const auto others = siblings(type);
  target.mapping = plan_fields(server_, others, target.type);
  std::vector<const Index*> known = others;
  if (const Index* const live = target.live()) known.push_back(live);
  target.report.new_fields = target.mapping.fields_unknown_to(known);
  target.report.fields = names_of_fields(target.mapping.properties);
}

/// Gives every index behind the alias the fields that it lacks. `again`: another project's load may have added some in
/// the meantime.
void ProjectLoad::spread_mapping(std::size_t type, bool again) {
  Target& target = *targets_[type];
  std::vector<const Index*> indexes = siblings(type);
  if (again) {
    for (const Index* index : indexes) target.mapping.add_existing(properties_of(index->mapping), index->name);
    for (const Index& index : all_) {
      if (index.name == target.fresh) indexes.push_back(&index);
    }
  }
  for (const Index* index : indexes) {
    const json missing = target.mapping.missing_in(properties_of(index->mapping));
    if (missing.empty()) continue;
    put_mapping(server_, index->name, missing, member(index->mapping, "_meta", json()));
  }
}

void ProjectLoad::begin() {
  for (std::size_t n = 0; n < targets_.size(); ++n) plan_mapping(n);
  for (const auto& target : targets_) {
    if (const Index* const live = target->live()) {
      target->report.before = count_documents(server_, live->name);
      target->report.index = live->name;
    }
  }
  rejects_.emplace(request_.reject_file);
  began_ = true;
  if (request_.dry_run) return;
  drop_old(true);
  for (std::size_t n = 0; n < targets_.size(); ++n) spread_mapping(n, false);
  for (const auto& target : targets_) {
    ++target->number;
    target->fresh = target->base + std::to_string(target->number);
    const IndexMeta meta{.project = request_.project.str(),
                         .type = target->type.name,
                         .generation = target->number,
                         .load = token_,
                         .digest = {},
                         .source = {},
                         .documents = 0,
                         .complete = false,
                         .loaded = 0,
                         .empty = {}};
    const std::uint64_t limit = std::max<std::uint64_t>(1000, count_fields(target->mapping.properties) + 100);
    create_index(server_, target->fresh,
                 {{"index",
                   {{"number_of_shards", 1},
                    {"auto_expand_replicas", "0-1"},
                    {"refresh_interval", "-1"},
                    {"mapping", {{"total_fields", {{"limit", limit}}}}}}}},
                 {{"dynamic", false}, {"properties", target->mapping.properties}, {"_meta", meta.to_json()}});
  }
  sender_.emplace(server_, request_.bulk, [this](const RejectedDocument& rejected) { rejects_->add(rejected); });
}

void ProjectLoad::add(std::size_t type, std::string_view id, std::string_view document) {
  Target& target = *targets_[type];
  target.added.fetch_add(1, std::memory_order_relaxed);
  if (sender_) sender_->add(target.fresh, id, document);
}

void ProjectLoad::check_counts() {
  for (const auto& target : targets_) {
    refresh_index(server_, target->fresh);
    const std::uint64_t there = count_documents(server_, target->fresh);
    if (there == target->added) continue;
    throw RefusedError(
        fmt::format("{} holds {} after {} were sent", target->fresh, counted(there, "document"),
                    human_count(target->added)),
        net::without_query(server_.url()),
        "readers still see the previous load; two documents with one id, or another program that writes to this index, "
        "are possible causes");
  }
}

/// Notes that all documents are in the index. Before the swap: an index that readers see is always complete.
void ProjectLoad::complete(Target& target, const std::vector<std::string>& empty) {
  const IndexMeta meta{.project = request_.project.str(),
                       .type = target.type.name,
                       .generation = target.number,
                       .load = token_,
                       .digest = request_.digest,
                       .source = request_.source,
                       .documents = target.added,
                       .complete = true,
                       .loaded = seconds_now(),
                       .empty = empty};
  put_mapping(server_, target.fresh, json::object(), meta.to_json());
  server_.put("change the settings of " + target.fresh, fmt::format("/{}/_settings", net::path_segment(target.fresh)),
              {{"index", {{"refresh_interval", nullptr}}}});
}

LoadReport ProjectLoad::finish() {
  LoadReport report;
  if (!began_) {
    report.unchanged = true;
    for (const auto& target : targets_) report.types.push_back(target->report);
    return report;
  }
  if (request_.dry_run) {
    for (const auto& target : targets_) {
      target->report.after = target->added;
      target->report.changed = true;
      report.types.push_back(target->report);
    }
    return report;
  }
  sender_->finish();
  if (const auto rejected = sender_->rejected(); rejected > 0) {
    throw RefusedError(
        fmt::format("the search server refused {} for good; the first: {}", counted(rejected, "document"),
                    rejects_->first_reason()),
        net::without_query(server_.url()),
        fmt::format("all of them are in {}; readers still see the previous load", rejects_->path().string()));
  }
  check_counts();
  std::vector<std::string> empty;
  for (const auto& target : targets_) {
    if (target->added == 0) empty.push_back(target->type.name);
  }
  look();
  for (std::size_t n = 0; n < targets_.size(); ++n) {
    Target& target = *targets_[n];
    target.keep_empty = target.added == 0 && siblings(n).empty() && target.type.for_guppy;
    if (target.added == 0 && !target.keep_empty) {
      remove_index(server_, target.fresh);
      target.fresh.clear();
      continue;
    }
    complete(target, empty);
  }
  for (const auto& target : targets_) write_array_config(target->type);
  lock_->confirm();
  look();
  for (std::size_t n = 0; n < targets_.size(); ++n) spread_mapping(n, true);
  swap();
  swapped_ = true;
  look();
  for (std::size_t n = 0; n < targets_.size(); ++n) spread_mapping(n, true);
  drop_old(false);
  for (const auto& target : targets_) {
    target->report.index = target->fresh;
    target->report.after = target->added;
    target->report.changed = true;
    report.types.push_back(target->report);
  }
  return report;
}

void ProjectLoad::write_array_config(const DocumentType& type) {
  if (type.list_fields)
    search::write_array_config(server_, request_.prefix, type.name, type.aliases, *type.list_fields);
}

/// One call for all types: readers see all of the old indexes or all of the new ones.
void ProjectLoad::swap() {
  json actions = json::array();
  for (std::size_t n = 0; n < targets_.size(); ++n) {
    const Target& target = *targets_[n];
    for (const std::string& alias : target.type.aliases) {
      for (const Index& index : target.generations.indexes) {
        if (index.name != target.fresh && index.has_alias(alias)) {
          actions.push_back({{"remove", {{"index", index.name}, {"alias", alias}}}});
        }
      }
      if (!target.fresh.empty()) actions.push_back({{"add", {{"index", target.fresh}, {"alias", alias}}}});
      // The indexes of other tools hold many projects: they go on showing all but this one.
      for (const Index* index : siblings(n)) {
        if (index->meta || !index->has_alias(alias)) continue;
        if (const auto action = action_to_hide(*index, alias, request_.project)) actions.push_back(*action);
      }
    }
  }
  if (actions.empty()) return;
  const std::string what = "let readers see the new indexes";
  const json body{{"actions", actions}};
  std::string failure;
  try {
    const net::Response answer = server_.send("POST", "/_aliases", body.dump(), false);
    if (answer.ok()) return;
    if (answer.status < 500 && answer.status != 404) refuse(what, answer, server_.url() + "/_aliases");
    failure = fmt::format("HTTP {}", answer.status);
  } catch (const StoppedError&) {
    throw;
  } catch (const UnavailableError& error) {
    failure = error.what();
  }
  // The answer was lost or a proxy's: the change may have been made.
  if (is_swapped()) return;
  server_.post(what, "/_aliases", body, false);
}

bool ProjectLoad::is_swapped() {
  look();
  return std::ranges::all_of(targets_, [](const auto& target) {
    const Index* const live = target->live();
    return target->fresh.empty() ? live == nullptr : live != nullptr && live->name == target->fresh;
  });
}

/// Removes previous generations beyond `keep`. `before_load`: the one that readers see now will be a previous one.
void ProjectLoad::drop_old(bool before_load) {
  for (const auto& target : targets_) {
    const Index* const live = target->live();
    if (live == nullptr && before_load) continue;
    unsigned previous = before_load ? 1 : 0;
    std::int64_t left = seconds_now();  // when readers left the index
    if (live != nullptr) left = live->meta->loaded;
    for (auto index = target->generations.indexes.rbegin(); index != target->generations.indexes.rend(); ++index) {
      if (!index->aliases.empty() || index->name == target->fresh) continue;
      const std::int64_t left_then = std::exchange(left, index->meta->loaded);
      if (++previous <= request_.keep) continue;
      const std::int64_t wait = left_then + kScroll - seconds_now();
      if (wait > 0) {
        if (before_load || request_.keep > 0) continue;  // the next load removes it
        log::info("waiting {} s until no reader uses {} any more", wait, index->name);
        net::sleep_for(std::chrono::seconds(wait), server_.stop());
      }
      remove_index(server_, index->name);
    }
  }
}

void ProjectLoad::remove_previous() {
  for (const auto& target : targets_) {
    for (const Index& index : target->generations.indexes) {
      if (index.aliases.empty() && index.name != target->fresh) remove_index(server_, index.name);
    }
  }
}

void ProjectLoad::clean_up() noexcept {
  if (!sender_) return;
  sender_.reset();
  if (swapped_) return;
  for (const auto& target : targets_) {
    if (target->fresh.empty()) continue;
    try {
      // The call that swaps may have been made although its answer was lost: an index that readers see is not removed.
      const net::Response seen = server_.send_last("GET", fmt::format("/{}/_alias", net::path_segment(target->fresh)));
      const json aliases = try_parse_json(seen.body);
      if (!seen.ok() || aliases.is_discarded()) continue;
      const json::json_pointer at = json::json_pointer("/" + target->fresh + "/aliases");
      if (!aliases.contains(at) || !aliases[at].empty()) continue;
      static_cast<void>(server_.send_last("DELETE", "/" + net::path_segment(target->fresh)));
    } catch (const std::exception& error) {
      log::debug("{} is left for the next load to remove: {}", target->fresh, error.what());
    }
  }
}

}  // namespace etl::search

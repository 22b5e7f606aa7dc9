#include "fhir/deletions.hpp"

#include "fhir/json_text.hpp"
#include "fhir/resource_reference.hpp"

namespace etl::fhir {
namespace {

std::string plain(std::string_view raw) {
  std::string out(raw);
  if (check_escapes(raw).expected == nullptr) unescape(raw, out);
  return out;
}

}  // namespace

void BundleDeletions::change(std::string target, bool deletes) {
  const auto [at, fresh] = changes_.try_emplace(std::move(target));
  if (fresh) at->second.first_deletes = deletes;
  at->second.last_deletes = deletes;
}

void BundleDeletions::entry(const BundleEntry& entry) {
  if (entry.method == "DELETE") {
    std::string url = plain(entry.request_url);
    if (url.starts_with('/')) url.erase(0, 1);
    const ResourceReference target = resource_reference(url);
    if (target.form == ReferenceForm::relative || target.form == ReferenceForm::absolute) {
      change(std::string(target.target), true);
    } else {
      unnamed_.push_back(entry.line);
    }
    return;
  }
  // Large Bundles mostly put, and delete nothing: that must cost neither time nor memory.
  const bool history = entry.bundle_type == "history";
  if (!entry.has_resource || entry.type.empty() || (!history && changes_.empty())) return;
  std::string target(entry.type);
  target.append(1, '/').append(entry.effective_id());
  if (history || changes_.contains(target)) change(std::move(target), false);
}

void BundleDeletions::end(std::string_view type, std::uint32_t file, DeletionSink& sink) {
  for (const auto& [target, change] : changes_) {
    if (type == "history" ? change.first_deletes : change.last_deletes) sink.deleted(target);
  }
  for (const std::uint64_t line : unnamed_) sink.not_carried_out({file, line});
  changes_.clear();
  unnamed_.clear();
}

}  // namespace etl::fhir

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/project_id.hpp"
#include "discovery/study_summary.hpp"

/// The record of a project that the portal's discovery page shows: a document of metadata-service whose GUID is the
/// project's id, of the type `discovery_metadata`, with all that the page shows in its member `gen3_discovery`.
///
/// Some members are ours (own_members()), and of `tags` those of three categories. Everything else is curated: other
/// people and tools write it.
namespace etl::discovery {

/// What a record is to say of a project.
struct Description {
  ProjectId project;
  StudySummary study;
  std::string commons_url;             ///< host and port of the commons; empty: the member stays as it is
  std::optional<std::string> commons;  ///< the member `commons`; none: it stays as it is
  std::optional<std::string> commons_name;
  enum class Manifest : unsigned char { keep, write, remove } manifest = Manifest::keep;
};

/// A record with new values of our members.
struct Edited {
  std::string record;                ///< the whole document
  std::string members;               ///< of its top level, those that we write
  std::vector<std::string> changed;  ///< names of our members that differ from the record before
};

/// `record`: the document as the service has it; none: there is none. The values of curated members keep their text.
/// A title or description that the study does not have replaces none. RefusedError for a document that is no discovery
/// record, or whose `gen3_discovery` or `tags` have another shape than the page needs.
[[nodiscard]] Edited edit(const std::optional<std::string>& record, const Description& description);

/// What is curated in a record: names of members, `gen3_discovery.NAME` below it, and `tag CATEGORY: NAME`.
[[nodiscard]] std::vector<std::string> curated_members(std::string_view record);

/// Throws RefusedError for a document that is no discovery record.
void require_discovery_record(std::string_view record);

}  // namespace etl::discovery

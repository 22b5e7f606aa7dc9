#include "discovery/load.hpp"

#include <fmt/format.h>

#include <utility>

#include "base/counted.hpp"
#include "base/error.hpp"
#include "base/log.hpp"
#include "base/text.hpp"

namespace etl::discovery {
namespace {

/// Host and port of the commons: where the token was issued, since the address that we use may be one within the
/// cluster.
std::string commons_host(gen3::Commons& commons) {
  const std::string issuer = gen3::read_claims(commons.session.access_token(), "the access token").issuer;
  std::string_view address = issuer.empty() ? std::string_view(commons.session.endpoint()) : issuer;
  if (const auto scheme = address.find("://"); scheme != std::string_view::npos) address.remove_prefix(scheme + 3);
  return std::string(address.substr(0, address.find_first_of("/?#")));
}

[[noreturn]] void is_alias(gen3::Commons& commons, const ProjectId& project) {
  throw RefusedError(fmt::format("{} is an alias of another document of metadata-service", project.str()),
                     commons.session.endpoint(), "remove the alias; that document is left as it is");
}

}  // namespace

LoadRequest LoadRequest::from(const config::Settings& settings, ProjectId project) {
  LoadRequest request{.project = std::move(project)};
  if (const auto commons = settings.get("discovery.commons")) request.commons = commons->text;
  if (const auto name = settings.get("discovery.commons_name")) request.commons_name = name->text;
  const std::string manifest = settings.choice("discovery.manifest");
  if (manifest == "write") request.manifest = Description::Manifest::write;
  if (manifest == "remove") request.manifest = Description::Manifest::remove;
  request.manifest_limit = settings.number("discovery.manifest_limit");
  return request;
}

LoadReport load_study(gen3::Commons& commons, const simplify::StudySource& study, const LoadRequest& request,
                      const std::stop_token& stop) {
  LoadReport report;
  const bool lists_files = request.manifest == Description::Manifest::write;
  report.study = summarise(study, lists_files ? request.manifest_limit : 0, stop);
  Description description{.project = request.project,
                          .study = report.study,
                          .commons_url = commons_host(commons),
                          .commons = request.commons,
                          .commons_name = request.commons_name,
                          .manifest = request.manifest};
  if (lists_files && report.study.file_count > request.manifest_limit) {
    report.list_too_long = true;
    description.manifest = Description::Manifest::remove;
  }
  const std::string guid = request.project.str();
  // A record that somebody makes or removes between our two calls is looked at again.
  for (int attempt = 0; attempt < 3; ++attempt) {
    const auto record = get_record(commons, request.project);
    Edited edited = edit(record, description);
    report.created = !record;
    report.changed = std::move(edited.changed);
    if (request.dry_run || report.changed.empty()) return report;
    const bool written =
        record ? commons.metadata.merge_text(guid, edited.members) : commons.metadata.create_text(guid, edited.record);
    if (written) return report;
  }
  is_alias(commons, request.project);
}

void log_findings(const LoadReport& report, const LoadRequest& request) {
  const StudySummary& study = report.study;
  if (study.research_studies == 0) {
    log::warn("the study has no ResearchStudy: the discovery record gets no title and description from it");
  } else if (study.whole_studies != 1 && study.research_studies > 1) {
    log::warn(
        "the study has {} ResearchStudy resources, and none has all others as its parts: title and description are "
        "those of `{}`",
        study.research_studies, printable(study.title));
  }
  if (report.list_too_long) {
    log::warn("the discovery record gets no list of files: the study has {}, and discovery.manifest_limit is {}",
              counted(study.file_count, "file"), request.manifest_limit);
  }
}

std::optional<std::string> get_record(gen3::Commons& commons, const ProjectId& project) {
  return commons.metadata.get_text(project.str());
}

bool remove_record(gen3::Commons& commons, const ProjectId& project) {
  if (commons.metadata.remove(project.str())) return true;
  if (get_record(commons, project)) is_alias(commons, project);
  return false;
}

}  // namespace etl::discovery

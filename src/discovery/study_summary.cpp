#include "discovery/study_summary.hpp"

#include <set>

#include "base/error.hpp"
#include "discovery/raw_members.hpp"
#include "documents/study_reader.hpp"
#include "fhir/id_index.hpp"
#include "fhir/study_files.hpp"
#include "files/document.hpp"

namespace etl::discovery {
namespace {

constexpr std::size_t kIndexMemory = std::size_t{16} << 20U;

class Reading {
 public:
  Reading(const simplify::StudySource& study, std::size_t most_files) : study_(study), most_files_(most_files) {}

  StudySummary run(const std::stop_token& stop) {
    fhir::IdIndex index(kIndexMemory, 1, study_.temp_dir);
    {
      fhir::IdIndex::Writer patients(index);
      documents::StudyReading reading;
      reading.latest = study_.latest;
      reading.limits = study_.limits;
      reading.temp_dir = study_.temp_dir;
      reading.stop = stop;
      reading.on_resource = [&](const documents::ResourceText& resource) {
        if (resource.type == "Patient") {
          ++found_.patients;
          if (!resource.id.empty()) patients.define(resource.type, resource.id, 0, resource.where);
        } else if (resource.type == "ResearchStudy") {
          research_study(resource.text);
        }
      };
      reading.on_reference = [&](const documents::Reference& reference, const std::string&) { file(reference); };
      reading.on_issue = [](const std::string& what, const std::string& place) {
        throw InputError(what, place, "`aced-etl validate` lists every issue; the discovery record is as it was");
      };
      static_cast<void>(documents::read_study(fhir::study_files(study_.path, study_.selection), reading));
    }
    index.finish([&](const fhir::IdIndex::Duplicate&) { --found_.patients; }, [](const fhir::IdIndex::Reference&) {});
    return std::move(found_);
  }

 private:
  void research_study(std::string_view text) {
    ++found_.research_studies;
    const RawMembers members = RawMembers::parse(text);
    const bool is_part = members.find("partOf") != nullptr;
    if (!is_part) ++found_.whole_studies;
    if (chosen_ && (!chosen_is_part_ || is_part)) return;
    chosen_ = true;
    chosen_is_part_ = is_part;
    found_.title = members.text_of("title");
    found_.description = members.text_of("description");
    if (found_.description.empty()) found_.description = members.text_of("descriptionSummary");
  }

  void file(const documents::Reference& reference) {
    if (most_files_ == 0 || documents::kind_of(reference) != documents::ReferenceKind::file) return;
    try {
      const files::Document document = files::described_by(reference, study_.ids ? &*study_.ids : nullptr);
      if (found_.files.size() == most_files_) {  // then there will be no list
        ++found_.file_count;
        return;
      }
      if (!listed_.insert(document.did).second) return;
      ++found_.file_count;
      found_.files.push_back({document.did, document.name, document.size, document.md5});
    } catch (const InputError&) {  // `files load` refuses it, so indexd does not have it
    }
  }

  const simplify::StudySource& study_;
  std::size_t most_files_;
  StudySummary found_;
  std::set<std::string> listed_;
  bool chosen_ = false;
  bool chosen_is_part_ = false;
};

}  // namespace

StudySummary summarise(const simplify::StudySource& study, std::size_t most_files, const std::stop_token& stop) {
  return Reading(study, most_files).run(stop);
}

}  // namespace etl::discovery

#include "study_writer.hpp"

#include <algorithm>

#include "output.hpp"
#include "resources.hpp"

namespace etl::synth {

namespace {

constexpr std::size_t block_bytes = std::size_t{1} << 20U;
constexpr std::uint64_t patients_per_bundle = 25;  // about 500 resources, 350 kB
constexpr std::uint64_t shared_per_bundle = 500;

}  // namespace

StudyWriter::StudyWriter(const World& world, Documents& documents, const Faults& faults,
                         const std::filesystem::path& folder, Form form)
    : world_(world), documents_(documents), faults_(faults), folder_(folder / "studies" / world.study), form_(form) {}

void StudyWriter::write() {
  make_folder(folder_.string());
  if (form_.bundles) {
    write_bundles();
    return;
  }
  for (std::size_t type = 0; type < type_count; ++type) {
    write_ndjson(static_cast<Type>(type));
  }
}

void StudyWriter::write_ndjson(Type type) {
  TextFile file((folder_ / name_of(type)).string() + ".ndjson", form_.gzip);
  std::string block;
  block.reserve(block_bytes + block_bytes / 8);
  std::string compact;  // used only when white space is added
  std::string& target = form_.pretty ? compact : block;
  for (std::uint64_t index = 0; index < world_.plan.count(type); ++index) {
    const std::size_t start = target.size();
    Record record(world_, target);
    resource(record, type, index, documents_);
    if (!faults_.empty()) {
      if (const auto kind = faults_.at(type, index)) {
        faults_.spoil(target, start, {*kind, type, index});
      }
    }
    if (form_.pretty) {
      append_spaced(block, compact);
      compact.clear();
    }
    block += '\n';
    if (block.size() >= block_bytes) {
      file.write(block);
      bytes_ += block.size();
      block.clear();
    }
  }
  file.write(block);
  bytes_ += block.size();
  file.close();
}

void StudyWriter::add_entry(std::string& bundle, Type type, std::uint64_t index, Window window) {
  bundle += bundle.empty() ? R"({"fullUrl":")" : R"(,{"fullUrl":")";
  if (window.last != 0) {
    bundle += "urn:uuid:";
    world_.append_entry_uuid(bundle, type, index);
  } else {
    bundle += "https://demo.example.org/fhir/";
    bundle += name_of(type);
    bundle += '/';
    world_.append_id(bundle, type, index);
  }
  bundle += R"(","resource":)";
  Record record(world_, bundle, window);
  resource(record, type, index, documents_);
  bundle += '}';
}

void StudyWriter::write_bundle(const std::string& name, std::string& entries) {
  std::string text =
      R"({"resourceType":"Bundle","id":"bundle-)" + std::to_string(bundles_++) + R"(","type":"collection","entry":[)";
  text += entries;
  text += "]}";
  if (form_.pretty) {
    std::string indented;
    append_indented(indented, text);
    text.swap(indented);
  } else {
    text += '\n';
  }
  TextFile file((folder_ / name).string() + ".bundle.json", form_.gzip);
  file.write(text);
  file.close();
  bytes_ += text.size();
  entries.clear();
}

void StudyWriter::write_bundles() {
  std::string entries;
  std::uint64_t in_bundle = 0;
  std::uint64_t shared = 0;
  const auto name = [](std::string kind, std::uint64_t number) {
    append_digits(kind, number, 6);
    return kind;
  };
  for (std::size_t at = 0; at < type_count && !belongs_to_patient(static_cast<Type>(at)); ++at) {
    const auto type = static_cast<Type>(at);
    for (std::uint64_t index = 0; index < world_.plan.count(type); ++index) {
      add_entry(entries, type, index, {});
      if (++in_bundle == shared_per_bundle) {
        write_bundle(name("study-", shared++), entries);
        in_bundle = 0;
      }
    }
  }
  if (!entries.empty()) {
    write_bundle(name("study-", shared), entries);
  }

  const std::uint64_t patients = world_.plan.patients();
  for (std::uint64_t first = 0; first < patients; first += patients_per_bundle) {
    const std::uint64_t last = std::min(first + patients_per_bundle, patients);
    // ids that are not UUIDs cannot stand behind urn:uuid:
    const Window window = world_.id_prefix.empty() ? Window{first, last} : Window{};
    for (std::uint64_t patient = first; patient < last; ++patient) {
      for (auto at = static_cast<std::size_t>(Type::Patient); at < type_count; ++at) {
        const auto type = static_cast<Type>(at);
        for (std::uint64_t nth = 0; const auto index = world_.plan.owned(type, patient, nth); ++nth) {
          add_entry(entries, type, *index, window);
        }
      }
    }
    write_bundle(name("patients-", first / patients_per_bundle), entries);
  }
}

}  // namespace etl::synth

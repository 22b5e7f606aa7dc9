// aced-synth: the command line.

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <cstdio>
#include <filesystem>
#include <iostream>
#include <optional>
#include <string>

#include "base/error.hpp"
#include "documents.hpp"
#include "faults.hpp"
#include "output.hpp"
#include "study_writer.hpp"

namespace etl::synth {

namespace {

constexpr const char* description =
    R"(aced-synth - make a synthetic study: FHIR R5 metadata and the files that it names

Writes OUT/studies/STUDY/<Type>.ndjson and OUT/output/STUDY/…, a study of any size that looks like ACED's and in which nobody
ever lived. The same options and seed give the same bytes on every machine. All references resolve, all resources are valid
FHIR R5, and every DocumentReference tells the true size and md5 of its file.)";

constexpr const char* footer = R"(
SIZE
  --records N counts resources of all types, Bundles not included: 5% patients, 40% observations, 12% conditions, 9% encounters,
  8% specimens, 7% document references, and at least one of each of 22 types. --patients N gives 20 records for each patient.
  Without either, --records 1000. A record takes about 850 bytes, simplified about 950. Memory stays at a few MB whatever the size.

FILES
  By default every DocumentReference has a small file. --files N makes exactly N DocumentReferences, each with its file;
  --files 0 leaves their number as it is and writes no files: sizes and md5s are then made up, which is right for
  benchmarks of metadata. Names hold characters that make trouble (%, +, é, brackets), suffixes that simplify knows, and none.

FORMS
  --bundles writes Bundles (of the whole study's resources, then of 25 patients each) whose entries refer to each other by
  urn:uuid:, for odd records by another UUID than their id. --gzip compresses. --pretty indents Bundles, and puts a space
  behind every colon and comma of NDJSON.

FAULTS
  --faults K spoils K records to which no other refers, and writes OUT/faults.json: kind, file, line, path, id, and which step should
  find it (read, validate, load). The kinds, in turn: unknown-element, bad-date, missing-required, dangling-reference, duplicate-id,
  broken-json, wrong-type, wrong-cardinality, unknown-type, missing-id. NDJSON only.

EXAMPLES
  aced-synth /tmp/demo                                       a study of 1,000 records with 70 small files
  aced-synth /tmp/big --records 1000000 --files 0            metadata for a benchmark
  aced-synth /tmp/up --files 200 --file-bytes 1-50000000     files for an upload
  aced-synth /tmp/bad --records 5000 --faults 20             a study to be refused

EXIT STATUS
  0 done; 1 the disk said no; 2 the options do not fit together)";

struct Options {
  std::filesystem::path out;
  Size size;
  std::uint64_t seed = 1;
  std::string name = "demo";
  std::optional<std::uint64_t> files;
  std::string file_bytes = "64-1024";
  std::string prefix;
  std::uint64_t faults = 0;
  Form form;
  bool force = false;
};

bool made_of(const std::string& text, const char* punctuation) {
  return std::all_of(text.begin(), text.end(), [punctuation](unsigned char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           std::string_view(punctuation).find(static_cast<char>(c)) != std::string_view::npos;
  });
}

/// "MIN-MAX" or "N".
void read_range(const std::string& text, World& world) {
  const char* const end = text.data() + text.size();
  std::from_chars_result read = std::from_chars(text.data(), end, world.least_bytes);
  world.most_bytes = world.least_bytes;
  if (read.ec == std::errc() && read.ptr != end && *read.ptr == '-') {
    read = std::from_chars(read.ptr + 1, end, world.most_bytes);
  }
  if (read.ec != std::errc() || read.ptr != end || world.most_bytes < world.least_bytes) {
    throw UsageError("not a range of sizes: --file-bytes " + text, {}, "for example --file-bytes 100-5000");
  }
}

/// A clean place for the study: what an earlier run left there would be taken for a part of it.
void prepare(const Options& options) {
  for (const char* below : {"studies", "output"}) {
    const std::filesystem::path folder = options.out / below / options.name;
    if (!std::filesystem::exists(folder)) {
      continue;
    }
    if (!options.force) {
      throw UsageError("a study of this name is already there", folder.string(),
                       "give another --name, or --force to replace it");
    }
    std::filesystem::remove_all(folder);
  }
}

void run(const Options& options) {
  if (options.name.empty() || !made_of(options.name, "_-.") || options.name.front() == '.') {
    throw UsageError("not a name for a study: --name " + options.name, {}, "letters, digits, _ - . are allowed");
  }
  if (options.prefix.size() > 28 || !made_of(options.prefix, "-.")) {
    throw UsageError("not the beginning of a FHIR id: --prefix-ids " + options.prefix, {},
                     "up to 28 letters, digits, - and .");
  }
  if (options.faults != 0 && options.form.bundles) {
    throw UsageError("--faults needs lines, and Bundles have none", {}, "leave out --bundles");
  }
  World world;
  world.seed = options.seed;
  world.study = options.name;
  world.id_prefix = options.prefix;
  world.bodies = options.files != std::uint64_t{0};
  read_range(options.file_bytes, world);
  Size size = options.size;
  if (!size.records && !size.patients) {
    size.records = 1000;
  }
  if (world.bodies) {
    size.documents = options.files;
  }
  world.plan = Plan::of(size);
  const Faults faults(world, options.faults);

  prepare(options);
  Documents documents(world, options.out);
  StudyWriter writer(world, documents, faults, options.out, options.form);
  writer.write();
  const std::filesystem::path fault_list = options.out / "faults.json";
  if (options.faults != 0) {
    File list(fault_list.string());
    list.write(faults.json(options.form.gzip ? ".ndjson.gz" : ".ndjson"));
    list.close();
  } else {
    std::filesystem::remove(fault_list);  // of an earlier run
  }

  for (std::size_t at = 0; at < type_count; ++at) {
    const auto type = static_cast<Type>(at);
    std::printf("%-25s %10llu\n", std::string(name_of(type)).c_str(),
                static_cast<unsigned long long>(world.plan.count(type)));
  }
  std::printf("%-25s %10llu  %llu bytes\n", "records", static_cast<unsigned long long>(world.plan.total()),
              static_cast<unsigned long long>(writer.bytes()));
  std::printf("%-25s %10llu  %llu bytes\n", "files", static_cast<unsigned long long>(documents.files()),
              static_cast<unsigned long long>(documents.bytes()));
}

void add_options(CLI::App& app, Options& options) {
  app.add_option("OUT", options.out, "folder to write to; made if it is not there")->required();
  auto* records = app.add_option("--records", options.size.records, "exactly N resources, 50 to 10000000");
  app.add_option("--patients", options.size.patients, "N patients and all that belongs to them")->excludes(records);
  app.add_option("--seed", options.seed, "another seed, another study")->capture_default_str();
  app.add_option("--name", options.name, "the study's name: its folder, and part of its identifiers")
      ->capture_default_str();
  app.add_option("--files", options.files, "exactly N document references with files; 0: no files");
  app.add_option("--file-bytes", options.file_bytes, "sizes of the files, MIN-MAX or N")->capture_default_str();
  app.add_flag("--bundles", options.form.bundles, "Bundles instead of NDJSON");
  app.add_flag("--gzip", options.form.gzip, "compress the metadata (.gz)");
  app.add_flag("--pretty", options.form.pretty, "white space for people");
  app.add_option("--prefix-ids", options.prefix, "put X before every id, which is a UUID otherwise")->type_name("X");
  app.add_option("--faults", options.faults, "spoil K records and list them in OUT/faults.json")->type_name("K");
  app.add_flag("--force", options.force, "replace a study of the same name");
}

}  // namespace

}  // namespace etl::synth

int main(int count, char** arguments) {
  etl::synth::Options options;
  CLI::App app{etl::synth::description, "aced-synth"};
  app.footer(etl::synth::footer);
  etl::synth::add_options(app, options);
  try {
    app.parse(count, arguments);
    etl::synth::run(options);
    return 0;
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : static_cast<int>(etl::ExitCode::usage);
  } catch (const etl::Error& error) {
    std::cerr << "error: " << error.what() << '\n';
    if (!error.where().empty()) {
      std::cerr << "  at: " << error.where() << '\n';
    }
    if (!error.hint().empty()) {
      std::cerr << "  do: " << error.hint() << '\n';
    }
    return static_cast<int>(error.code());
  } catch (const std::exception& error) {
    std::cerr << "error: " << error.what() << '\n';
    return static_cast<int>(etl::ExitCode::internal);
  }
}

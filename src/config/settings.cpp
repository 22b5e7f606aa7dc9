#include "config/settings.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <thread>
#include <utility>

#include "base/address_text.hpp"
#include "base/error.hpp"
#include "base/secrets.hpp"
#include "base/suggestion.hpp"
#include "config/byte_count.hpp"
#include "config/etl_yaml.hpp"
#include "config/flag_text.hpp"
#include "config/found_file.hpp"
#include "config/mounted.hpp"

namespace etl::config {
namespace {

constexpr std::array kKeys = {
    Key{"program", "ACED_ETL_PROGRAM", "--program", "", "TEXT", "the program of projects that are given by their code"},
    Key{"dictionary", "DICTIONARY_URL", "--dictionary", "", "URL|FILE",
        "the Gen3 dictionary: its address (http, https) or a JSON file"},
    Key{"simplify_config", "ACED_ETL_SIMPLIFY_CONFIG", "--config", "", "FILE",
        "what to copy, pluck and rename when simplifying; YAML"},
    Key{"user_yaml", "ACED_ETL_USER_YAML", "--user-yaml", "<creds>/user.yaml", "FILE",
        "the commons' users, resources and policies"},
    Key{"exclude", "ACED_ETL_EXCLUDE", "--exclude", "", "LIST",
        "leave out files and folders of a study whose name, or path below the study's folder, matches one of these "
        "patterns, separated by commas; they add to the study's own `exclude` in etl.yaml"},
    Key{"transform_ids", "ACED_ETL_TRANSFORM_IDS", "--transform-ids", "", "TEXT",
        "give every resource, and every reference to it, a UUID made from its id and this seed, in the graph and in "
        "indexd alike; overrides the study's own `transform_ids` when it comes from a flag or the environment"},
    Key{"threads", "ACED_ETL_THREADS", "--threads", "<cores>", "N", "how many cores to work on"},
    Key{"temp_dir", "TMPDIR", "--temp-dir", "/tmp", "FOLDER", "where temporary files go"},
    Key{"creds", "ACED_ETL_CREDS", "--creds", "/creds", "FOLDER", "where the commons' credentials are mounted"},
    Key{"etl_yaml", "ACED_ETL_YAML", "--etl-yaml", "", "FILE",
        "settings; without it ./etl.yaml, then <creds>/etl.yaml, where there is one"},
    Key{"fence_config", "ACED_ETL_FENCE_CONFIG", "--fence-config", "<creds>/fence-config.yaml", "FILE",
        "fence's own configuration, which says what buckets take uploads"},
    Key{"search.url", "ELASTICSEARCH_URL", "--search-url", "", "URL",
        "the search indexes' server; without it, what Kubernetes tells of elasticsearch"},
    Key{"search.user", "ELASTICSEARCH_USERNAME", "--search-user", "", "TEXT",
        "the search server's user, with a password"},
    Key{"search.password", "ELASTICSEARCH_PASSWORD", "", "", "TEXT", "the password of the search server's user", true},
    Key{"search.api_key", "ELASTICSEARCH_API_KEY", "", "", "TEXT",
        "an API key of the search server, as its `encoded` form; used instead of user and password", true},
    Key{"search.ca_file", "ELASTICSEARCH_CA_FILE", "--search-ca-file", "", "FILE",
        "certificate authorities to trust for the search server, instead of the system's"},
    Key{"search.prefix", "ACED_ETL_SEARCH_PREFIX", "--search-prefix", "gen3.aced.io", "TEXT",
        "the first part of the names of search indexes, for example calypr"},
    Key{"search.layout", "ACED_ETL_SEARCH_LAYOUT", "--layout", "dictionary", "dictionary|dataframe",
        "which documents are made of a study"},
    Key{"search.layout_index", "ACED_ETL_SEARCH_LAYOUT_INDEX", "--layout-index", "project", "project|single",
        "where documents go: project, into indexes of each project alone, which change as a whole; single, into one "
        "index for all projects, as older tools have it"},
    Key{"search.connections", "ACED_ETL_SEARCH_CONNECTIONS", "--search-connections", "2", "N",
        "how many bulk requests are sent to the search server at the same time", false, 32},
    Key{"search.bulk_size", "ACED_ETL_SEARCH_BULK_SIZE", "", "8MB", "BYTES",
        "the size of a bulk request before compression, at most 50MB; smaller where the server's limits require it"},
    Key{"search.gzip", "ACED_ETL_SEARCH_GZIP", "", "no", "YES|NO",
        "compress what is sent to the search server; helps on slow networks only"},
    Key{"search.retry_time", "ACED_ETL_SEARCH_RETRY_TIME", "", "300", "N",
        "seconds that a load keeps trying while the search server is overloaded or restarts", false, 86400},
    Key{"search.personal_identifiers", "ACED_ETL_PERSONAL_IDENTIFIERS", "--personal-identifiers", "", "LIST",
        "patterns of identifier systems that stay out of search documents, separated by commas; without it, those of "
        "US "
        "social security numbers, passports and driver's licences"},
    Key{"state_dir", "ACED_ETL_STATE_DIR", "--state-dir", "~/.local/state/aced-etl", "FOLDER",
        "what a later run has to know of earlier ones: journals of pulls, loads and uploads"},
    Key{"files.bucket", "ACED_ETL_FILES_BUCKET", "--bucket", "", "TEXT",
        "the bucket that files are loaded to; without it, fence's default"},
    Key{"files.recheck", "ACED_ETL_FILES_RECHECK", "--recheck-days", "7", "N",
        "days after which the object of a file that was sent before is looked at again; until then a record of indexd "
        "that agrees is enough",
        false, 3650},
    Key{"folder.studies", "ACED_ETL_STUDIES", "--studies-folder", "~/studies", "FOLDER",
        "the studies' metadata, a folder a study"},
    Key{"folder.output", "ACED_ETL_OUTPUT", "--output-folder", "~/output", "FOLDER",
        "the files that DocumentReferences name"},
    Key{"source.bucket", "S3_BUCKET", "--source-bucket", "", "TEXT", "the bucket that studies come from"},
    Key{"source.path", "S3_PATH", "--source-path", "", "TEXT", "where in it studies and output are"},
    Key{"source.studies_prefix", "ACED_ETL_STUDIES_PREFIX", "--studies-prefix", "studies/", "TEXT",
        "below the path: what goes to the folder of studies"},
    Key{"source.output_prefix", "ACED_ETL_OUTPUT_PREFIX", "--output-prefix", "output/", "TEXT",
        "below the path: what goes to the folder of output"},
    Key{"source.delete", "ACED_ETL_SOURCE_DELETE", "", "no", "YES|NO",
        "remove what an earlier pull brought below studies/STUDY and output/STUDY and the source no longer has"},
    Key{"source.profile", "AWS_PROFILE", "", "etlbot", "TEXT", "the AWS profile that studies are read with"},
    Key{"gen3.endpoint", "GEN3_ENDPOINT", "--endpoint", "", "URL",
        "the commons' address; without it, where its API key was issued"},
    Key{"gen3.api_key", "GEN3_API_KEY", "--api-key", "<creds>/credentials.json", "FILE", "the commons' API key"},
    Key{"gen3.allow_http", "ACED_ETL_ALLOW_HTTP", "", "no", "YES|NO",
        "send the API key and tokens to a commons whose address is plain http and not loopback"},
    Key{"gen3.access_token", "ACCESS_TOKEN", "", "", "TEXT", "a token to use instead of the API key's", true},
    Key{"database.host", "PGHOST", "--database-host", "", "TEXT",
        "the graph's PostgreSQL: host, or folder of its socket"},
    Key{"database.port", "PGPORT", "--database-port", "", "N", "the graph's PostgreSQL: port"},
    Key{"database.name", "PGDATABASE", "--database-name", "", "TEXT", "the graph's PostgreSQL: database"},
    Key{"database.user", "PGUSER", "--database-user", "", "TEXT", "the graph's PostgreSQL: user"},
    Key{"database.password", "PGPASSWORD", "", "", "TEXT", "the graph's PostgreSQL: password", true},
    Key{"destinations.projects", "ACED_ETL_DESTINATIONS_PROJECTS", "", "yes", "YES|NO",
        "a run makes the studies' programs and projects"},
    Key{"destinations.graph", "ACED_ETL_DESTINATIONS_GRAPH", "", "yes", "YES|NO",
        "a run loads the studies into the graph"},
    Key{"destinations.files", "ACED_ETL_DESTINATIONS_FILES", "", "yes", "YES|NO",
        "a run brings the studies' files to S3 and indexd"},
    Key{"destinations.search", "ACED_ETL_DESTINATIONS_SEARCH", "", "yes", "YES|NO",
        "a run loads the studies' documents into the search indexes, where a search server is configured"},
    Key{"destinations.fhir", "ACED_ETL_DESTINATIONS_FHIR", "", "yes", "YES|NO",
        "a run puts the studies' raw resources into the FHIR store, where a search server is configured"},
    Key{"destinations.discovery", "ACED_ETL_DESTINATIONS_DISCOVERY", "", "yes", "YES|NO",
        "a run writes the studies' records for the discovery page, where a commons is configured"},
    Key{"discovery.commons", "ACED_ETL_DISCOVERY_COMMONS", "--commons", "", "TEXT",
        "the member `commons` of discovery records: the short name of this commons"},
    Key{"discovery.commons_name", "ACED_ETL_DISCOVERY_COMMONS_NAME", "--commons-name", "", "TEXT",
        "the member `commons_name` of discovery records: the full name of this commons"},
    Key{"discovery.manifest", "ACED_ETL_DISCOVERY_MANIFEST", "--manifest", "keep", "keep|write|remove",
        "the list of files in discovery records: keep leaves it as it is, write lists the study's files, remove takes "
        "it out"},
    Key{"discovery.manifest_limit", "ACED_ETL_DISCOVERY_MANIFEST_LIMIT", "--manifest-limit", "1000", "N",
        "a study with more files gets no list of files: the page loads the lists of all studies", false, 100000},
    Key{"graph.prune", "ACED_ETL_GRAPH_PRUNE", "", "no", "YES|NO",
        "remove from the graph the records that left their study"},
    Key{"graph.dangling", "ACED_ETL_GRAPH_DANGLING", "", "error", "error|skip",
        "for dangling references: error refuses the study, skip leaves their edges out (validate: a warning)"},
    Key{"graph.shared", "ACED_ETL_GRAPH_SHARED", "", "error", "error|keep",
        "for records whose ids another project holds: error refuses the study, keep links to them"},
    Key{"graph.duplicates", "ACED_ETL_GRAPH_DUPLICATES", "--duplicates", "error", "error|latest",
        "several resources with one id and different contents: error refuses the study, latest takes the highest "
        "meta.versionId, else the latest meta.lastUpdated"},
    Key{"graph.lock_timeout", "ACED_ETL_GRAPH_LOCK_TIMEOUT", "", "300", "N",
        "seconds that a command waits for a lock that another session holds in the graph's database", false, 86400},
    Key{"graph.edge_table", "ACED_ETL_GRAPH_EDGE_TABLE", "--edge-table", "link", "link|first",
        "the table of an edge where several links join two types: link, the one named after the reference; first, the "
        "dictionary's first, the only one that peregrine shows"},
    Key{"limits.tries", "ACED_ETL_TRIES", "", "3", "N", "how often a run tries a step whose service went away", false,
        100},
    Key{"limits.retry_wait", "ACED_ETL_RETRY_WAIT", "", "5", "N",
        "seconds until the second try; three times as long before each further one", false, 3600},
    Key{"limits.pull_jobs", "ACED_ETL_PULL_JOBS", "--pull-jobs", "8", "N", "requests of a pull at once", false, 64},
    Key{"limits.file_jobs", "ACED_ETL_FILE_JOBS", "--file-jobs", "8", "N", "files that are sent or fetched at once",
        false, 256},
    Key{"limits.bandwidth", "ACED_ETL_BANDWIDTH", "--bandwidth", "0", "BYTES",
        "bytes a second of all pulls, uploads and downloads of a process together: 10MB, 500kB; 0: no limit"},
    Key{"limits.join_memory_mib", "ACED_ETL_JOIN_MEMORY", "--join-memory", "64", "MIB",
        "how much memory the rows of search documents, and what is folded into them, may take; what is more waits in "
        "the "
        "temporary folder",
        false, 4096},
    Key{"limits.max_resource_mib", "ACED_ETL_MAX_RESOURCE", "--max-resource", "64", "MIB",
        "the largest resource that is read, in MiB", false, 2048},
};

std::size_t index(Layer layer) { return static_cast<std::size_t>(layer); }

/// libpq would take its server from these; then the mounted one is not meant.
constexpr std::array kNamesServer{"PGHOST", "PGHOSTADDR", "PGSERVICE"};

constexpr const char* kFileName = "etl.yaml";

/// For messages: a relative path says nothing in the log of a pod.
std::filesystem::path full_path(const std::filesystem::path& file) {
  std::error_code unknown;
  const auto path = std::filesystem::absolute(file, unknown);
  return unknown ? file : path.lexically_normal();
}
constexpr std::array kDataFolders{"folder.studies", "folder.output"};

/// Empty when the folder depends on a HOME that is not set.
std::filesystem::path with_home(const std::string& text, const Environment& environment) {
  if (text != "~" && !text.starts_with("~/")) return text;
  const auto home = environment("HOME");
  if (!home || home->empty()) return {};
  return std::filesystem::path(*home) / text.substr(std::min<std::size_t>(2, text.size()));
}

void add_folder(const std::string& text, const Environment& environment, std::vector<std::filesystem::path>& folders) {
  if (auto folder = with_home(text, environment); !folder.empty()) folders.push_back(std::move(folder));
}

/// Where data lies as far as flags and the environment say, and by default.
std::vector<std::filesystem::path> data_folders(const Settings& settings, const Environment& environment) {
  std::vector<std::filesystem::path> folders;
  for (const char* key : kDataFolders) {
    add_folder(settings.get(key)->text, environment, folders);
    add_folder(std::string(find_key(key)->fallback), environment, folders);
  }
  return folders;
}

void add_data_folders(const EtlYaml& file, const Environment& environment,
                      std::vector<std::filesystem::path>& folders) {
  for (const Entry& entry : file.entries) {
    if (std::ranges::find(kDataFolders, entry.key) != kDataFolders.end()) add_folder(entry.value, environment, folders);
  }
}

/// Those that the mounted etl.yaml names, which would count if the working directory had none.
void add_data_folders(const std::filesystem::path& mounted, const Environment& environment,
                      std::vector<std::filesystem::path>& folders) {
  std::error_code unreadable;
  if (!std::filesystem::exists(mounted, unreadable)) return;
  try {
    add_data_folders(read_etl_yaml(mounted, environment), environment, folders);
  } catch (const Error&) {  // it is reported when it is used
  }
}

/// What no etl.yaml may say that nobody named.
void check_found(const EtlYaml& file) {
  for (const Entry& entry : file.entries) {
    if (entry.key != "gen3.allow_http") continue;
    throw UsageError(
        fmt::format("`{}` may be set only in an etl.yaml that is named or mounted", entry.key), entry.origin,
        fmt::format("pass --etl-yaml etl.yaml, or set {} in the environment", find_key(entry.key)->environment));
  }
}

}  // namespace

std::span<const Key> known_keys() { return kKeys; }

const Key* find_key(std::string_view name) {
  const auto* const found = std::find_if(kKeys.begin(), kKeys.end(), [&](const Key& key) { return key.name == name; });
  return found == kKeys.end() ? nullptr : found;
}

std::vector<std::string_view> choices(std::string_view type) {
  std::vector<std::string_view> words;
  if (std::ranges::any_of(type, [](char c) { return c != '|' && (c < 'a' || c > 'z'); })) return words;
  for (auto bar = type.find('|'); bar != std::string_view::npos; bar = type.find('|')) {
    words.push_back(type.substr(0, bar));
    type.remove_prefix(bar + 1);
  }
  words.push_back(type);
  return words;
}

std::string shown(const Value& value) {
  if (value.secret) return "***";
  // libpq takes "host=… password=…" where it takes a database's name.
  if (value.text.find("password=") != std::string::npos) return "***";
  return shown_address(value.text, Hidden::marked);
}

Environment process_environment() {
  return [](std::string_view name) -> std::optional<std::string> {
    const char* value = std::getenv(std::string(name).c_str());  // NOLINT(concurrency-mt-unsafe): read at the start
    if (value == nullptr) return std::nullopt;
    return std::string(value);
  };
}

void Settings::set(std::string_view key, std::string value, std::string origin, Layer layer) {
  const Key* known = find_key(key);
  if (known == nullptr) throw InternalError(fmt::format("the setting `{}` is not in the table of settings", key));
  if (value.empty()) throw UsageError(fmt::format("`{}` is empty", key), origin, "give a value or leave it out");
  if (known->secret) {
    secrets::add(value);
  } else {
    secrets::add_from_address(value);
  }
  layers_[index(layer)].insert_or_assign(std::string(key), Value{std::move(value), std::move(origin), known->secret});
}

std::optional<Layer> Settings::layer_of(std::string_view key) const {
  for (std::size_t layer = 0; layer < kLayers; ++layer) {
    if (layers_[layer].find(key) != layers_[layer].end()) return static_cast<Layer>(layer);
  }
  const Key* known = find_key(key);
  if (known != nullptr && !known->fallback.empty()) return Layer::fallback;
  return std::nullopt;
}

std::optional<Value> Settings::get(std::string_view key) const {
  for (const auto& layer : layers_) {
    if (const auto found = layer.find(key); found != layer.end()) return found->second;
  }
  const Key* known = find_key(key);
  if (known == nullptr || known->fallback.empty()) return std::nullopt;
  if (known->fallback == "<cores>") {
    return Value{std::to_string(std::max(1U, std::thread::hardware_concurrency())), "default: all cores", false};
  }
  constexpr std::string_view creds = "<creds>";
  if (known->fallback.starts_with(creds)) {
    return Value{get("creds")->text + std::string(known->fallback.substr(creds.size())), "default: under creds", false};
  }
  return Value{std::string(known->fallback), "default", known->secret};
}

std::string Settings::require(std::string_view key) const {
  if (auto value = get(key)) return std::move(value->text);
  const Key* known = find_key(key);
  if (known == nullptr) throw InternalError(fmt::format("the setting `{}` is not in the table of settings", key));
  std::string ways;
  if (!known->flag.empty()) ways += fmt::format("pass {}, ", known->flag);
  if (!known->environment.empty()) ways += fmt::format("set ${}, ", known->environment);
  throw UsageError(fmt::format("`{}` is not set: {}", key, known->help), {},
                   fmt::format("{}or write `{}` in etl.yaml", ways, key));
}

unsigned Settings::number(std::string_view key) const {
  const std::string text = require(key);
  unsigned value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const unsigned most = find_key(key)->most;
  if (error != std::errc{} || end != text.data() + text.size() || value == 0 || (most != 0 && value > most)) {
    const std::string range = most == 0 ? "upwards" : fmt::format("to {}", most);
    throw UsageError(fmt::format("`{}` must be a whole number from 1 {}, not {}", key, range, text), get(key)->origin);
  }
  return value;
}

bool Settings::flag(std::string_view key) const {
  static_cast<void>(require(key));
  return flag_value(key, *get(key));
}

std::string Settings::choice(std::string_view key) const {
  std::string text = require(key);
  const auto words = choices(find_key(key)->type);
  if (std::ranges::find(words, text) != words.end()) return text;
  throw UsageError(fmt::format("`{}` must be one of {}, not {}", key, fmt::join(words, ", "), text), get(key)->origin);
}

void Settings::check() const {
  for (const Key& key : kKeys) {
    if (!get(key.name) || key.name.starts_with("database.")) continue;  // libpq takes lists, and judges itself
    if (key.type == "N" || key.type == "MIB") static_cast<void>(number(key.name));
    if (key.type == "YES|NO") static_cast<void>(flag(key.name));
    if (key.type == "BYTES") static_cast<void>(bytes(key.name));
    if (!choices(key.type).empty()) static_cast<void>(choice(key.name));
  }
}

std::uint64_t Settings::bytes(std::string_view key) const {
  const std::string text = require(key);
  if (const auto count = byte_count(text)) return *count;
  throw UsageError(fmt::format("`{}` must be a number of bytes, not {}", key, text), get(key)->origin,
                   "write it as 500kB, 10MB or 64MiB");
}

void Settings::load(const Environment& environment) {
  load_environment(environment);
  load_file(environment);
  load_mounted(environment);
}

void Settings::reload(const Environment& environment) {
  for (std::size_t layer = 0; layer < kLayers; ++layer) {
    if (layer != index(Layer::flag)) layers_[layer].clear();
  }
  studies_.clear();
  warnings_.clear();
  unused_file_.clear();
  found_file_ = false;
  load(environment);
}

bool Settings::from_found_file(std::string_view key) const { return found_file_ && layer_of(key) == Layer::file; }

void Settings::load_environment(const Environment& environment) {
  for (const Key& key : kKeys) {
    if (key.environment.empty()) continue;
    // An empty variable is what a chart writes for a value that nobody gave.
    if (auto value = environment(key.environment); value && !value->empty()) {
      set(key.name, *std::move(value), fmt::format("environment {}", key.environment), Layer::environment);
    }
  }
}

void Settings::load_file(const Environment& environment) {
  if (const auto named = get("etl_yaml")) {
    if (!std::filesystem::exists(named->text)) {
      throw UsageError("etl.yaml does not exist: " + named->text, named->origin,
                       did_you_mean_path(named->text, "name an etl.yaml that exists"));
    }
    const auto file = full_path(named->text);
    return take(read_etl_yaml(file, environment), file);
  }
  if (take_found_file(environment)) return;
  const auto mounted = full_path(std::filesystem::path(get("creds")->text) / kFileName);
  std::error_code unreadable;
  if (std::filesystem::exists(mounted, unreadable)) take(read_etl_yaml(mounted, environment), mounted);
}

/// The etl.yaml of the working directory, if it is there and may be used.
bool Settings::take_found_file(const Environment& environment) {
  const std::filesystem::path file = full_path(kFileName);
  std::error_code unreadable;
  if (!std::filesystem::exists(file, unreadable)) return false;
  // Nothing that the file itself says may decide this, except to its disadvantage.
  auto folders = data_folders(*this, environment);
  const auto mounted = std::filesystem::path(get("creds")->text) / kFileName;
  add_data_folders(mounted, environment, folders);
  const auto state_dir = with_home(get("state_dir")->text, environment);
  auto reason = reason_not_to_use(file, folders, state_dir);
  if (reason.empty()) {
    EtlYaml found = read_etl_yaml(file, environment);
    add_data_folders(found, environment, folders);
    reason = reason_not_to_use(file, folders, state_dir);
    if (reason.empty()) {
      check_found(found);
      found_file_ = true;
      take(std::move(found), file);
      return true;
    }
  }
  unused_file_ = fmt::format("{} is not used: {}", file.string(), reason);
  warnings_.push_back(unused_file_ + "; pass --etl-yaml etl.yaml if it is yours and you want its settings");
  return false;
}

void Settings::take(EtlYaml found, const std::filesystem::path& file) {
  for (Entry& entry : found.entries) {
    set(entry.key, std::move(entry.value), std::move(entry.origin), Layer::file);
  }
  studies_ = resolve_studies(found.studies, get("program"));
  if (!get("etl_yaml")) set("etl_yaml", file.string(), "default: found there", Layer::mounted);
}

void Settings::load_mounted(const Environment& environment) {
  if (layer_of("database.host")) return;
  for (const char* name : kNamesServer) {
    if (const auto value = environment(name); value && !value->empty()) return;
  }
  const std::filesystem::path folder = std::filesystem::path(get("creds")->text) / "sheepdog-creds";
  constexpr std::array<std::pair<const char*, const char*>, 5> files{{{"host", "database.host"},
                                                                      {"port", "database.port"},
                                                                      {"database", "database.name"},
                                                                      {"username", "database.user"},
                                                                      {"password", "database.password"}}};
  const auto values = read_mounted_folder(folder);
  for (const auto& [file, key] : files) {
    if (const auto found = values.find(file); found != values.end() && !found->second.empty()) {
      set(key, found->second, (folder / file).string(), Layer::mounted);
    }
  }
}

}  // namespace etl::config

#include "search/project_lock.hpp"

#include <fmt/format.h>
#include <signal.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <nlohmann/json.hpp>
#include <optional>
#include <sstream>
#include <system_error>

#include "base/bounded_json.hpp"
#include "base/digest.hpp"
#include "base/error.hpp"
#include "base/log.hpp"
#include "base/process_name.hpp"
#include "base/text.hpp"
#include "base/uuid.hpp"
#include "net/backoff.hpp"
#include "net/encode.hpp"
#include "search/answer.hpp"
#include "search/json_member.hpp"

namespace etl::search {
namespace {

using nlohmann::json;

constexpr std::chrono::seconds kRenewal{4};
constexpr std::chrono::seconds kLasts{15};
constexpr std::chrono::milliseconds kLook{500};
/// Of a name that another process left on the server.
constexpr std::size_t kLongestName = 200;

std::string first_line(const std::filesystem::path& path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line;
}

/// The processes that this one can see, as one name: this boot of the machine, and the PID namespace.
std::string process_space() {
  std::error_code none;
  const auto space = std::filesystem::read_symlink("/proc/self/ns/pid", none);
  return first_line("/proc/sys/kernel/random/boot_id") + " " + space.string();
}

/// When a process began, in the kernel's own units (field 22 of /proc/PID/stat); empty when there is none, or only one
/// that has ended and waits to be reaped.
std::string start_of(long pid) {
  const std::string stat = first_line(fmt::format("/proc/{}/stat", pid));
  const auto end_of_name = stat.rfind(')');
  if (end_of_name == std::string::npos) return {};
  std::istringstream fields(stat.substr(end_of_name + 1));
  std::string field;
  constexpr int state = 3;
  constexpr int start = 22;
  for (int n = state; n <= start && fields >> field; ++n) {
    if (n == state && (field == "Z" || field == "X")) return {};
  }
  return field;
}

struct Holder {
  std::string space;
  long pid = 0;
  std::string start;
  ProcessName process;
  std::uint64_t sequence = 0;
  std::uint64_t term = 0;

  /// Whether its process is known to be gone, or known to live; nothing when it cannot be seen from here.
  [[nodiscard]] std::optional<bool> is_gone() const {
    if (space != process_space()) return std::nullopt;
    return start_of(pid) != start;
  }
  [[nodiscard]] std::string str() const { return in_words(process); }
};

Holder read_holder(const json& document) {
  Holder holder;
  holder.sequence = member(document, "_seq_no", std::uint64_t{0});
  holder.term = member(document, "_primary_term", std::uint64_t{0});
  const json source = member(document, "_source", json::object());
  holder.space = text_member(source, "space");
  holder.pid = member(source, "pid", 0L);
  holder.start = text_member(source, "start");
  const auto shown = [&](const char* name) { return shortened(printable(text_member(source, name)), kLongestName); };
  holder.process = {
      .pid = std::to_string(holder.pid), .host = shown("host"), .command = shown("command"), .since = shown("since")};
  return holder;
}

std::filesystem::path lock_file(const std::filesystem::path& state_dir, const Server& server, const std::string& what,
                                const ProjectId& project) {
  constexpr std::size_t digits = 12;
  return state_dir / "search" /
         fmt::format("{}-{}-{}.lock", sha256_hex(server.url()).substr(0, digits), what, as_file_name(project.str()));
}

std::string locked(const std::string& what, const ProjectId& project) {
  return fmt::format("another process is changing the {} of {}", what == "fhir" ? "FHIR store" : "search indexes",
                     project.str());
}

}  // namespace

ProjectLock::ProjectLock(Server& server, const std::filesystem::path& state_dir, const std::string& prefix,
                         const std::string& what, const ProjectId& project)
    : server_(server),
      file_(lock_file(state_dir, server, what, project), locked(what, project)),
      index_(prefix + "_aced-etl-locks"),
      id_(what + ":" + project.str()),
      what_(locked(what, project)),
      owner_(random_uuid()),
      process_(this_process()) {
  acquire();
  renewal_ = std::jthread([this](const std::stop_token& stop) { renew_regularly(stop); });
}

ProjectLock::~ProjectLock() {
  renewal_.request_stop();
  renewal_.join();
  try {
    // With if_seq_no nobody else's lock is removed. Without a network it runs out by itself.
    static_cast<void>(server_.send_last(
        "DELETE", fmt::format("{}?if_seq_no={}&if_primary_term={}", path_of_document(), sequence_, term_)));
  } catch (const std::exception& error) {
    log::debug("the lock {} is left to run out: {}", id_, error.what());
  }
}

std::string ProjectLock::path_of_document() const {
  return fmt::format("/{}/_doc/{}", net::path_segment(index_), net::path_segment(id_));
}

std::string ProjectLock::body() const {
  const long pid = ::getpid();
  return json{{"owner", owner_},
              {"space", process_space()},
              {"host", process_.host},
              {"command", process_.command},
              {"since", process_.since},
              {"pid", pid},
              {"start", start_of(pid)},
              {"renewed", std::chrono::system_clock::now().time_since_epoch() / std::chrono::seconds(1)}}
      .dump();
}

void ProjectLock::note_version(const std::string& answer) {
  const json document = try_parse_json(answer);
  if (!document.is_object()) return;
  sequence_ = member(document, "_seq_no", sequence_);
  term_ = member(document, "_primary_term", term_);
}

/// False when there is a document already.
bool ProjectLock::create() {
  const bool old = server_.version().has_mapping_types();
  const std::string path = old ? path_of_document() + "/_create"
                               : fmt::format("/{}/_create/{}", net::path_segment(index_), net::path_segment(id_));
  const net::Response answer = server_.send("PUT", path, body(), false);
  if (answer.status == 409) return false;
  if (!answer.ok()) refuse("lock the project", answer, server_.url() + path);
  note_version(answer.body);
  return true;
}

/// False when the document has changed since it had this version.
bool ProjectLock::replace(std::uint64_t sequence, std::uint64_t term) {
  const std::string path = fmt::format("{}?if_seq_no={}&if_primary_term={}", path_of_document(), sequence, term);
  const net::Response answer = server_.send("PUT", path, body(), false);
  if (answer.status == 409 || answer.status == 404) return false;
  if (!answer.ok()) refuse("renew the lock of the project", answer, server_.url() + path);
  note_version(answer.body);
  return true;
}

void ProjectLock::acquire() {
  const json settings{{"number_of_shards", 1}, {"auto_expand_replicas", "0-1"}};
  const std::string path = "/" + net::path_segment(index_);
  if (server_.send("HEAD", path).status == 404) {
    const bool old = server_.version().has_mapping_types();
    const json mapping{{"dynamic", false}};
    const json body{{"settings", settings}, {"mappings", mapping}};
    const net::Response made = server_.send("PUT", path + (old ? "?include_type_name=false" : ""), body.dump());
    // Two may create it at the same moment.
    if (!made.ok() && made.body.find("already_exists") == std::string::npos)
      refuse("create the index " + index_, made, server_.url() + path);
  }
  std::optional<Holder> seen;
  for (auto until = std::chrono::steady_clock::now() + kLasts;;) {
    if (create()) return;
    const auto document = server_.find("look at the lock", path_of_document());
    if (!document || !member(*document, "found", false)) {
      // Released in between. A server that goes on saying both is no server.
      if (std::chrono::steady_clock::now() < until) continue;
      throw UnavailableError(what_ + ": the search server has the lock and has it not",
                             net::without_query(server_.url()),
                             "run again; if it persists, look at the log of the search server");
    }
    const Holder holder = read_holder(*document);
    const auto gone = holder.is_gone();
    if (seen && (seen->sequence != holder.sequence || seen->term != holder.term)) {
      throw LockedError(fmt::format("{}: {}", what_, holder.str()), net::without_query(server_.url()),
                        "wait until it has ended, then run again");
    }
    if (gone && !*gone) {
      throw LockedError(fmt::format("{}: {}", what_, holder.str()), net::without_query(server_.url()),
                        "wait until it has ended, then run again");
    }
    if ((gone && *gone) || std::chrono::steady_clock::now() >= until) {
      if (replace(holder.sequence, holder.term)) {
        log::debug("took over the lock of {}, which has ended", holder.str());
        return;
      }
      continue;
    }
    if (!seen)
      log::info("the lock of {} was not released; waiting up to {} s to see whether it still works", holder.str(),
                kLasts.count());
    seen = holder;
    net::sleep_for(kLook, server_.stop());
  }
}

void ProjectLock::renew_regularly(const std::stop_token& stop) {
  for (;;) {
    {
      std::unique_lock lock(waiting_);
      never_.wait_for(lock, stop, kRenewal, [] { return false; });
    }
    if (stop.stop_requested()) return;
    try {
      confirm();
    } catch (const std::exception& error) {
      log::debug("the lock {} could not be renewed: {}", id_, error.what());
    }
  }
}

void ProjectLock::confirm() {
  const std::lock_guard lock(mutex_);
  if (replace(sequence_, term_)) return;
  // A renewal whose answer was lost has changed the version, too.
  const auto document = server_.find("look at the lock", path_of_document());
  if (document && member(*document, "found", false) &&
      text_member(member(*document, "_source", json::object()), "owner") == owner_) {
    const Holder holder = read_holder(*document);
    if (replace(holder.sequence, holder.term)) return;
  }
  throw LockedError(what_ + ": it took over the lock, which this process could not renew in time",
                    net::without_query(server_.url()), "run again");
}

}  // namespace etl::search

#include "search/scroll.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "net/encode.hpp"
#include "search/answer.hpp"
#include "search/raw_document.hpp"

namespace etl::search {

using nlohmann::json;

std::uint64_t scroll(Server& server, const std::string& what, const std::string& index, const json& query,
                     const std::function<std::uint64_t(const std::string&)>& take) {
  const std::string path = fmt::format("/{}/_search?scroll=5m", net::path_segment(index));
  net::Response answer = server.send("POST", path, query.dump(), true);
  std::uint64_t read = 0;
  for (;;) {
    if (!answer.ok()) refuse(what, answer, server.url() + path);
    const std::uint64_t hits = take(answer.body);
    read += hits;
    const std::string id = text_of_member(answer.body, "_scroll_id");
    if (hits == 0 || id.empty()) {
      static_cast<void>(server.send("DELETE", "/_search/scroll", json{{"scroll_id", {id}}}.dump()));
      return read;
    }
    answer = server.send("POST", "/_search/scroll", json{{"scroll", "5m"}, {"scroll_id", id}}.dump(), false);
  }
}

}  // namespace etl::search

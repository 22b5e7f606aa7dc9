#include <fmt/format.h>

#include <array>
#include <charconv>

#include "stand_in/metadata_answers.hpp"
#include "stand_in/metadata_service.hpp"

// Lists of documents, their aliases, and the paths that are said to be indexed.

namespace etl::stand_in {
namespace {

constexpr std::int64_t kMostDocuments = 2000;

/// Refuses with 422 what is no number, and with 500, as the service's database, one below 0.
std::int64_t number(const Request& request, const std::string& name, std::int64_t otherwise) {
  const auto text = request.param(name);
  if (!text) return otherwise;
  std::int64_t value = 0;
  const auto* end = text->data() + text->size();
  if (const auto [stop, error] = std::from_chars(text->data(), end, value); error != std::errc() || stop != end) {
    throw Refusal(detail(
        422, Json::array({complaint("int_parsing", Json::array({"query", name}),
                                    "Input should be a valid integer, unable to parse string as an integer", *text)})));
  }
  if (value < 0) throw Refusal(internal_error());
  return value;
}

bool wants_data(const Request& request) {
  auto text = request.param("data").value_or("false");
  for (auto& letter : text) letter = static_cast<char>(std::tolower(static_cast<unsigned char>(letter)));
  for (const auto* yes : {"true", "1", "yes", "on", "t", "y"}) {
    if (text == yes) return true;
  }
  for (const auto* no : {"false", "0", "no", "off", "f", "n"}) {
    if (text == no) return false;
  }
  throw Refusal(detail(422, Json::array({complaint("bool_parsing", Json::array({"query", "data"}),
                                                   "Input should be a valid boolean, unable to interpret input",
                                                   *request.param("data"))})));
}

/// `a.b` as PostgreSQL's path {a,b}.
std::string path_of(const std::string& name) {
  std::vector<std::string> parts;
  for (std::size_t begin = 0; begin <= name.size();) {
    const auto end = std::min(name.find('.', begin), name.size());
    parts.push_back(name.substr(begin, end - begin));
    begin = end + 1;
  }
  return graph::text_array(parts);
}

/// Every parameter that is none of the service's own is a path and the text that stands there; of one that comes
/// twice, either.
std::string conditions(const Request& request, graph::Params& params) {
  std::string sql;
  for (auto each = request.query.begin(); each != request.query.end();) {
    const auto& name = each->first;
    const auto end = request.query.upper_bound(name);
    if (name != "data" && name != "limit" && name != "offset") {
      std::vector<std::string> texts;
      for (auto value = each; value != end; ++value) texts.push_back(value->second);
      params.emplace_back(path_of(name));
      params.emplace_back(graph::text_array(texts));
      sql += fmt::format(
          " and ((data #>> ${0}::text[]) = any(${1}::text[]) or ('*' = any(${1}::text[]) and (data #> "
          "${0}::text[]) is not null))",
          params.size() - 1, params.size());
    }
    each = end;
  }
  return sql;
}

}  // namespace

Answer MetadataService::search(const Request& request) {
  const auto limit = std::min(number(request, "limit", 10), kMostDocuments);
  const auto offset = number(request, "offset", 0);
  const bool data = wants_data(request);
  graph::Params params;
  const auto sql = fmt::format("select guid, data from stand_in.metadata where true{} order by guid limit {} offset {}",
                               conditions(request, params), limit, offset);
  const auto rows = commons_.database.session()->exec(sql, params);
  std::string body;
  for (int i = 0; i < rows.rows(); ++i) {
    body += (i == 0 ? "" : ",") + Json(rows.text(i, 0)).dump();
    if (data) body += ":" + std::string(rows.text(i, 1));
  }
  return {200, data ? "{" + body + "}" : "[" + body + "]", kJsonType, {}};
}

std::vector<std::string> MetadataService::aliases(const std::string& guid) {
  const auto rows = commons_.database.session()->exec(
      "select name from stand_in.metadata_alias where guid = $1 order by name", {guid});
  std::vector<std::string> names;
  names.reserve(static_cast<std::size_t>(rows.rows()));
  for (int i = 0; i < rows.rows(); ++i) names.emplace_back(rows.text(i, 0));
  return names;
}

void MetadataService::add_alias_routes(Router& router) {
  router.add("GET", "/mds/metadata/{guid*}/aliases", [this](const Request& request) {
    const auto& guid = request.part("guid");
    return json_answer({{"guid", guid}, {"aliases", aliases(guid)}});
  });
  router.add("POST", "/mds/metadata/{guid*}/aliases",
             [this](const Request& request) { return write_aliases(request, false); });
  router.add("PUT", "/mds/metadata/{guid*}/aliases",
             [this](const Request& request) { return write_aliases(request, true); });
  const auto remove = [this](const Request& request, const std::string& name) {
    authorize(request);
    commons_.database.session()->exec("delete from stand_in.metadata_alias where guid = $1 and ($2 = '' or name = $2)",
                                      {request.part("guid"), name});
    return Answer{204, "", kJsonType, {}};
  };
  router.add("DELETE", "/mds/metadata/{guid*}/aliases",
             [remove](const Request& request) { return remove(request, ""); });
  router.add("DELETE", "/mds/metadata/{guid*}/aliases/{alias}",
             [remove](const Request& request) { return remove(request, request.part("alias")); });
}

Answer MetadataService::write_aliases(const Request& request, bool replace) {
  authorize(request);
  const auto& guid = request.part("guid");
  const auto body = Json::parse(request.body);
  auto session = commons_.database.session();
  if (!session->value("select 1 from stand_in.metadata where guid = $1", {guid})) return internal_error();
  if (!replace && !aliases(guid).empty()) {
    return detail(409, "Aliases already exist for " + guid + ". Use PUT to overwrite.");
  }
  if (replace && request.param("merge") != "true") {
    session->exec("delete from stand_in.metadata_alias where guid = $1", {guid});
  }
  for (const auto& name : body.at("aliases")) {
    session->exec("insert into stand_in.metadata_alias (name, guid) values ($1, $2) on conflict do nothing",
                  {name.get<std::string>(), guid});
  }
  return json_answer({{"guid", guid}, {"aliases", aliases(guid)}}, 201);
}

void MetadataService::add_path_routes(Router& router) {
  router.add("GET", "/mds/metadata_index", [this](const Request& request) {
    authorize(request);
    const auto rows = commons_.database.session()->exec("select path from stand_in.metadata_path order by path");
    Json paths = Json::array();
    for (int i = 0; i < rows.rows(); ++i) paths.push_back(rows.text(i, 0));
    return json_answer(paths);
  });
  router.add("POST", "/mds/metadata_index/{path}", [this](const Request& request) {
    authorize(request);
    const auto& path = request.part("path");
    const auto made = commons_.database.session()->exec(
        "insert into stand_in.metadata_path (path) values ($1) on conflict do nothing", {path});
    return made.affected() == 1 ? json_answer(path, 201) : detail(409, "Conflict: " + path);
  });
  router.add("DELETE", "/mds/metadata_index/{path}", [this](const Request& request) {
    authorize(request);
    const auto gone =
        commons_.database.session()->exec("delete from stand_in.metadata_path where path = $1", {request.part("path")});
    return gone.affected() == 1 ? Answer{204, "", kJsonType, {}} : detail(404, "Not found: " + request.part("path"));
  });
}

}  // namespace etl::stand_in

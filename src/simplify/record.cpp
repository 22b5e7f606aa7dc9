#include "simplify/record.hpp"

namespace etl::simplify {

void append_line(Buffer& to, const Record& record, Dialect dialect) {
  using namespace std::string_view_literals;
  if (dialect == Dialect::pfb) {
    to.append("{\"id\":\""sv);
    to.append(record.id);
    to.append("\",\"name\":\""sv);
    to.append(record.name);
    to.append("\",\"relations\":["sv);
    bool first = true;
    for (const Relation& relation : record.relations) {
      to.append(first ? "{\"dst_id\":\""sv : ",{\"dst_id\":\""sv);
      first = false;
      to.append(relation.dst_id);
      to.append("\",\"dst_name\":\""sv);
      to.append(relation.dst_name);
      to.append("\"}"sv);
    }
    to.append("],\"object\":"sv);
  }
  to.append(record.object);
  to.append(dialect == Dialect::pfb ? "}\n"sv : "\n"sv);
}

}  // namespace etl::simplify

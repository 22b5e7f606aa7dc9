#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "simplify/object_writer.hpp"

namespace etl::simplify {

/// The members that one value of a complex type gives, gathered until all of it has been read: what comes twice under a
/// name becomes an array. Names and items are raw JSON text.
class ValueMembers {
 public:
  /// `many`: an array even when there is only one item.
  void add(const std::string& name, std::string item, bool many) {
    for (Member& member : members_) {
      if (member.name != name) continue;
      member.items.push_back(std::move(item));
      return;
    }
    members_.push_back({name, {std::move(item)}, many});
  }
  void add_text(const std::string& name, std::string_view raw, bool many) {
    add(name, std::string(1, '"').append(raw).append(1, '"'), many);
  }
  void add_joined(const std::string& name, std::string_view system, std::string_view value) {
    add(name, std::string(1, '"').append(system).append(1, '#').append(value).append(1, '"'), true);
  }

  void write(ObjectWriter& to, Rank rank) const {
    for (const Member& member : members_) {
      const bool array = member.many || member.items.size() > 1;
      to.begin(member.name, rank);
      if (array) to.put('[');
      for (std::size_t i = 0; i < member.items.size(); ++i) {
        if (i > 0) to.put(',');
        to.put(std::string_view(member.items[i]));
      }
      if (array) to.put(']');
      to.end();
    }
  }

 private:
  struct Member {
    std::string name;
    std::vector<std::string> items;
    bool many;
  };
  std::vector<Member> members_;
};

}  // namespace etl::simplify

#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "fhir/issue.hpp"

namespace etl::fhir {

/// Where a resource begins: the number of its file in the study's list of files, and its line there.
struct Location {
  std::uint32_t file = 0;
  std::uint64_t line = 0;

  [[nodiscard]] auto operator<=>(const Location&) const = default;
};

/// An issue inside the resource at hand; its line is found from the offset only when it is reported.
struct OpenIssue {
  IssueKind kind;
  std::uint32_t offset;
  std::string path;
  std::string message;
};

/// Warnings of one kind, path and message are counted, and the first place is kept: R4 codes stand in every second
/// resource of real studies, and a list of them all would hide what matters.
class Warnings {
 public:
  struct Count {
    std::uint64_t count = 0;
    Location first;
    std::string first_path = {};  ///< of the first, where warnings of several paths are counted together
    void add(Location where, std::uint64_t more = 1) {
      count += more;
      if (where < first) first = where;
    }
    /// `path()` is called only when this is the first place so far.
    template <class Path>
    void add_at(Location where, Path&& path) {
      if (count == 0 || where < first) first_path = path();
      add(where);
    }
  };
  /// The count of this kind, path and message; it stays where it is.
  [[nodiscard]] Count& of(IssueKind kind, std::string_view path, std::string_view message, Location where);
  void add(IssueKind kind, std::string_view path, std::string_view message, Location where, std::uint64_t count = 1);
  void merge(const Warnings& other);
  [[nodiscard]] bool empty() const noexcept { return counts_.empty(); }
  /// By kind, path and message; `files` names the files by their number.
  [[nodiscard]] std::vector<Issue> issues(const std::vector<std::string>& files) const;

 private:
  using Key = std::tuple<IssueKind, std::string, std::string>;
  using KeyView = std::tuple<IssueKind, std::string_view, std::string_view>;
  struct Less {  // clang 14 compares no tuples of different types
    using is_transparent = void;
    template <class A, class B>
    bool operator()(const A& a, const B& b) const noexcept {
      return view(a) < view(b);
    }
    template <class T>
    static KeyView view(const T& key) noexcept {
      return {std::get<0>(key), std::get<1>(key), std::get<2>(key)};
    }
  };
  std::map<Key, Count, Less> counts_;
};

/// What one worker finds wrong: the issues of the document at hand, and the warnings of all of its documents.
struct Findings {
  std::vector<OpenIssue> document;
  Warnings warnings;
};

}  // namespace etl::fhir

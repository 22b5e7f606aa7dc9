#pragma once

// Appends one resource as compact JSON to a buffer. Values are given as JSON text already: the tables hold them
// escaped, so nothing is looked at twice.

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

#include "codes.hpp"
#include "world.hpp"

namespace etl::synth {

/// A point in time with its parts, from which every FHIR date type can be written.
struct Moment {
  unsigned year = 2000;
  unsigned month = 1;
  unsigned day = 1;
  unsigned hour = 0;
  unsigned minute = 0;
  unsigned second = 0;
};

/// Somewhere in [from, to) years, any day and time.
[[nodiscard]] Moment some_moment(Random& random, unsigned from, unsigned to);

class Record {
 public:
  /// References to records of the window's patients become `urn:uuid:` when the window is not empty.
  Record(const World& world, std::string& out, Window window = {}) : world_(world), out_(out), window_(window) {}

  [[nodiscard]] const World& world() const noexcept { return world_; }

  /// `{"resourceType":…,"id":…`; everything that follows is a member with its own leading comma, until close().
  void open(Type type, std::uint64_t index);
  void close() { out_.push_back('}'); }

  /// Text as it stands, e.g. a member with its comma.
  Record& raw(std::string_view text) {
    out_ += text;
    return *this;
  }
  Record& number(std::uint64_t number) {
    append_number(out_, number);
    return *this;
  }
  /// `,"name":"value"`.
  void word(std::string_view name, std::string_view value);
  /// `,"name":{"coding":[…],"text":…}`; without text the code's display is not repeated.
  void coded(std::string_view name, const Code& code, std::string_view text = {});
  /// The same as an array with one item.
  void coded_list(std::string_view name, const Code& code, std::string_view text = {});
  /// `{"coding":[…]}` alone.
  void concept_of(const Code& code, std::string_view text = {});
  /// `{"system":…,"code":…,"display":…}`.
  void coding(const Code& code);
  /// `,"name":{"reference":"Type/id"}`.
  void reference(std::string_view name, Type type, std::uint64_t index);
  /// `,"name":[{"reference":"Type/id"}]`.
  void reference_list(std::string_view name, Type type, std::uint64_t index);
  /// `{"reference":"Type/id"}` alone.
  void link(Type type, std::uint64_t index);

  /// `,"name":"2011-03-04"`.
  void date(std::string_view name, const Moment& when);
  /// `,"name":"2011-03-04T05:06:07-05:00"`, in one of the precisions and offsets that dateTime allows.
  void date_time(std::string_view name, const Moment& when, Random& random);
  /// `,"name":"2011-03-04T05:06:07.089Z"`.
  void instant(std::string_view name, const Moment& when);
  /// A decimal with `digits` digits after the point, e.g. 190, 4 -> 0.0190.
  void decimal(std::uint64_t unscaled, int digits);
  /// `{"value":…,"unit":…,"system":…,"code":…}`.
  void quantity(std::uint64_t unscaled, int digits, const Code& unit);

  /// Business identifiers of the kinds that studies have: a system with dashes, a urn:oid, a URI, one with a type.
  void identifiers(Type type, std::uint64_t index);
  /// Meta for some records, a narrative for a few.
  void meta_and_text(Random& random, std::string_view profile, std::uint64_t index);

 private:
  void calendar(const Moment& when);
  void clock(const Moment& when);

  const World& world_;
  std::string& out_;
  Window window_;
};

}  // namespace etl::synth

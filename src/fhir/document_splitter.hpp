#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace etl::fhir {

/// What a Bundle's entry says beside its resource. Texts are the raw bytes between the quotes of the JSON strings;
/// empty where the entry does not have them.
struct BundleEntry {
  std::string_view full_url;
  std::string_view type;         ///< the resource's resourceType
  std::string_view id;           ///< the resource's id
  std::string_view method;       ///< request.method
  std::string_view request_url;  ///< request.url
  std::string_view search_mode;  ///< search.mode
  std::string_view bundle_type;  ///< Bundle.type, where it stands before the entry
  std::uint64_t line = 1;        ///< where the entry begins
  bool has_resource = false;

  /// The id that the resource goes by: its own, else the one that its fullUrl gives it (a UUID, or the last part of
  /// `…/Type/id`); empty where there is neither.
  [[nodiscard]] std::string_view effective_id() const noexcept;
  /// A server's remark about a search or a batch, which is no part of the data: `search.mode` is `outcome`, or it is
  /// an OperationOutcome without an id.
  [[nodiscard]] bool is_outcome() const noexcept;
};

/// Takes a stream of JSON documents apart as their bytes come in: a Bundle into the resources of its entries and the
/// rest of it (its shell), an array of objects into these and what is left of it, anything else as it stands. It
/// follows brackets and strings only; whether the pieces are right is for those who read them. Memory is bounded by the
/// largest piece.
class DocumentSplitter {
 public:
  class Pieces {
   public:
    Pieces() = default;
    Pieces(const Pieces&) = delete;
    Pieces& operator=(const Pieces&) = delete;
    virtual ~Pieces() = default;
    /// A document that is no Bundle, or the resource of an entry (`entry` is not null then). `line` is that of its
    /// first byte. Called when the entry has ended, so that all of the entry is known.
    virtual void resource(std::string_view text, std::uint64_t line, const BundleEntry* entry) = 0;
    /// A document whose entries' resources have been taken out; a 0 stands in their place.
    virtual void shell(std::string_view text, std::uint64_t line) = 0;
    /// Every entry of a Bundle, before its resource is given.
    virtual void entry(const BundleEntry& entry) = 0;
    /// A Bundle has ended; `type` is its Bundle.type. Called for documents with entries.
    virtual void bundle_end(std::string_view type) { static_cast<void>(type); }
  };

  DocumentSplitter(Pieces& pieces, std::size_t max_piece) : pieces_(pieces), max_piece_(max_piece) {}

  /// The next bytes. InputError (without a place) when a piece is larger than `max_piece`.
  void feed(std::string_view bytes);
  /// The end: what is still open is given away as it stands.
  void finish();

  [[nodiscard]] std::uint64_t line() const noexcept { return line_; }
  void start_at(std::uint64_t line) noexcept { line_ = line; }

 private:
  static constexpr std::size_t depths = 5;  ///< document 1, entry array 2, entry 3, resource 4

  void byte(char c);
  void string_byte(char c);
  void open(char c);
  void close();
  void end_string();
  void end_entry();
  void end_document();
  void keep(char c);

  Pieces& pieces_;
  std::size_t max_piece_;
  std::uint64_t line_ = 1;

  std::size_t depth_ = 0;
  bool in_string_ = false;
  bool escaped_ = false;
  bool scalar_document_ = false;
  bool in_resource_ = false;
  bool has_resources_ = false;
  bool has_entries_ = false;
  bool resource_waits_ = false;  ///< read whole; given away at the end of its entry
  bool expects_key_ = false;
  std::array<char, depths + 1> bracket_{};   ///< what is open at each depth
  std::array<std::string, depths + 1> key_;  ///< the member at hand at each depth
  std::string token_;                        ///< the string at hand, as far as it matters
  std::string shell_;
  std::string resource_;
  std::uint64_t document_line_ = 1;
  std::uint64_t resource_line_ = 1;
  std::uint64_t entry_line_ = 1;
  std::string full_url_;
  std::string type_;
  std::string id_;
  std::string method_;
  std::string request_url_;
  std::string search_mode_;
  std::string bundle_type_;
};

}  // namespace etl::fhir

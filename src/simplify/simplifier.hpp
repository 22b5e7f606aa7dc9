#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "base/arena.hpp"
#include "base/buffer.hpp"
#include "fhir/walker.hpp"
#include "simplify/concepts.hpp"
#include "simplify/id_transform.hpp"
#include "simplify/object_writer.hpp"
#include "simplify/plan.hpp"
#include "simplify/record.hpp"
#include "simplify/study_facts.hpp"

namespace etl::simplify {

class ValueMembers;

/// Makes the record of one FHIR R5 resource, in one walk over its bytes (the paths to pluck are walked again). One
/// object serves one thread. With `Validate` the same walk holds the resource against FHIR R5.
template <bool Validate>
class Simplifier {
 public:
  /// `facts`: what the study as a whole tells, once that is known, or null: then every absolute URL that ends in
  /// `Type/id` is taken for a reference to a resource of the study. `document_keys`: with the keys that a
  /// DocumentReference gets beside its elements (`object_id`, `file_name`, `data_type`, …).
  Simplifier(const Plans& plans, const IdTransform* ids, fhir::Findings& findings, const StudyFacts* facts = nullptr,
             bool document_keys = true)
      : plans_(plans),
        ids_(ids),
        facts_(facts),
        document_keys_(document_keys),
        walker_(findings),
        plucker_(plucker_findings_) {}

  /// Told of references and extensions as fhir::ReferenceObserver says; without `Validate` only of the absolute URLs
  /// among those that the record shows.
  void observe(fhir::ReferenceObserver* observer) { walker_.observer = observer; }

  /// The resource at `document`. Nothing when it is not a usable one or not valid: `findings.document` says why.
  /// Throws fhir::SyntaxError when it is not JSON. `links`: what its Bundle's entries are called, or nullptr.
  /// `given_id`: the id of a resource that has none of its own.
  /// A Bundle or List is not read but told by met_container(), unless it is known to hold no resources (`plain`).
  [[nodiscard]] std::optional<Record> resource(fhir::Cursor document, fhir::Location where,
                                               const fhir::BundleLinks* links, bool plain = false,
                                               std::string_view given_id = {});
  [[nodiscard]] bool met_container() const noexcept { return met_container_; }

  /// What is left of a Bundle or List whose entries' resources have been taken out (fhir::DocumentSplitter).
  void shell(fhir::Cursor document, fhir::Location where);

  /// The id as it stands in the resource, before any transformation.
  [[nodiscard]] std::string_view source_id() const noexcept { return source_id_; }
  [[nodiscard]] const TypePlan* plan() const noexcept { return plan_; }

  /// Behind what was read last.
  [[nodiscard]] const fhir::Cursor& cursor() const noexcept { return walker_.cursor; }
  [[nodiscard]] fhir::Walker<Validate>& walker() noexcept { return walker_; }

 private:
  using Element = fhir::Element;

  void array_shell();
  bool element(const Element& element);
  void primitive_member(const ElementPlan& plan, const Element& element);
  void concept_member(const ElementPlan& plan, const Element& element);
  void coding_member(const ElementPlan& plan, const Element& element);
  void codeable_reference_member(const ElementPlan& plan, const Element& element);
  void identifier_member(const Element& element);
  void reference_member(const ElementPlan& plan, const Element& element);
  void task_values(const Element& element);

  void extension(std::size_t prefix);
  template <class W>
  void extension_value(W& walker, const Element& element, std::string_view name, Rank rank);
  template <class W>
  bool complex_value(W& walker, const Element& element, const std::string& name, ValueMembers& out);
  template <class W>
  void identifier_value(W& walker, const std::string& name, ValueMembers& out);
  template <class W>
  bool value_child(W& walker, const Element& child, const std::string& name, ValueMembers& out);
  template <class W>
  void nested_extension(W& walker, const std::string& name, ValueMembers& out);
  template <class W>
  void primitive_children(W& walker, const fhir::Type& type, std::string_view name, Rank rank);
  void observation_quantity(const ElementPlan& plan, const Element& element);

  void pluck(const PathExtraction& step);
  void pluck_object(const PathExtraction& step);
  void pluck_leaf(const PathExtraction& step);
  void pluck_primitive(const PathExtraction& step);
  void pluck_concept(const PathExtraction& step);
  void pluck_extensions(const PathExtraction& step);
  void remember(PathExtraction::Role role, std::string_view raw);

  [[nodiscard]] std::optional<Record> finish(fhir::Location where);
  void finish_observation();
  void finish_document_reference();

  template <class W>
  void token_value(W& walker, const Element& element);
  template <class W>
  void token_member(W& walker, const Element& element, std::string_view name, Rank rank);
  [[nodiscard]] std::string token_json(const Element& element, const fhir::Token& token);
  [[nodiscard]] std::string integer64_json(std::string_view raw);
  void write_token(const Element& element, const fhir::Token& token);
  void write_integer64(std::string_view raw);
  void write_codings(const Keys& keys, bool many, Rank rank);
  void write_joined(std::string_view system, std::string_view value);
  void write_list(const Key& key, Rank rank, const std::vector<std::string_view>& items, bool many);
  [[nodiscard]] bool is_known(const Relation& relation);
  [[nodiscard]] std::string_view collect(std::string_view raw, const Element& element, std::string_view key);
  /// Raw text as the record writes it, and as it can be taken apart: without an escaped solidus.
  [[nodiscard]] std::string_view plain(std::string_view raw);
  [[nodiscard]] std::string_view transformed(std::string_view id);

  const Plans& plans_;
  const IdTransform* ids_;
  const StudyFacts* facts_;
  bool document_keys_;
  fhir::Findings plucker_findings_;  ///< what plucking meets has been reported by the walk before it
  fhir::Walker<Validate> walker_;
  fhir::Walker<false> plucker_;

  const TypePlan* plan_ = nullptr;
  bool met_container_ = false;
  ObjectWriter object_;
  Buffer finished_;
  Arena arena_;
  std::vector<Relation> relations_;
  std::unordered_set<std::string> known_relations_;  ///< empty unless there are very many
  std::string_view id_;
  std::string_view source_id_;

  // What is being read; kept to keep its memory.
  std::vector<Coding> codings_;
  std::vector<std::string_view> texts_;
  std::vector<std::string_view> shown_;
  std::vector<std::string_view> references_;
  std::vector<Identifier> identifiers_;
  std::string name_;
  std::string scratch_;

  // What DocumentReference's own keys are made of.
  std::string_view url_;
  std::string_view md5_;
  std::string_view size_;
  bool has_url_ = false;
};

extern template class Simplifier<true>;
extern template class Simplifier<false>;

}  // namespace etl::simplify

// The ceiling: simdjson's own parser over the lines of NDJSON files, and nothing done with what it finds.
// bench_parse_only [--best] FILE…: prints bytes, documents, seconds and MB/s of reading and parsing the files once;
// with
// --best, of parsing them in memory, the best of five.

#include <fmt/format.h>
#include <simdjson.h>

#include <chrono>
#include <cstdlib>
#include <cstring>
#include <string_view>
#include <vector>

int main(int argc, char** argv) {
  const bool best_of_five = argc > 1 && std::string_view(argv[1]) == "--best";
  const auto begin = std::chrono::steady_clock::now();
  std::vector<simdjson::padded_string> files;
  std::size_t bytes = 0;
  for (int i = best_of_five ? 2 : 1; i < argc; ++i) {
    auto loaded = simdjson::padded_string::load(argv[i]);
    if (loaded.error() != simdjson::SUCCESS) {
      fmt::print(stderr, "{}: {}\n", argv[i], simdjson::error_message(loaded.error()));
      return EXIT_FAILURE;
    }
    files.push_back(std::move(loaded).value());
    bytes += files.back().size();
  }
  simdjson::dom::parser parser;
  double best = 1e9;
  std::size_t documents = 0;
  for (int round = 0; round < (best_of_five ? 5 : 1); ++round) {
    documents = 0;
    const auto start = best_of_five ? std::chrono::steady_clock::now() : begin;
    for (const auto& file : files) {
      // One document after the other: parse_many() would hide its first stage on a second thread.
      const char* at = file.data();
      const char* const end = at + file.size();
      while (at < end) {
        const auto* newline = static_cast<const char*>(std::memchr(at, '\n', static_cast<std::size_t>(end - at)));
        const auto size = static_cast<std::size_t>((newline == nullptr ? end : newline) - at);
        if (size > 0) {
          simdjson::dom::element document;
          if (parser.parse(at, size, false).get(document) != simdjson::SUCCESS) return EXIT_FAILURE;
          ++documents;
        }
        at += size + 1;
      }
    }
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
    best = std::min(best, took.count());
  }
  fmt::print("{{\"bytes\": {}, \"documents\": {}, \"seconds\": {:.4f}, \"mb_per_second\": {:.1f}}}\n", bytes, documents,
             best, static_cast<double>(bytes) / best / 1e6);
}

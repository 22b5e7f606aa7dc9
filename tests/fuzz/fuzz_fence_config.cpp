// fence's own configuration, which holds all keys of a commons; its buckets are read.

#include "config/fence_config.hpp"
#include "properties.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using etl::fuzz::require;
  static const etl::fuzz::MemoryFile file("fence-config.yaml");
  file.set(etl::fuzz::text_of(data, size));
  etl::config::FenceConfig config;
  const auto refused = etl::fuzz::refusal_of([&] { config = etl::config::read_fence_config(file.path()); });
  if (refused) {
    require(refused->code == etl::ExitCode::usage && refused->where.starts_with(file.path()), "another error");
    return 0;
  }
  require(config.buckets.size() <= size, "more buckets than bytes");
  for (const auto& [name, bucket] : config.buckets) {
    if (config.allowed && config.allowed->empty()) require(!config.allows(name), "allowed by an empty list");
  }
  return 0;
}

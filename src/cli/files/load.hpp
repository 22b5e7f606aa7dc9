#pragma once

#include "cli/files/options.hpp"

namespace etl::cli {

/// Loads the manifest's files, tells each one's fate and shows the progress. `also_failed`: what the metadata was found
/// wrong with; prints the summary, throws what ended it early, sets context.exit.
void load_manifest(Context& context, Commons& commons, files::Journal& journal, files::Manifest& manifest,
                   const files::LoadRequest& load, const files::StudyTally& study);

}  // namespace etl::cli

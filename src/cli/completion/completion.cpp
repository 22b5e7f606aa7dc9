#include <memory>
#include <string>

#include "cli/commands.hpp"
#include "cli/completion/script.hpp"
#include "cli/completion/values.hpp"
#include "cli/lib/describe.hpp"
#include "cli/lib/print.hpp"

namespace etl::cli {

void add_completion(CLI::App& app, Context& context) {
  CLI::App* group = app.add_subcommand("completion");
  group->group(kAboutItself);
  describe(*group, {.summary = "print the completion script of a shell",
                    .text = "The scripts complete commands, options, the values that an option is limited to, files "
                            "and folders, the studies of etl.yaml, the projects of etl.yaml and user.yaml, the "
                            "buckets of etl.yaml and of fence's configuration, and AWS profiles. They read files "
                            "only: no service is asked.",
                    .examples = {{"source <(aced-etl completion bash)", "in ~/.bashrc"},
                                 {"source <(aced-etl completion zsh)", "in ~/.zshrc, after compinit"},
                                 {"aced-etl completion fish | source", "in ~/.config/fish/config.fish"}}});

  using Script = std::string (*)(const CommandDoc&);
  const auto add = [&](const char* shell, Script script, const char* example) {
    CLI::App* command = group->add_subcommand(shell);
    describe(*command, {.summary = std::string("print the completion script of ") + shell,
                        .text = {},
                        .examples = {{example, "load it into this shell"}}});
    command->callback([&app, script] { write_out(script(document(app))); });
  };
  add("bash", &bash_completion, "source <(aced-etl completion bash)");
  add("zsh", &zsh_completion, "source <(aced-etl completion zsh)");
  // Called by the scripts, not by people; hidden from help, manual and completion.
  CLI::App* values = group->add_subcommand("values");
  values->group("");
  auto kind = std::make_shared<std::string>();
  values->add_option("kind", *kind)->required();
  values->callback([&context, kind] {
    for (const std::string& name : completion_values(context, *kind)) write_out(name + "\n");
  });
  add("fish", &fish_completion, "aced-etl completion fish | source");
}

}  // namespace etl::cli

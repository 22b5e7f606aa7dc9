#include "cli/completion/script.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <string_view>
#include <vector>

namespace etl::cli {
namespace {

/// What may stand for a value: words, or a mark that the script turns into names: of files, or those that
/// `aced-etl completion values` prints, with the line's --etl-yaml and --creds. Never empty for an option with a value:
/// that is how the script knows that the next word belongs to it.
std::string candidates(const OptionDoc& option) {
  if (!option.choices.empty()) return fmt::format("{}", fmt::join(option.choices, " "));
  const auto is = [&](std::string_view name) {
    return option.value == name || std::ranges::find(option.names, name) != option.names.end();
  };
  if (is("STUDY")) return "@studies";
  if (is("--project") || is("PROGRAM-CODE")) return "@projects";
  if (is("--bucket") || is("--source-bucket") || is("--to") || is("BUCKET")) return "@buckets";
  if (is("--profile")) return "@profiles";
  if (is("OUT") || option.value == "FOLDER") return "@folder";
  if (option.value.find("FILE") != std::string::npos || is("FILE") || is("PATH")) return "@file";
  return option.value.empty() ? "" : "@none";
}

void each(const CommandDoc& command, const std::function<void(const CommandDoc&)>& visit) {
  visit(command);
  for (const CommandDoc& sub : command.commands) each(sub, visit);
}

std::string names_of(const CommandDoc& command) {
  std::vector<std::string> names;
  for (const OptionDoc& option : command.options) names.insert(names.end(), option.names.begin(), option.names.end());
  return fmt::format("{}", fmt::join(names, " "));
}

/// Four lookups by the path of commands, in the subset that bash and zsh share.
std::string lookups(const CommandDoc& root) {
  std::string commands;
  std::string options;
  std::string values;
  std::string arguments;
  std::string global_values;
  each(root, [&](const CommandDoc& command) {
    const bool is_root = command.path.empty();
    std::vector<std::string> subs;
    for (const CommandDoc& sub : command.commands) subs.push_back(sub.name);
    if (!subs.empty()) commands += fmt::format("    '{}') echo '{}';;\n", command.path, fmt::join(subs, " "));
    if (!is_root && !command.options.empty())
      options += fmt::format("    '{}') echo '{}';;\n", command.path, names_of(command));
    for (const OptionDoc& option : command.options) {
      const std::string words = candidates(option);
      if (words.empty()) continue;
      for (const std::string& name : option.names) {
        // Those of the program come last and hold everywhere.
        (is_root ? global_values : values) +=
            is_root ? fmt::format("    *' {}') echo '{}';;\n", name, words)
                    : fmt::format("    '{} {}') echo '{}';;\n", command.path, name, words);
      }
    }
    std::vector<std::string> words;
    for (const OptionDoc& argument : command.arguments) words.push_back(candidates(argument));
    if (!words.empty()) arguments += fmt::format("    '{}') echo '{}';;\n", command.path, fmt::join(words, " "));
  });
  std::string script;
  const auto function = [&](std::string_view name, std::string_view key, const std::string& cases,
                            const std::string& after = {}) {
    script += fmt::format("_aced_etl_{}() {{\n", name);
    if (!cases.empty()) script += fmt::format("  case \"{}\" in\n{}  esac\n", key, cases);
    script += after + (cases.empty() && after.empty() ? "  :\n" : "") + "}\n";
  };
  function("commands", "$1", commands);
  function("options", "$1", options, fmt::format("  echo '{}'\n", names_of(root)));
  function("values", "$1 $2", values + global_values);
  function("arguments", "$1", arguments);
  return script;
}

constexpr std::string_view kBash = R"sh(
_aced_etl() {
  local cur="${COMP_WORDS[COMP_CWORD]}" at='' option='' word words i settings=()
  COMPREPLY=()
  for ((i = 1; i < COMP_CWORD; i++)); do
    word="${COMP_WORDS[i]}"
    [[ $word == '=' ]] && continue
    if [[ -n $option ]]; then
      [[ $option == --etl-yaml || $option == --creds ]] && settings+=("$option" "${word/#\~\//$HOME/}")
      option=''
    elif [[ $word == --etl-yaml=* || $word == --creds=* ]]; then
      settings+=("$word")
    elif [[ $word == -* ]]; then
      [[ -n $(_aced_etl_values "$at" "$word") ]] && option="$word"
    elif [[ " $(_aced_etl_commands "$at") " == *" $word "* ]]; then
      at="${at:+$at }$word"
    fi
  done
  [[ $cur == '=' ]] && cur=''
  if [[ -n $option ]]; then
    words="$(_aced_etl_values "$at" "$option")"
  elif [[ $cur == -* ]]; then
    words="$(_aced_etl_options "$at")"
  else
    words="$(_aced_etl_commands "$at") $(_aced_etl_arguments "$at")"
  fi
  for word in $words; do
    case "$word" in
      @file)
        compopt -o filenames 2>/dev/null
        mapfile -t -O "${#COMPREPLY[@]}" COMPREPLY < <(compgen -f -- "$cur");;
      @folder)
        compopt -o filenames 2>/dev/null
        mapfile -t -O "${#COMPREPLY[@]}" COMPREPLY < <(compgen -d -- "$cur");;
      @none) ;;
      @*) mapfile -t -O "${#COMPREPLY[@]}" COMPREPLY < <(compgen -W "$("${COMP_WORDS[0]}" "${settings[@]}" completion values "${word#@}" 2>/dev/null)" -- "$cur");;
      *) [[ $word == "$cur"* ]] && COMPREPLY+=("$word");;
    esac
  done
  return 0
}
complete -F _aced_etl aced-etl
)sh";

constexpr std::string_view kZsh = R"sh(
_aced_etl() {
  local cur="${words[CURRENT]}" at='' option='' word candidates i
  local -a settings
  for ((i = 2; i < CURRENT; i++)); do
    word="${words[i]}"
    if [[ -n $option ]]; then
      [[ $option == --etl-yaml || $option == --creds ]] && settings+=("$option" "${word/#\~\//$HOME/}")
      option=''
    elif [[ $word == --etl-yaml=* || $word == --creds=* ]]; then
      settings+=("$word")
    elif [[ $word == -* ]]; then
      [[ -n $(_aced_etl_values "$at" "$word") ]] && option="$word"
    elif [[ " $(_aced_etl_commands "$at") " == *" $word "* ]]; then
      at="${at:+$at }$word"
    fi
  done
  if [[ -z $option && $cur == --*=* ]]; then
    option="${cur%%=*}"
    compset -P '*='
  fi
  if [[ -n $option ]]; then
    candidates="$(_aced_etl_values "$at" "$option")"
  elif [[ $cur == -* ]]; then
    candidates="$(_aced_etl_options "$at")"
  else
    candidates="$(_aced_etl_commands "$at") $(_aced_etl_arguments "$at")"
  fi
  for word in ${=candidates}; do
    case "$word" in
      @file) _files;;
      @folder) _files -/;;
      @none) ;;
      @*) compadd -- ${(f)"$("${words[1]}" "${settings[@]}" completion values "${word#@}" 2>/dev/null)"};;
      *) compadd -- "$word";;
    esac
  done
}
if [ "$funcstack[1]" = "_aced_etl" ]; then _aced_etl "$@"; else compdef _aced_etl aced-etl; fi
)sh";

constexpr std::string_view kFish = R"sh(
function __aced_etl_at -a wanted
  set -l at ''
  for word in (commandline -opc)[2..-1]
    set -l next (string trim -- "$at $word")
    contains -- "$next" $__aced_etl_paths; and set at "$next"
  end
  test "$at" = "$wanted"
end
function __aced_etl_values -a kind
  set -l words (commandline -opc)
  set -l settings
  for i in (seq 2 (count $words))
    switch $words[$i]
      case --etl-yaml --creds
        set -a settings $words[$i] $words[(math $i + 1)]
      case '--etl-yaml=*' '--creds=*'
        set -a settings $words[$i]
    end
  end
  $words[1] $settings completion values $kind 2>/dev/null
end
complete -c aced-etl -f
)sh";

std::string fish_quote(std::string_view text) {
  std::string result = "'";
  for (const char c : text) {
    if (c == '\'' || c == '\\') result += '\\';
    result += c;
  }
  return result + "'";
}

/// What fish offers for a value: ` -a '…'`, with its files or without.
std::string fish_values(const std::string& words) {
  if (words == "@file") return " -F";
  if (words == "@folder") return " -f -a '(__fish_complete_directories)'";
  if (words.starts_with("@")) {
    if (words == "@none") return " -f";
    return fmt::format(" -f -a '(__aced_etl_values {})'", words.substr(1));
  }
  return " -f -a " + fish_quote(words);
}

std::string fish_option(const OptionDoc& option, const std::string& condition) {
  std::string line = "complete -c aced-etl" + condition;
  for (const std::string& name : option.names) {
    line += name.starts_with("--") ? " -l " + name.substr(2) : " -s " + name.substr(1);
  }
  const std::string words = candidates(option);
  if (!words.empty()) line += " -r" + fish_values(words);
  return line + " -d " + fish_quote(option.text) + "\n";
}

}  // namespace

std::string bash_completion(const CommandDoc& root) {
  return "# bash completion for aced-etl; load it with: source <(aced-etl completion bash)\n" + lookups(root) +
         std::string(kBash);
}

std::string zsh_completion(const CommandDoc& root) {
  return "#compdef aced-etl\n# zsh completion for aced-etl; load it with: source <(aced-etl completion zsh)\n" +
         lookups(root) + std::string(kZsh);
}

std::string fish_completion(const CommandDoc& root) {
  std::string paths;
  std::string lines;
  each(root, [&](const CommandDoc& command) {
    if (!command.path.empty()) paths += " " + fish_quote(command.path);
    const std::string here = " -n " + fish_quote("__aced_etl_at '" + command.path + "'");
    for (const CommandDoc& sub : command.commands) {
      lines += fmt::format("complete -c aced-etl{} -a {} -d {}\n", here, sub.name, fish_quote(sub.description.summary));
    }
    for (const OptionDoc& option : command.options) lines += fish_option(option, command.path.empty() ? "" : here);
    for (const OptionDoc& argument : command.arguments) {
      const std::string words = candidates(argument);
      if (words != "@none") lines += fmt::format("complete -c aced-etl{}{}\n", here, fish_values(words));
    }
  });
  return "# fish completion for aced-etl; load it with: aced-etl completion fish | source\nset -g "
         "__aced_etl_paths" +
         paths + "\n" + std::string(kFish) + lines;
}

}  // namespace etl::cli

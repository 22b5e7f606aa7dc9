#include <fmt/format.h>

#include "stand_in/fence.hpp"
#include "stand_in/html.hpp"

namespace etl::stand_in {

Answer fence_page(int status, const std::string& message) {
  const auto said = message.empty() ? std::string()
                                    : fmt::format(R"(
          <p class="body">Error Message:</p>
          <p class="introduction">{}</p>)",
                                                  html_escape(message));
  return {status,
          fmt::format(R"(<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <title>{0}</title>
  </head>
  <body>
    <main>
      <div class="error-page">
        <h1>{0}</h1>
        <h2>{1}</h2>
        <div class="error-page__information">
          <p class="body">Error Identifier:</p>
          <p class="introduction">{2}</p>{3}
          <p class="body">Please try again!</p>
        </div>
      </div>
    </main>
  </body>
</html>
)",
                      status, status_phrase(status), random_uuid(), said),
          kHtmlType,
          {}};
}

}  // namespace etl::stand_in

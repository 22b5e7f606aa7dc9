"""How pytest-xdist spreads the tests over its workers (--dist loadgroup): file by file, the long ones first.

Each worker is a session: it has its own servers (those that its tests ask for), and its own canary, which knows the secrets
of just these. Several files want OpenSearch, which takes longest to start, and go together.
"""

from __future__ import annotations

import pytest

TOGETHER = {"test_gen3_commands": "search", "test_local_servers": "search", "test_search": "search", "test_search_single": "search",
            "test_search_guppy": "search", "test_search_real_guppy": "search", "test_fhir_store": "search", "test_unknown_names": "search"}

# What would keep one worker busy after the others have ended.
FIRST = ("test_gen3_commands", "test_local_servers", "test_search", "test_search_single", "test_search_guppy", "test_fhir_store", "test_graph_load_faults", "test_files_load", "test_graph_load_refused", "test_golden",
         "test_files_faults", "test_graph_admin", "test_files_others", "test_studies_faults", "test_docs_commands")


def spread(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Without workers the order stays as it is."""
    if config.getoption("dist", "no") == "no":
        return
    for item in items:
        group = "search" if item.name.endswith(("do_what_it_says[docs/search.md]", "do_what_it_says[README.md]")) else TOGETHER.get(item.path.stem, item.path.stem)
        item.add_marker(pytest.mark.xdist_group(group))
    items.sort(key=lambda item: FIRST.index(item.path.stem) if item.path.stem in FIRST else len(FIRST))

// Rows of a catalog query (core/tsql/catalog) as text, for code that is core-only: RAII and no backend.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "../core/tds/decode.hpp"
#include "../core/tds/session.hpp"

namespace mssql::pg {

using CatalogRow = std::vector<std::optional<std::string>>;

// Calls visit(CatalogRow&) for each row of the first result set. Throws Error.
template <class Visit>
void for_each_catalog_row(tds::Session& session, std::string_view sql, Visit&& visit) {
  session.execute(sql);
  if (session.next_result()) {
    Row row;
    CatalogRow texts;
    while (session.fetch(row)) {
      const auto columns = session.columns();
      texts.assign(row.size(), std::nullopt);
      for (std::size_t i = 0; i < row.size(); ++i) {
        if (row[i].is_null()) continue;
        tds::decode_to_text(columns[i], row[i], tds::CharacterPolicy::replace, texts[i].emplace());
      }
      visit(texts);
    }
  }
  while (session.next_result()) continue;
}

inline int as_int(const std::optional<std::string>& text) { return text ? std::atoi(text->c_str()) : 0; }
inline bool as_flag(const std::optional<std::string>& text) { return text && (*text == "true" || *text == "1"); }

}  // namespace mssql::pg

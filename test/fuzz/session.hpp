// A native session whose server is the fuzz input: for the targets that go through the driver.
#pragma once

#include "../unit/core/tds/canned_server.hpp"
#include "../unit/core/tds/native/scripted_server.hpp"
#include "core/tds/codec/decode.hpp"
#include "core/tds/codec/unicode.hpp"
#include "core/tds/codec/variant.hpp"
#include "core/tds/native/driver.hpp"
#include "fuzz.hpp"

namespace mssql::fuzz {

using tds::Cell;
using tds::Column;
using tds::Row;
using tds::WireType;

// Between the messages of an input.
inline constexpr std::string_view separator = "\nNEXT\n";

// How the bytes travel: the first three bytes of an input.
struct Travel {
  explicit Travel(Input& input) {
    static constexpr std::size_t pieces[] = {1 << 20, 1, 3, 64, 500, 4096};
    static constexpr std::size_t payloads[] = {4088, 1, 5, 100, 32759, 0};
    piece = input.choose(pieces);
    payload = input.choose(payloads);
    interrupt_at = input.byte();
  }

  // The messages in the rest of the input, in packets unless they are that already.
  std::vector<std::string> messages(const Input& input) {
    std::vector<std::string> out;
    std::string_view rest = input.rest();
    piece = std::max(piece, rest.size() / most_pieces);
    if (payload != 0) payload = std::max(payload, rest.size() / most_pieces);
    for (bool last = false; !last;) {
      const std::size_t end = rest.find(separator);
      last = end == std::string_view::npos;
      out.push_back(payload == 0 ? std::string(rest.substr(0, end)) : in_packets(rest.substr(0, end)));
      if (!last) rest.remove_prefix(end + separator.size());
    }
    return out;
  }
  std::string in_packets(std::string_view body) const { return tds::scripted::packets(body, payload); }

  static constexpr std::size_t most_pieces = 64;  // or a run would take longer than it is worth

  std::size_t piece;
  std::size_t payload;  // 0: the input has packet headers itself
  int interrupt_at;
};

inline void read_cell(const Column& column, const Cell& cell) {
  if (cell.is_null()) return;
  std::string text;
  succeeds([&] { decode_to_text(column, cell, tds::CharacterPolicy::error, text); });
  text.clear();
  if (succeeds([&] { decode_to_text(column, cell, tds::CharacterPolicy::replace, text); }))
    require(tds::find_unstorable(reinterpret_cast<const std::uint8_t*>(text.data()), text.size()) == text.size(),
            "text that PostgreSQL cannot store");
  if (column.type != WireType::variant) return;
  Column base;
  Cell value;
  succeeds([&] { tds::open_variant(column, cell, base, value); });
}

// A few requests with all of their results, of which one is prepared by its second run; an
// interruption ends a request, and the session goes on if it can.
inline void converse(tds::Session& session, tds::scripted::Server& server) {
  const std::vector<Parameter> parameters = {{{Type::int_}, std::int64_t{1}}};
  for (int request = 0; request < 6 && session.alive(); ++request) {
    succeeds([&] {
      if (request == 4) session.begin_transaction(tds::IsolationLevel::unchanged);
      if (request > 0 && request < 4)
        session.execute("SELECT @P1", parameters);
      else
        session.execute("SELECT 1");
      while (session.next_result()) {
        const std::span<const Column> columns = session.columns();  // good until the next result
        Row row;
        while (session.fetch(row)) {
          require(row.size() == columns.size(), "a row that does not have its columns");
          for (std::size_t i = 0; i < row.size(); ++i) read_cell(columns[i], row[i]);
        }
      }
      require(!session.busy(), "a request that is complete and busy");
      session.rows_affected();
    });
    server.interrupt_at(0);
    session.cancel();
    require(!session.busy(), "a session that is busy after a cancel");
  }
}

}  // namespace mssql::fuzz

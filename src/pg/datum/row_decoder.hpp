// From a source's row to datums. Each source has a decoder of its own, chosen once a query; it is
// called once a row. Here is the only place that knows which sources there are.
#pragma once

#include "core/source/session.hpp"
#include "core/types.hpp"
#include "pg/host/boundary.hpp"

namespace mssql::pg {

// What a remote column is beyond its bytes: its declared type, where it is known, which only CLR
// types need; and whether it was selected as raw text (tsql/select.hpp).
struct RemoteColumn {
  bool known;
  RemoteType type;
  bool raw_text;
};

// Where the columns of a query go: the i-th one to the attribute attnums[i] (1-based).
struct RowTarget {
  TupleDesc descriptor;
  const int* attnums;
  int ncolumns;
  const RemoteColumn* columns;  // ncolumns entries; may be null
  source::CharacterPolicy policy;
};

class RowDecoder {
 public:
  virtual ~RowDecoder() = default;

  // Fills values[attnum-1] and isnull[attnum-1] of the target's attributes; the others are left
  // alone. Values are allocated in the current memory context.
  virtual void decode(source::Row row, Datum* values, bool* isnull) = 0;
  // Whether the result that the session is in has the columns that this one was made for.
  virtual bool reads(const source::Session& session) const = 0;
  // From here on rows come from the tuplestore, and end where their last cell ends.
  virtual void leave_wire() noexcept {}
  // The attribute that is being converted, for messages; null: none.
  virtual const char* converting() const noexcept = 0;
  // The session has gone to somebody else while a row of it was converted: decode() fails at its
  // next value.
  void lose_row() noexcept { row_is_lost_ = true; }

 protected:
  bool row_is_lost_{false};
};

// Of the result that the session is in; lives in the current memory context. ereports 42804 where
// the columns differ in number, or one has no conversion into its attribute that keeps every value.
RowDecoder* make_row_decoder(const source::Session& session, const RowTarget& target);

}  // namespace mssql::pg

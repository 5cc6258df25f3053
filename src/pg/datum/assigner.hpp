// Datums to values of a remote column: for INSERT, UPDATE and COPY. The inverse of datum.hpp, so
// that what is read of a column can be written back; a value that the column cannot hold is an
// error that names it, never another value.
#pragma once

#include "core/tsql/assign.hpp"
#include "sender.hpp"

namespace mssql::pg {

// Trivially destructible; what it points to lives in the context it was chosen in.
struct Assigner {
  Sender sender;
  PGFunction coercion;  // to the type that the sender takes; null: none
  RemoteType remote;
  const char* column;   // the local name
  Oid type;             // the local type, for messages
  const char* refused;  // why no value can be assigned; null: it can
  bool own_kind;        // every value is of the remote type's own kind, not text that the server reads
};

// `table`: of the attribute, for messages.
Assigner choose_assigner(Form_pg_attribute attribute, const RemoteType& remote);

// The value, in the current memory context or in the datum. ereports class 22 for what the column
// cannot hold, 0A000 for a column that takes no value.
void assign(const Assigner& assigner, Datum value, bool isnull, Parameter* parameter);

// Whether the characters of a value that assign() has made are all in the code page.
bool is_in_code_page(const Parameter& parameter, int code_page);
// ereports 22P05: a character of the value is none of the code page.
[[noreturn]] void raise_not_in_code_page(const Assigner& assigner, int code_page);

// The parameter by which a row is found by this column of its key (tsql::KeyMatch); `value` is not
// NULL.
void assign_key(const Assigner& assigner, Datum value, Parameter* parameter);
// The same key, whether its blanks are those with which the server pads char(n) or not.
void trim_key(const Assigner& assigner, Parameter* parameter);
// Why values of the column, as they are read here, cannot tell its rows apart; null: they can.
const char* why_no_key(const Assigner& assigner);

}  // namespace mssql::pg

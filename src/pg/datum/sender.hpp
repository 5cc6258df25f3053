// Datums to the values that are sent: which PostgreSQL types have a value of their own in T-SQL,
// and the conversions, all binary but for types that SQL Server does not know, which go as text.
// The mirror of datum.hpp.
#pragma once

#include "core/scalar.hpp"
#include "pg/host/boundary.hpp"

namespace mssql::pg {

struct Sender;
// False: SQL Server has no such value. `parameter` has the type of a NULL; what depends on the
// value is set.
using SendFunction = bool (*)(const Sender& self, Datum datum, Parameter* parameter);

// Trivially destructible; what it points to lives in the context it was chosen in.
struct Sender {
  SendFunction function;
  Oid type;           // for a domain its base type
  RemoteType remote;  // of NULL
  FmgrInfo* output;   // of types that go as text
};

Sender choose_sender(Oid type);
// Sends the text of the values, whatever the type.
Sender choose_text_sender(Oid type);

// The value, in the current memory context or in the datum, and the type that it is declared as
// where nothing else says one: a decimal of the value's own digits, of which there may be more than
// the 38 that a type has (Decimal::cut), nvarchar for what has no counterpart. False for infinity,
// NaN, a year outside 0001..9999, 24:00, more than 38 digits before the point.
bool send(const Sender& sender, Datum datum, bool isnull, Parameter* parameter);

// Whether every value of the type, and so of any parameter of that type, can be compared with any
// remote column that shows it.
bool always_sendable(Oid type);

}  // namespace mssql::pg

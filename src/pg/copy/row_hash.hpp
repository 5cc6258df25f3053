// What the loaded columns of a row are here: their size, and their hash. The hash is over values as
// they stand in the table, whichever way they have come and however they are kept there: not over
// their compression, headers, padding or place. A domain's are those of its base type, and what a
// type's input function has made of a text is hashed as that made it: so are those of arrays,
// enums and other types of users, in which the numbers of types and labels stand, that are others
// in another database. Nothing of a type is called.
#pragma once

#include "core/copy/row_hash.hpp"
#include "pg/host/boundary.hpp"

namespace mssql::pg {

struct RowHash;

// In the current memory context. `attnums` are in the order of the source's columns; `wanted`: not
// only their size.
RowHash* make_row_hash(TupleDesc descriptor, const int* attnums, int ncolumns, bool wanted);
// Counts a row of values; what these take without headers, padding and compression, which is the
// same whichever driver brought them. What is compressed or stored elsewhere is fetched into the
// current memory context.
std::uint64_t add_to_hash(RowHash* hash, const TupleTableSlot* slot);
// The sum of all rows.
replicate::Hash128 sum_of(RowHash* hash);
// As SQL has a hash, in the current memory context.
Datum uuid_of(replicate::Hash128 hash);

}  // namespace mssql::pg

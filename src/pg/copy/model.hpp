// The rows of a model (src/sql/plan/model.sql), as long as the call that makes it: the source's
// catalog and what is mapped of it. They live in this session's memory, a set for each row type. So
// they are read as often as the plan asks, without being parsed again, a query over them is planned
// by how many they are, and nobody else can write them, nor, once it is complete, can code that the
// run of its maker calls.
#pragma once

#include "pg/host/postgres.hpp"

namespace mssql::pg {

// A set's rows, datums of its row type.
struct ModelRows {
  Datum* rows;
  int count;
};

// A new model without rows; its number. It dies with forget_model(), or with the (sub)transaction.
int make_model();
void forget_model(int model);
// From here on its rows stay as they are.
void complete_model(int model);

// The rows of their type in the model are these from now on; `rows` is copied, an array of a
// composite type (else 42804). Only who has made a model reaches it: any other one is an error.
void keep_rows(int model, ArrayType* rows);
// The same of a complete model, by the run that it is of.
void replace_rows(int model, ArrayType* rows);
// One more row of `descriptor`'s type; it is copied.
void add_row(int model, TupleDesc descriptor, HeapTuple row);
ModelRows rows_of_model(int model, Oid type);

// How many rows of the type the newest model has; -1: there is none.
int rows_of_newest_model(Oid type);

}  // namespace mssql::pg

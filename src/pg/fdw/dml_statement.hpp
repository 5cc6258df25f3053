// One statement that writes: its text, its way to the server, and what the server answers.
#pragma once

#include "pg/datum/row_decoder.hpp"
#include "written_table.hpp"

namespace mssql::pg {

// The texts that a statement here has made so far, each with what decodes its answer.
struct DmlStatement {
  Bitmapset* columns;  // attnums that have values
  int rows;
  const char* sql;   // in the server's encoding, for messages
  const char* utf8;  // as it is sent
  RowDecoder* decoder;
};

class Returned;

struct DmlSender {
  WrittenTable* table;
  CmdType operation;
  List* keys;      // attnums
  List* returned;  // attnums
  bool skips_duplicates;
  bool by_variable;       // the table has triggers (Output::by_variable)
  MemoryContext context;  // of the statements, reset where they are no good any more
  List* statements;       // DmlStatement*
  Returned* cells;        // of the row that was returned last
  int* returned_attnums;
  RemoteColumn* returned_columns;
  const char* sending;  // for messages; null: no statement is on its way
};

// Lives in the current memory context.
DmlSender* make_dml_sender(WrittenTable* table, CmdType operation, List* keys, List* returned, bool skips_duplicates);

// The text for so many rows with values for these columns; it is kept.
DmlStatement* find_statement(DmlSender* sender, Bitmapset* columns, int rows);

// Sends it; how many rows the server has written. The values that are returned, of the first row,
// go to values[attnum - 1] and isnull[attnum - 1], allocated in the current memory context.
std::int64_t send_statement(DmlSender* sender, Bitmapset* columns, int rows, std::span<const Parameter> parameters,
                            Datum* values, bool* isnull);

// Adds to the context of errors what they are about: the table, and the SQL that is on its way.
void describe_dml(void* sender);

}  // namespace mssql::pg

// A written table's columns; written_table.hpp states the contracts.

#include "written_table.hpp"

#include <algorithm>

#include "core/source/ask.hpp"
#include "core/tsql/dml.hpp"
#include "pg/remote/connection.hpp"

namespace mssql::pg {

namespace {

// What the server says of one column, where no destructor is owed.
struct RemoteColumnFacts {
  const char* name;  // UTF-8
  bool known;        // a type that we know
  RemoteType type;
  bool is_identity;
  bool is_generated;
  int code_page;
};

struct Question {
  const WrittenTable* table;
  const char* sql;
};

void describe_question(void* argument) {
  const auto* question = static_cast<const Question*>(argument);
  describe_statement(question->table->what, question->sql);
}

using Answers = std::vector<source::Answer>;

// Core only.
void ask(source::Session& session, const char* sql, Answers& answers) {
  answers.clear();
  source::ask_rows(session, sql, "the columns of a table", tsql::table_columns_count,
                   [&](source::Answer answer) { answers.push_back(std::move(answer)); });
}

// Core only.
RemoteColumnFacts facts_of(const source::Answer& answer) {
  const auto number = [&](std::size_t i) {
    return static_cast<int>(source::integer_of(answer[i], "the columns of a table").value_or(0));
  };
  RemoteColumnFacts facts{};
  facts.name = copy_out(answer[0].value_or(""));
  const std::optional<Type> type = type_from_name(answer[1].value_or(""));
  facts.known = type.has_value();
  if (type) facts.type = {*type, number(2), number(3), number(4)};
  facts.is_identity = number(5) != 0;
  facts.is_generated = number(6) != 0;
  facts.code_page = number(7);
  return facts;
}

bool same_ignoring_case(const char* a, const char* b) { return pg_strcasecmp(a, b) == 0; }

// The column that the server calls so, or would take it for; null: none.
const RemoteColumnFacts* find_facts(const RemoteColumnFacts* facts, std::size_t count, const char* name) {
  for (std::size_t i = 0; i < count; ++i)
    if (std::strcmp(facts[i].name, name) == 0) return &facts[i];
  for (std::size_t i = 0; i < count; ++i)
    if (same_ignoring_case(facts[i].name, name)) return &facts[i];
  return nullptr;
}

void take_facts(const WrittenTable* table, int attnum, const RemoteColumnFacts* facts) {
  WrittenColumn& column = table->columns[attnum - 1];
  if (facts == nullptr) {
    ereport(ERROR, (errcode(ERRCODE_UNDEFINED_COLUMN),
                    errmsg("column \"%s\" of %s does not exist on the server", column.local_name, table->what)));
  }
  column.code_page = facts->code_page;
  if (column.known) return;
  if (column.generated == Generated::never && facts->is_identity) column.generated = Generated::identity;
  if (column.generated == Generated::never && facts->is_generated) column.generated = Generated::always;
  column.known = true;
  column.type = facts->known ? facts->type : RemoteType{Type::nvarchar, -1, 0, 0};
  column.assigner = choose_assigner(TupleDescAttr(table->descriptor, attnum - 1), column.type);
}

const char* columns_query(const char* table) { return copy_out(tsql::table_columns_query(table)); }

void ask_server(WrittenTable* table) {
  table->asked = true;
  const char* utf8 = columns_query(to_utf8(table->name));
  Question question{table, nullptr};
  auto* answers = own<Answers>(CurrentMemoryContext);
  fence_with_context(describe_question, &question, [&] {
    begin_with(table->server, table->user, {.writes = true}, [&](source::Session& session) {
      question.sql = utf8;
      ask(session, utf8, *answers);
    });
  });
  const std::size_t count = answers->size();
  if (count == 0) {
    ereport(ERROR, (errcode(ERRCODE_UNDEFINED_TABLE), errmsg("%s does not exist on the server", table->what),
                    errdetail("The server has no table %s, or the login may not see it.", table->name)));
  }
  auto* facts = static_cast<RemoteColumnFacts*>(palloc0(sizeof(RemoteColumnFacts) * count));
  for (std::size_t i = 0; i < count; ++i) facts[i] = facts_of((*answers)[i]);
  for (int attnum = 1; attnum <= table->descriptor->natts; ++attnum) {
    if (column_of(table, attnum).exists)
      take_facts(table, attnum, find_facts(facts, count, column_of(table, attnum).name));
  }
}

Generated generated_option(Oid relation, AttrNumber attnum, const RemoteType* type) {
  const OptionList options = option_list(GetForeignColumnOptions(relation, attnum));
  if (type != nullptr && type->type == Type::rowversion) return Generated::always;
  if (!option_value(OptionContext::column, options, "generated")) return Generated::never;
  return choice_option(OptionContext::column, options, "generated", 0) == 0 ? Generated::always : Generated::identity;
}

WrittenColumn describe_column(Oid relation, Form_pg_attribute attribute, const RemoteAttribute& remote) {
  WrittenColumn column{};
  column.exists = true;
  column.local_name = pstrdup(NameStr(attribute->attname));
  column.name = to_utf8(remote.name);
  column.quoted = remote.quoted;
  column.known = remote.known;
  column.type = remote.known ? remote.type : RemoteType{Type::nvarchar, -1, 0, 0};
  column.generated = generated_option(relation, attribute->attnum, remote.known ? &remote.type : nullptr);
  column.assigner = choose_assigner(attribute, column.type);
  return column;
}

}  // namespace

WrittenTable* describe_written_table(Relation relation, Oid user) {
  auto* table = static_cast<WrittenTable*>(palloc0(sizeof(WrittenTable)));
  ForeignTable* foreign = GetForeignTable(RelationGetRelid(relation));
  ForeignServer* server = GetForeignServer(foreign->serverid);
  table->server = server->serverid;
  table->user = user;
  table->what = psprintf("foreign table \"%s\"", RelationGetRelationName(relation));
  table->options = table_options(RelationGetRelid(relation), foreign, server);
  const RemoteTable remote = describe_remote_table(relation, table->options);
  table->name = remote.source.from;
  table->descriptor = CreateTupleDescCopyConstr(RelationGetDescr(relation));
  table->columns = static_cast<WrittenColumn*>(
      palloc0(sizeof(WrittenColumn) * static_cast<std::size_t>(std::max(table->descriptor->natts, 1))));
  for (int i = 0; i < table->descriptor->natts; ++i) {
    const Form_pg_attribute attribute = TupleDescAttr(table->descriptor, i);
    if (!attribute->attisdropped)
      table->columns[i] = describe_column(RelationGetRelid(relation), attribute, remote.attributes[i]);
  }
  return table;
}

void complete_types(WrittenTable* table) {
  for (int attnum = 1; attnum <= table->descriptor->natts; ++attnum) {
    const WrittenColumn& column = column_of(table, attnum);
    if (column.exists && !column.known && !table->asked) ask_server(table);
  }
}

int code_page_of(WrittenTable* table, AttrNumber attnum) {
  if (!table->asked) ask_server(table);
  return column_of(table, attnum).code_page;
}

}  // namespace mssql::pg

#include "steps.hpp"

#include <algorithm>
#include <cstdlib>

#include "pg/host/boundary.hpp"
#include "pg/host/rows.hpp"
#include "pg/host/settings.hpp"
#include "constraint_check.hpp"
#include "run.hpp"
#include "table_steps.hpp"

namespace mssql::pg {

namespace {

// From here on a step has locks that others wait for.
constexpr int first_exclusive_phase = 82;

bool is(const Step& step, const char* kind) { return std::strcmp(step.kind, kind) == 0; }

bool is_one_of(const char* kind, std::initializer_list<const char*> kinds) {
  return std::any_of(kinds.begin(), kinds.end(), [&](const char* each) { return std::strcmp(kind, each) == 0; });
}

// Without harm to the data.
bool may_fail(const Step& step) {
  return is_one_of(step.kind, {"default", "primary key", "unique", "index", "check", "foreign key", "validate"});
}

// What these call says itself that it is a step (begin_step).
bool calls_steps(const Step& step) {
  return is_one_of(step.kind, {"staging schema", "drop schema", "load", "verify", "stage", "stage rows",
                               "stage indexes", "lock", "switch"});
}

// Triggers, defaults and checks of the caller's run with his search_path; the statement names
// nothing that it could choose.
bool writes_rows(const Step& step) {
  return is_one_of(step.kind, {"truncate", "refill", "delete", "update", "insert"});
}

// The verb of a step without a statement; null: the target lacks nothing.
const char* verb_of_note(const Step& step) {
  if (is(step, "table") || is(step, "isolation")) return nullptr;
  if (is_one_of(step.kind, {"default", "check"}) && step.note != nullptr &&
      std::strstr(step.note, "not translated: ") != nullptr)
    return "not translated";
  if (is_one_of(step.kind, {"primary key", "unique", "index", "check", "foreign key"})) return "not made";
  if (is_one_of(step.kind, {"column", "copy"})) return "without a source";
  if (is(step, "finding")) return "";
  if (is(step, "publication")) return "left behind";
  if (is(step, "pattern")) return "without a match";
  if (is(step, "database")) return "without tables";
  return "not copied";
}

// A table that is loaded.
struct Loaded {
  int table_id;
  int number;  // of all, in load order
  const char* source;
  const char* target;
};

struct LoadedTables {
  Loaded* tables;  // by table_id
  int count;
  int total;  // in the whole run
  int chunk;  // what is loaded of the one; 0: all of it
  int chunks;

  const Loaded* find(int table_id) const {
    const Loaded* begin = tables;
    const Loaded* end = begin + count;
    const auto is_before = [](const Loaded& table, int id) { return table.table_id < id; };
    const Loaded* found = std::lower_bound(begin, end, table_id, is_before);
    return found != end && found->table_id == table_id ? found : nullptr;
  }
  const Loaded* find(const char* target) const {
    for (int i = 0; i < count && target != nullptr; ++i) {
      if (std::strcmp(tables[i].target, target) == 0) return &tables[i];
    }
    return nullptr;
  }
};

const char* kept(MemoryContext context, const char* text) {
  return MemoryContextStrdup(context, text == nullptr ? "" : text);
}

LoadedTables loaded_tables(const StepList& steps, const Share* share) {
  MemoryContext whole = CurrentMemoryContext;
  MemoryContext each = AllocSetContextCreate(whole, "mssql_fdw step", ALLOCSET_DEFAULT_SIZES);
  LoadedTables loaded{nullptr, 0, 0, 0, 0};
  loaded.tables = static_cast<Loaded*>(palloc(sizeof(Loaded) * static_cast<std::size_t>(steps.count() + 1)));
  MemoryContextSwitchTo(each);
  for (int i = 0; i < steps.count(); ++i) {
    MemoryContextReset(each);
    const Step step = steps.at(i);
    if (!is(step, "load")) continue;
    loaded.tables[loaded.count] = {step.table_id, loaded.count + 1, kept(whole, step.source), kept(whole, step.target)};
    ++loaded.count;
  }
  MemoryContextSwitchTo(whole);
  MemoryContextDelete(each);
  std::sort(loaded.tables, loaded.tables + loaded.count,
            [](const Loaded& a, const Loaded& b) { return a.table_id < b.table_id; });
  loaded.total = share == nullptr ? loaded.count : share->tables;
  if (share != nullptr && loaded.count == 1) loaded.tables[0].number = share->number;
  if (share != nullptr && share->chunk > 0) loaded.chunk = share->chunk;
  if (loaded.chunk > 0) loaded.chunks = share->chunks;
  return loaded;
}

// What a step must have answered there.
const char* cell(const Answer& answer, int row, int column) {
  if (row >= answer.nrows || column >= answer.ncolumns || answer.rows[row][column] == nullptr)
    elog(ERROR, "a step answered nothing in row %d, column %d", row + 1, column + 1);
  return answer.rows[row][column];
}

// The same where it may be NULL.
const char* cell_or_null(const Answer& answer, int row, int column) {
  if (row >= answer.nrows || column >= answer.ncolumns) (void)cell(answer, row, column);
  return answer.rows[row][column];
}

// A run's way through its steps.
class Execution {
 public:
  Execution(const StepList& steps, const char* schema, StepHost& host, StepWitness& witness, const Share* share)
      : steps_(steps), schema_(schema), host_(host), witness_(witness), loaded_(loaded_tables(steps, share)) {}

  void run() {
    MemoryContext whole = CurrentMemoryContext;
    MemoryContext each = AllocSetContextCreate(whole, "mssql_fdw step", ALLOCSET_DEFAULT_SIZES);
    for (;; ++at_) {
      MemoryContextSwitchTo(each);
      at_ = host_.next(at_);
      if (at_ >= steps_.count()) break;
      const Step step = steps_.at(at_);
      const bool failed = run_step(step);
      MemoryContextSwitchTo(whole);
      if (failed) undone_ = lappend(undone_, cstring_to_text(step.statement));
      MemoryContextReset(each);
    }
    MemoryContextSwitchTo(whole);
    MemoryContextDelete(each);
    if (!claimed_) host_.claim();
  }

 private:
  void begin(const Step& step) {
    began_ = GetCurrentTimestamp();
    const Loaded* table = loaded_.find(step.table_id);
    show_progress({step.kind, step.source, step.target, table == nullptr ? 0 : table->number, loaded_.total,
                   loaded_.chunk, loaded_.chunks});
    if (step.phase < first_exclusive_phase || claimed_) return;
    host_.claim();
    claimed_ = true;
  }

  std::int64_t elapsed() const { return GetCurrentTimestamp() - began_; }

  // Whether it failed.
  bool run_step(const Step& step) {
    begin(step);
    if (step.statement == nullptr || (is(step, "validate") && is_undone(step))) {
      if (is(step, "isolation")) say(false, step.note, nullptr, nullptr);
      if (is(step, "publication")) {
        say(true, step.note, psprintf("Replaced: %s.", step.target),
            "on_existing => 'refresh' keeps such tables, and subscribers get what changes.");
      }
      tell(step, "skipped", step.statement == nullptr ? verb_of_note(step) : nullptr, step.note, nullptr);
      return false;
    }
    const Answer answer = host_.execute(step, may_fail(step));
    if (answer.failure != nullptr) {
      tell_failure(step, answer);
    } else {
      tell_answer(step, answer);
      tell_time(step);
      tell(step, "done", nullptr, step.note, &answer);
    }
    return answer.failure != nullptr;
  }

  // Nothing is validated that was not made.
  bool is_undone(const Step& step) const {
    if (undone_ == NIL) return false;
    const Datum added =
        DirectFunctionCall3Coll(replace_text, C_COLLATION_OID, CStringGetTextDatum(psprintf("%s ", step.statement)),
                                CStringGetTextDatum(" VALIDATE CONSTRAINT "), CStringGetTextDatum(" ADD CONSTRAINT "));
    ListCell* cell = nullptr;
    foreach (cell, undone_) {
      if (DatumGetBool(
              DirectFunctionCall2Coll(text_starts_with, C_COLLATION_OID, PointerGetDatum(lfirst(cell)), added)))
        return true;
    }
    return false;
  }

  void tell(const Step& step, const char* outcome, const char* verb, const char* note, const Answer* answer) {
    witness_.became(
        {at_ + 1, step.table_id, step.kind, step.source, step.target, outcome, verb, note, answer, elapsed()});
  }

  void tell_answer(const Step& step, const Answer& answer) {
    if (is(step, "load")) {
      tell_load(step, answer);
    } else if (is(step, "switch")) {
      for (int i = 0; i < answer.nrows; ++i) tell_violation(answer, i);
      host_.check_names();
    } else if (is(step, "lock")) {
      host_.check_names();
    } else if (is(step, "count")) {
      if (cell_or_null(answer, 0, 0) != nullptr) tell_written(step, cell(answer, 0, 0));
    } else if (is(step, "stage indexes")) {
      for (int i = 0; i < answer.nrows; ++i) tell_misfit(step, answer, i);
    }
  }

  // The error's detail may hold values of rows: it is for the caller and not for history, which
  // others read.
  void tell_failure(const Step& step, const Answer& answer) {
    const bool validates = is(step, "validate");
    const char* detail = answer.detail == nullptr ? "" : psprintf("%s ", answer.detail);
    say(true, psprintf("%s of %s failed: %s", step.kind, step.target, answer.failure),
        psprintf("%sThe statement was: %s", detail, step.statement),
        validates
            ? "The constraint stands, NOT VALID: it holds for new rows."
            : psprintf("The next run that includes %s tries it again.", step.source == nullptr ? "" : step.source));
    tell(step, "failed", validates ? "not validated" : "failed",
         psprintf("%s failed: %s. Statement: %s", step.kind, answer.failure, step.statement), nullptr);
  }

  // Of a chunk its leader has more to say.
  void tell_load(const Step& step, const Answer& answer) {
    if (loaded_.chunk > 0) return;
    const Loaded* table = loaded_.find(step.table_id);
    const auto rows = std::strtoll(cell(answer, 0, 0), nullptr, 10);
    const auto bytes = std::strtoll(cell(answer, 0, 1), nullptr, 10);
    say(false,
        psprintf("table %d of %d: %s -> %s: %s", table->number, loaded_.total, step.source, step.target,
                 amount_of(schema_, rows, bytes, elapsed())),
        nullptr, nullptr);
  }

  // PostgreSQL says nothing of its own while it builds an index, say.
  void tell_time(const Step& step) {
    if (is(step, "load") || elapsed() < tell_interval_us) return;
    const char* of = step.target == nullptr ? step.source : step.target;
    say(false,
        psprintf("%s%s%s in %.0f s", step.kind, of == nullptr ? "" : " of ", of == nullptr ? "" : of,
                 static_cast<double>(elapsed()) / 1e6),
        nullptr, nullptr);
  }

  // A constraint that the new rows violate: relation, subject, message, detail.
  void tell_violation(const Answer& answer, int i) {
    const char* relation = cell(answer, i, 0);
    const Loaded* table = loaded_.find(cell(answer, i, 1));
    if (table == nullptr) elog(ERROR, "table %s is not of this run", cell(answer, i, 1));
    const char* said = psprintf("constraint of %s is no longer valid: %s", relation, cell(answer, i, 2));
    say(true, said, cell_or_null(answer, i, 3), "The constraint stands, NOT VALID: it holds for new rows.");
    witness_.became(
        {at_ + 1, table->table_id, "validate", table->source, relation, "failed", "not validated", said, nullptr, 0});
  }

  // What others have made of a copy that stays, for it was the same: nobody knows whether it is.
  void tell_written(const Step& step, const char* said) {
    const char* next = "The next run loads it.";
    say(true, psprintf("%s is set aside: %s", step.source, said), nullptr, next);
    const char** row = &next;
    const Answer told{&row, 1, 1, nullptr, nullptr};
    witness_.became({at_ + 1, step.table_id, "table", step.source, step.target, "failed", set_aside, said, &told, 0});
  }

  // An index that the new rows do not fit into: its name, the failure, its detail, the statement.
  void tell_misfit(const Step& step, const Answer& answer, int i) {
    const char* failure = cell(answer, i, 1);
    const char* detail = cell_or_null(answer, i, 2) == nullptr ? "" : psprintf("%s ", cell(answer, i, 2));
    const char* statement = cell(answer, i, 3);
    say(true,
        psprintf("index \"%s\" of %s is dropped, for the new rows do not fit: %s", cell(answer, i, 0), step.target,
                 failure),
        psprintf("%sThe statement was: %s", detail, statement),
        "Where the source has it, the next run tries it again.");
    witness_.became({at_ + 1, step.table_id, "index", step.source, step.target, "failed", "failed",
                     psprintf("index failed: %s. Statement: %s", failure, statement), nullptr, 0});
  }

  const StepList& steps_;
  const char* schema_;
  StepHost& host_;
  StepWitness& witness_;
  LoadedTables loaded_;
  List* undone_ = NIL;  // the statements that failed so far
  int at_ = 0;
  TimestampTz began_ = 0;
  bool claimed_ = false;
};

// How many rows a statement has written.
Answer answer_of_count(std::uint64_t count, MemoryContext context) {
  MemoryContext old = MemoryContextSwitchTo(context);
  auto** row = static_cast<const char**>(palloc(sizeof(char*)));
  auto*** rows = static_cast<const char***>(palloc(sizeof(char**)));
  row[0] = psprintf(UINT64_FORMAT, count);
  rows[0] = row;
  MemoryContextSwitchTo(old);
  return {rows, 1, 1, nullptr, nullptr};
}

// In the memory context that was current before SPI was connected.
Answer answer_of_spi(int result, MemoryContext context) {
  if (result == SPI_OK_INSERT || result == SPI_OK_UPDATE || result == SPI_OK_DELETE)
    return answer_of_count(SPI_processed, context);
  Answer answer{};
  if (SPI_tuptable == nullptr) return answer;
  MemoryContext old = MemoryContextSwitchTo(context);
  answer.nrows = static_cast<int>(SPI_processed);
  answer.ncolumns = SPI_tuptable->tupdesc->natts;
  answer.rows = static_cast<const char***>(palloc(sizeof(char**) * (SPI_processed + 1)));
  for (int i = 0; i < answer.nrows; ++i) {
    answer.rows[i] = static_cast<const char**>(palloc(sizeof(char*) * static_cast<std::size_t>(answer.ncolumns + 1)));
    for (int c = 0; c < answer.ncolumns; ++c)
      answer.rows[i][c] = SPI_getvalue(SPI_tuptable->vals[i], SPI_tuptable->tupdesc, c + 1);
  }
  MemoryContextSwitchTo(old);
  return answer;
}

Answer execute_now(const Step& step, const char* schema) {
  const bool is_statement = !calls_steps(step) && begin_statement();
  const int settings = writes_rows(step) ? take_callers_path() : NewGUCNestLevel();
  Answer answer{};
  if (!is(step, "validate") || !validate_foreign_key(schema, step.statement)) {
    MemoryContext context = CurrentMemoryContext;
    SPI_connect();
    const int result = SPI_execute(step.statement, false, 0);
    if (result < 0) elog(ERROR, "statement of a step was not executed");
    answer = answer_of_spi(result, context);
    SPI_finish();
  }
  release_settings(settings);
  if (is_statement) end_step();
  return answer;
}

struct Attempt {
  const Step* step;
  const char* schema;
  Answer answer;
};

void attempt(void* argument) {
  auto* attempt = static_cast<Attempt*>(argument);
  attempt->answer = execute_now(*attempt->step, attempt->schema);
}

bool is_harmless(const ErrorData& error, void* argument) {
  const int category = ERRCODE_TO_CATEGORY(error.sqlerrcode);
  if (category != ERRCODE_INTEGRITY_CONSTRAINT_VIOLATION && category != ERRCODE_DATA_EXCEPTION &&
      category != ERRCODE_PROGRAM_LIMIT_EXCEEDED && category != ERRCODE_FEATURE_NOT_SUPPORTED &&
      category != ERRCODE_SYNTAX_ERROR_OR_ACCESS_RULE_VIOLATION && error.sqlerrcode != ERRCODE_OBJECT_IN_USE)
    return false;
  auto* attempt = static_cast<Attempt*>(argument);
  attempt->answer.failure = pstrdup(error.message == nullptr ? "" : error.message);
  attempt->answer.detail = error.detail == nullptr || *error.detail == '\0' ? nullptr : pstrdup(error.detail);
  return true;
}

void call_own(const char* sql, int nargs, Oid* types, Datum* values) {
  SPI_connect();
  if (SPI_execute_with_args(sql, nargs, types, values, nullptr, false, 0) != SPI_OK_SELECT)
    elog(ERROR, "query of our own failed");
  SPI_finish();
}

}  // namespace

StepList::StepList(ArrayType* steps) : type_(ARR_ELEMTYPE(steps)), values_(nullptr), count_(0), descriptor_(nullptr) {
  bool* nulls = nullptr;
  deconstruct_array(steps, type_, -1, false, TYPALIGN_DOUBLE, &values_, &nulls, &count_);
  for (int i = 0; i < count_; ++i) {
    if (nulls[i]) ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED), errmsg("steps must not be null")));
  }
  descriptor_ = lookup_rowtype_tupdesc_copy(type_, -1);
}

Step StepList::at(int i) const {
  enum { phase, position, ordinal, table_id, kind, source, target, statement, note, count };
  HeapTupleData tuple = tuple_of(DatumGetHeapTupleHeader(values_[i]));
  Datum values[count];
  bool nulls[count];
  if (descriptor_->natts != count) elog(ERROR, "a step has %d columns", descriptor_->natts);
  heap_deform_tuple(&tuple, descriptor_, values, nulls);
  const auto number = [&](int c) { return nulls[c] ? 0 : DatumGetInt32(values[c]); };
  const auto word = [&](int c) -> const char* { return nulls[c] ? nullptr : TextDatumGetCString(values[c]); };
  return {number(phase),   number(table_id), nulls[kind] ? "" : word(kind), word(source), word(target),
          word(statement), word(note)};
}

ArrayType* StepList::select(const int* numbers, int count) const {
  auto* selected = static_cast<Datum*>(palloc(sizeof(Datum) * static_cast<std::size_t>(count + 1)));
  for (int i = 0; i < count; ++i) selected[i] = values_[numbers[i]];
  return construct_array(selected, count, type_, -1, false, TYPALIGN_DOUBLE);
}

void execute_steps(const StepList& steps, const char* schema, StepHost& host, StepWitness& witness,
                   const Share* share) {
  Execution(steps, schema, host, witness, share).run();
}

const char* amount_of(const char* schema, std::int64_t rows, std::int64_t bytes, std::int64_t elapsed_us) {
  Oid types[] = {INT8OID, INT8OID, INT8OID};
  Datum values[] = {Int64GetDatum(rows), Int64GetDatum(bytes), Int64GetDatum(elapsed_us)};
  MemoryContext context = CurrentMemoryContext;
  SPI_connect();
  const char* sql = psprintf("SELECT %s._amount($1, $2, $3 * interval '1 microsecond')", schema);
  if (SPI_execute_with_args(sql, lengthof(types), types, values, nullptr, true, 1) != SPI_OK_SELECT)
    elog(ERROR, "load has no amount");
  MemoryContextSwitchTo(context);
  const char* text = SPI_getvalue(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1);
  SPI_finish();
  return text;
}

Answer CallersTransaction::execute(const Step& step, bool may_fail) {
  if (!may_fail) return execute_now(step, schema_);
  Attempt attempted{&step, schema_, {}};
  (void)in_subtransaction(attempt, &attempted, is_harmless);
  return attempted.answer;
}

void CallersTransaction::claim() {
  Oid types[] = {JSONBOID, get_array_type(ARR_ELEMTYPE(steps_))};
  Datum values[] = {model_, PointerGetDatum(steps_)};
  call_own(psprintf("SELECT %s._claim_copies($1, $2)", schema_), lengthof(types), types, values);
}

void CallersTransaction::check_names() {
  Oid types[] = {JSONBOID};
  call_own(psprintf("SELECT %s._check_switched($1)", schema_), lengthof(types), types, &model_);
}

}  // namespace mssql::pg

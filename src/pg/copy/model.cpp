#include "model.hpp"

namespace mssql::pg {

namespace {

struct RowSet {
  Oid type;
  MemoryContext context;  // of the rows; null: none yet
  ModelRows rows;
  int room;  // for so many
};

struct Model {
  int number;
  Oid maker;
  MemoryContext context;
  List* sets;  // of RowSet
  bool is_complete;
  Model* older;
  MemoryContextCallback callback;
};

Model* newest = nullptr;
int last_number = 0;

// The memory context goes, and with it the model.
void unlink_model(void* argument) {
  const auto* gone = static_cast<const Model*>(argument);
  for (Model** at = &newest; *at != nullptr; at = &(*at)->older) {
    if (*at != gone) continue;
    *at = gone->older;
    return;
  }
}

Model* model_of_caller(int number) {
  Model* model = newest;
  while (model != nullptr && model->number != number) model = model->older;
  if (model == nullptr || model->maker != GetUserId())
    ereport(ERROR, (errcode(ERRCODE_UNDEFINED_OBJECT), errmsg("there is no such model")));
  return model;
}

Model* model_to_fill(int number) {
  Model* model = model_of_caller(number);
  if (model->is_complete)
    ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE), errmsg("the model is complete")));
  return model;
}

RowSet* find_set(const Model* model, Oid type) {
  ListCell* cell = nullptr;
  foreach (cell, model->sets) {
    auto* set = static_cast<RowSet*>(lfirst(cell));
    if (set->type == type) return set;
  }
  return nullptr;
}

RowSet* set_to_fill(Model* model, Oid type) {
  if (RowSet* set = find_set(model, type)) return set;
  MemoryContext old = MemoryContextSwitchTo(model->context);
  auto* set = static_cast<RowSet*>(palloc0(sizeof(RowSet)));
  set->type = type;
  model->sets = lappend(model->sets, set);
  MemoryContextSwitchTo(old);
  return set;
}

MemoryContext context_of_rows(const Model* model) {
  return AllocSetContextCreate(model->context, "mssql_fdw model rows", ALLOCSET_DEFAULT_SIZES);
}

// Anything else is no tuple, as which readers take the datums.
void check_row_type(Oid type) {
  if (get_typtype(type) == TYPTYPE_COMPOSITE) return;
  ereport(ERROR, (errcode(ERRCODE_DATATYPE_MISMATCH), errmsg("type %s is not a row type", format_type_be(type))));
}

void set_rows(Model* model, ArrayType* rows) {
  check_row_type(ARR_ELEMTYPE(rows));
  RowSet* set = set_to_fill(model, ARR_ELEMTYPE(rows));
  MemoryContext before = set->context;
  MemoryContext after = context_of_rows(model);
  MemoryContext old = MemoryContextSwitchTo(after);
  ArrayType* kept = DatumGetArrayTypePCopy(PointerGetDatum(rows));
  bool* nulls = nullptr;
  ModelRows found{};
  deconstruct_array(kept, set->type, -1, false, TYPALIGN_DOUBLE, &found.rows, &nulls, &found.count);
  MemoryContextSwitchTo(old);
  for (int i = 0; i < found.count; ++i) {
    if (nulls[i]) ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED), errmsg("rows must not be null")));
  }
  set->context = after;
  set->rows = found;
  set->room = found.count;
  if (before != nullptr) MemoryContextDelete(before);
}

}  // namespace

int make_model() {
  MemoryContext context = AllocSetContextCreate(CurTransactionContext, "mssql_fdw model", ALLOCSET_DEFAULT_SIZES);
  auto* model = static_cast<Model*>(MemoryContextAllocZero(context, sizeof(Model)));
  if (last_number == INT_MAX)
    ereport(ERROR, (errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED), errmsg("too many models in one session")));
  model->number = ++last_number;
  model->maker = GetUserId();
  model->context = context;
  model->older = newest;
  model->callback.func = unlink_model;
  model->callback.arg = model;
  MemoryContextRegisterResetCallback(context, &model->callback);
  newest = model;
  return model->number;
}

void forget_model(int model) { MemoryContextDelete(model_of_caller(model)->context); }

void complete_model(int model) { model_of_caller(model)->is_complete = true; }

void keep_rows(int number, ArrayType* rows) { set_rows(model_to_fill(number), rows); }
void replace_rows(int number, ArrayType* rows) { set_rows(model_of_caller(number), rows); }

void add_row(int number, TupleDesc descriptor, HeapTuple row) {
  Model* model = model_to_fill(number);
  RowSet* set = set_to_fill(model, descriptor->tdtypeid);
  if (set->context == nullptr) set->context = context_of_rows(model);
  MemoryContext old = MemoryContextSwitchTo(set->context);
  if (set->rows.count == set->room) {
    const int room = set->room == 0 ? 64 : 2 * set->room;
    const Size bytes = sizeof(Datum) * static_cast<Size>(room);
    set->rows.rows = static_cast<Datum*>(set->room == 0 ? palloc(bytes) : repalloc_huge(set->rows.rows, bytes));
    set->room = room;
  }
  set->rows.rows[set->rows.count++] = heap_copy_tuple_as_datum(row, descriptor);
  MemoryContextSwitchTo(old);
}

ModelRows rows_of_model(int model, Oid type) {
  const RowSet* set = find_set(model_of_caller(model), type);
  return set == nullptr ? ModelRows{nullptr, 0} : set->rows;
}

int rows_of_newest_model(Oid type) {
  if (newest == nullptr) return -1;
  const RowSet* set = find_set(newest, type);
  return set == nullptr ? 0 : set->rows.count;
}

}  // namespace mssql::pg

// Descriptors and index definitions, compared. staging_match.hpp says what for.

#include "staging_match.hpp"

#include "workers.hpp"

namespace mssql::pg {

namespace {

[[noreturn]] void refuse(Relation relation, const char* detail) {
  ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
                  errmsg("what was staged for \"%s\" does not fit it", RelationGetRelationName(relation)),
                  errdetail_internal("%s", detail)));
  pg_unreachable();
}

bool same_column(const FormData_pg_attribute* a, const FormData_pg_attribute* b) {
  return std::strcmp(NameStr(a->attname), NameStr(b->attname)) == 0 && a->atttypid == b->atttypid &&
         a->atttypmod == b->atttypmod && a->attcollation == b->attcollation && a->attndims == b->attndims &&
         a->attisdropped == b->attisdropped && a->attlen == b->attlen && a->attbyval == b->attbyval &&
         a->attalign == b->attalign;
}

void check_columns(Relation relation, Relation other) {
  TupleDesc a = RelationGetDescr(relation);
  TupleDesc b = RelationGetDescr(other);
  if (a->natts != b->natts) refuse(relation, "The number of columns differs.");
  for (int i = 0; i < a->natts; ++i) {
    const FormData_pg_attribute* column = TupleDescAttr(a, i);
    if (!same_column(column, TupleDescAttr(b, i))) refuse(relation, psprintf("Column %d differs.", i + 1));
  }
}

bool same_options(Relation a, Relation b) {
  if (a->rd_options == nullptr || b->rd_options == nullptr) return a->rd_options == b->rd_options;
  return VARSIZE(a->rd_options) == VARSIZE(b->rd_options) &&
         std::memcmp(a->rd_options, b->rd_options, VARSIZE(a->rd_options)) == 0;
}

// Parameters of operator classes, as the length of a signature.
bool same_column_options(Relation a, Relation b, int attnum) {
  const Datum left = get_attoptions(RelationGetRelid(a), static_cast<AttrNumber>(attnum));
  const Datum right = get_attoptions(RelationGetRelid(b), static_cast<AttrNumber>(attnum));
  if (left == 0 || right == 0) return left == right;
  return datumIsEqual(left, right, false, -1);
}

bool same_keys(Relation a, Relation b) {
  const Form_pg_index left = a->rd_index;
  const Form_pg_index right = b->rd_index;
  if (left->indnatts != right->indnatts || left->indnkeyatts != right->indnkeyatts) return false;
  for (int i = 0; i < left->indnatts; ++i) {
    if (left->indkey.values[i] != right->indkey.values[i]) return false;
  }
  const auto keys = static_cast<std::size_t>(left->indnkeyatts);
  // rd_indcollation and rd_indoption have an entry for each key; the operator classes are in the
  // tuple
  bool isnull = false;
  const Datum left_classes = SysCacheGetAttr(INDEXRELID, a->rd_indextuple, Anum_pg_index_indclass, &isnull);
  const Datum right_classes = SysCacheGetAttr(INDEXRELID, b->rd_indextuple, Anum_pg_index_indclass, &isnull);
  const auto* l = reinterpret_cast<const oidvector*>(DatumGetPointer(left_classes));
  const auto* r = reinterpret_cast<const oidvector*>(DatumGetPointer(right_classes));
  return std::memcmp(l->values, r->values, keys * sizeof(Oid)) == 0 &&
         std::memcmp(a->rd_indcollation, b->rd_indcollation, keys * sizeof(Oid)) == 0 &&
         std::memcmp(a->rd_indoption, b->rd_indoption, keys * sizeof(std::int16_t)) == 0;
}

bool same_index(Relation a, Relation b) {
  const Form_pg_index left = a->rd_index;
  const Form_pg_index right = b->rd_index;
  if (a->rd_rel->relam != b->rd_rel->relam || !same_keys(a, b) || !same_options(a, b)) return false;
  // One that is not valid is staged without its uniqueness.
  if (left->indisvalid && left->indisunique != right->indisunique) return false;
#if PG_VERSION_NUM >= 150000
  if (left->indnullsnotdistinct != right->indnullsnotdistinct) return false;
#endif
  for (int i = 1; i <= left->indnkeyatts; ++i) {
    if (!same_column_options(a, b, i)) return false;
  }
  return equal(RelationGetIndexExpressions(a), RelationGetIndexExpressions(b)) &&
         equal(RelationGetIndexPredicate(a), RelationGetIndexPredicate(b)) && right->indisvalid && right->indisready &&
         right->indislive;
}

// From PostgreSQL 18 on a NOT NULL may be NOT VALID.
bool is_never_null(Relation relation, int i) {
#if PG_VERSION_NUM >= 180000
  return TupleDescCompactAttr(RelationGetDescr(relation), i)->attnullability == ATTNULLABLE_VALID;
#else
  return TupleDescAttr(RelationGetDescr(relation), i)->attnotnull;
#endif
}

}  // namespace

void check_staging(Relation table, Relation staging) {
  if (staging->rd_createSubid == InvalidSubTransactionId && !in_run_of_workers())
    refuse(table, "It is not of this transaction.");
  if (staging->rd_rel->relkind != RELKIND_RELATION || staging->rd_rel->relam != table->rd_rel->relam ||
      staging->rd_rel->relpersistence != table->rd_rel->relpersistence) {
    refuse(table, "It is a relation of another kind.");
  }
  check_columns(table, staging);
  for (int i = 0; i < RelationGetNumberOfAttributes(table); ++i) {
    const FormData_pg_attribute* column = TupleDescAttr(RelationGetDescr(table), i);
    const FormData_pg_attribute* staged = TupleDescAttr(RelationGetDescr(staging), i);
    // Values that are not in the file, and a NULL that must not be
    const bool elsewhere = staged->atthasmissing || staged->attgenerated == 'v' || column->attgenerated == 'v';
    if (elsewhere || (is_never_null(table, i) && !is_never_null(staging, i))) {
      refuse(table, psprintf("Column %d differs.", i + 1));
    }
  }
}

void check_staged_index(Relation index, Relation staged) {
  if (!same_index(index, staged)) refuse(index, "The definition of the index differs.");
}

}  // namespace mssql::pg

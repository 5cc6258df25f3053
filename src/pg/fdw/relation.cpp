#include "relation.hpp"

#include "core/tsql/statement.hpp"

#include "modify.hpp"
#include "remote_text.hpp"

namespace mssql::pg {

namespace {

// The parts of a statement, as lists of strings.
struct Parts {
  List* items;
  RemoteSource source;
  List* conditions;
  List* group_by;
  List* having;
  const char* order_by;
  const char* limit;
  const char* offset;
};

struct Strings {
  std::span<const char*const> items, conditions, group_by, having;
};

// Core only.
const char* write(const Strings& lists, const Parts& parts) {
  const auto texts = [](std::span<const char* const> list) {
    return std::vector<std::string>(list.begin(), list.end());
  };
  const std::vector<std::string> items = texts(lists.items), conditions = texts(lists.conditions),
                                 group_by = texts(lists.group_by), having = texts(lists.having);
  return copy_out(tsql::select({items, parts.source.from, conditions, parts.order_by, parts.source.with,
                                parts.source.option, group_by, having, parts.limit, parts.offset}));
}

const char* text_of(Node* clause, Deparser* deparser) {
  StringInfoData out;
  initStringInfo(&out);
  if (const char* why = deparse_condition(clause, deparser, &out)) elog(ERROR, "a clause has become local: %s", why);
  return out.data;
}

List* append_clauses(List* texts, List* clauses, Deparser* deparser) {
  ListCell* cell = nullptr;
  foreach (cell, clauses)
    texts = lappend(texts, makeString(const_cast<char*>(text_of(static_cast<Node*>(lfirst(cell)), deparser))));
  return texts;
}

const char* conjunction(List* texts) {
  if (texts == NIL) return tsql::form::always.data();
  StringInfoData out;
  initStringInfo(&out);
  ListCell* cell = nullptr;
  foreach (cell, texts) appendStringInfo(&out, "%s(%s)", cell == list_head(texts) ? "" : " AND ", strVal(lfirst(cell)));
  return out.data;
}

const char* from_item(RelOptInfo* relation, Deparser* deparser, List** conditions);

const char* exists(const RemoteRelation* join, Deparser* deparser) {
  List* conditions = NIL;
  const char* from = from_item(join->inner, deparser, &conditions);
  conditions = append_clauses(conditions, join->on, deparser);
  return fill(join->join_type == JOIN_ANTI ? tsql::form::not_exists : tsql::form::exists,
              {from, conjunction(conditions)});
}

// Whether more than a table stands in FROM for it.
bool is_join(const RelOptInfo* relation) {
  const RemoteRelation* remote = remote_relation(relation);
  if (remote->kind != RemoteRelation::Kind::join) return false;
  return (remote->join_type != JOIN_SEMI && remote->join_type != JOIN_ANTI) || is_join(remote->outer);
}

const char* join_item(RelOptInfo* relation, Deparser* deparser, List** conditions) {
  const RemoteRelation* join = remote_relation(relation);
  const char* outer = from_item(join->outer, deparser, conditions);
  if (join->join_type == JOIN_SEMI || join->join_type == JOIN_ANTI) {
    *conditions = lappend(*conditions, makeString(const_cast<char*>(exists(join, deparser))));
    return outer;
  }
  // What the table whose rows may be missing has to fulfil, it has to before it is joined.
  List* on = NIL;
  const bool is_inner = join->join_type == JOIN_INNER;
  const char* inner = from_item(join->inner, deparser, is_inner ? conditions : &on);
  if (is_join(join->inner)) inner = fill(tsql::form::nested_join, {inner});
  on = append_clauses(on, is_inner ? join->remote : join->on, deparser);
  const std::string_view form = is_inner                       ? tsql::form::inner_join
                                : join->join_type == JOIN_LEFT ? tsql::form::left_join
                                                               : tsql::form::full_join;
  return fill(form, {outer, inner, conjunction(on)});
}

const char* from_item(RelOptInfo* relation, Deparser* deparser, List** conditions) {
  const RemoteRelation* remote = remote_relation(relation);
  const char* item = nullptr;
  if (remote->kind == RemoteRelation::Kind::join) {
    item = join_item(relation, deparser, conditions);
  } else if (deparser->qualified) {
    item = fill(tsql::form::named, {remote->table.source.relation, psprintf("r%u", relation->relid)});
  } else {
    item = with_row_locks(deparser->root, relation, remote->table.source.from);
  }
  const bool in_on = remote->kind == RemoteRelation::Kind::join && remote->join_type == JOIN_INNER;
  if (!in_on) *conditions = append_clauses(*conditions, remote->remote, deparser);
  return item;
}

const char* value_of(Node* node, Deparser* deparser) {
  RemoteValue value{};
  if (const char* why = deparse_value(node, deparser, &value)) elog(ERROR, "a value has become local: %s", why);
  return value.sql;
}

// A column goes in the form that it can travel in.
const char* item_of(Node* node, Deparser* deparser) {
  const Var* column = column_of(node, deparser);
  if (column == nullptr) return value_of(node, deparser);
  return select_item(table_of(static_cast<Index>(column->varno), deparser), attribute_of(column, deparser),
                     column_name(column, deparser));
}

List* items_of(List* nodes, Deparser* deparser) {
  List* items = NIL;
  ListCell* cell = nullptr;
  foreach (cell, nodes) {
    auto* node = static_cast<Node*>(lfirst(cell));
    if (is_average(node)) {
      items = list_concat(items, average_items(castNode(Aggref, node), deparser));
    } else {
      items = lappend(items, makeString(const_cast<char*>(item_of(node, deparser))));
    }
  }
  return items;
}

// Text is grouped by its bytes as well: a collation takes different texts for one.
List* append_group(List* groups, Node* node, Deparser* deparser) {
  RemoteValue value{};
  if (const char* why = deparse_value(node, deparser, &value)) elog(ERROR, "a group has become local: %s", why);
  groups = lappend(groups, makeString(const_cast<char*>(value.sql)));
  if (!is_text_type(value.local)) return groups;
  return lappend(groups, makeString(const_cast<char*>(image_of(value))));
}

List* groups_of(const RemoteRelation* grouped, Deparser* deparser) {
  List* groups = NIL;
  ListCell* cell = nullptr;
  foreach (cell, grouped->targets) {
    const auto* target = lfirst_node(TargetEntry, cell);
    if (grouped->is_distinct || target->ressortgroupref > 0)
      groups = append_group(groups, reinterpret_cast<Node*>(target->expr), deparser);
  }
  return groups;
}

bool is_descending(const PathKey* key) {
#if PG_VERSION_NUM >= 180000
  return key->pk_cmptype == COMPARE_GT;
#else
  return key->pk_strategy == BTGreaterStrategyNumber;
#endif
}

// NULL sorts before every value there.
void append_sort(Node* node, const PathKey* key, bool adds_nulls, Deparser* deparser, StringInfo out) {
  RemoteValue value{};
  if (const char* why = deparse_value(node, deparser, &value)) elog(ERROR, "an order has become local: %s", why);
  const bool descends = is_descending(key);
  const char* sorted = descends ? fill(tsql::form::descending, {value.sql}) : value.sql;
  if (key->pk_nulls_first == descends && (adds_nulls || !value.not_null))
    sorted = fill(descends ? tsql::form::nulls_first : tsql::form::nulls_last, {value.sql, sorted});
  appendStringInfoString(out, sorted);
}

const char* order_of(PlannerInfo* root, RelOptInfo* relation, List* pathkeys, Deparser* deparser) {
  StringInfoData out;
  initStringInfo(&out);
  ListCell* cell = nullptr;
  foreach (cell, pathkeys) {
    if (cell != list_head(pathkeys)) appendStringInfoString(&out, ", ");
    Node* node = sort_expression(root, relation, static_cast<PathKey*>(lfirst(cell)), true);
    if (node == nullptr) elog(ERROR, "an order has become local");
    append_sort(node, static_cast<PathKey*>(lfirst(cell)), remote_relation(scanned(relation))->adds_nulls, deparser,
                &out);
  }
  return out.data;
}

const char* count_of(Node* node, Deparser* deparser) {
  if (node == nullptr) return "";
  if (IsA(node, Const)) return psprintf(INT64_FORMAT, DatumGetInt64(castNode(Const, node)->constvalue));
  RemoteValue value{};
  if (const char* why = outside_value(node, deparser, &value)) elog(ERROR, "a limit has become local: %s", why);
  return value.sql;
}

// Whether a clause or value is about columns that EXISTS hides.
bool is_hidden(PlannerInfo* root, RelOptInfo* relation, Node* node) {
  const RemoteRelation* remote = remote_relation(scanned(relation));
  return remote->hidden != nullptr && bms_overlap(pull_varnos(root, node), remote->hidden);
}

bool is_sortable(PlannerInfo* root, RelOptInfo* relation, Node* node, bool is_last) {
  Deparser deparser = deparser_of(root, relation);
  RemoteValue value{};
  if (is_outside(node, &deparser) || is_hidden(root, relation, node) ||
      deparse_value(node, &deparser, &value) != nullptr || deparser.parameters != NIL)
    return false;
  std::string_view why;
  // of what is cut here, the digits that are cut would order the rows that follow
  return tsql::may_push(tsql::Operator::less, value.type, why) &&
         (is_last || tsql::bounds_of(tsql::Operator::equal, value.type).size() == 1);
}

// In what is grouped only a target is left to sort by.
bool is_there(const RelOptInfo* relation, const EquivalenceMember* member) {
  const RemoteRelation* remote = remote_relation(relation);
  if (remote->kind != RemoteRelation::Kind::grouped)
    return bms_is_subset(member->em_relids, relation->relids) && !bms_is_empty(member->em_relids);
  ListCell* cell = nullptr;
  foreach (cell, remote->targets) {
    if (equal(lfirst_node(TargetEntry, cell)->expr, member->em_expr)) return true;
  }
  return false;
}

// Nothing is sent for such a table, and it stands alone.
bool is_odd(RelOptInfo* relation) {
  const RemoteRelation* remote = remote_relation(scanned(relation));
  return remote->kind == RemoteRelation::Kind::table && remote->table.is_odd;
}

}  // namespace

const RemoteTable& table_of(Index relation, const Deparser* deparser) {
  return remote_relation(deparser->root->simple_rel_array[relation])->table;
}

Deparser deparser_of(PlannerInfo* root, RelOptInfo* relation) {
  const bool grouped = remote_relation(relation)->kind == RemoteRelation::Kind::grouped;
  RelOptInfo* input = scanned(relation);
  return {root, input->relids, remote_relation(input)->kind == RemoteRelation::Kind::join, grouped, NIL, false, 0};
}

const char* why_local(PlannerInfo* root, RelOptInfo* relation, Node* clause, bool* loose) {
  if (!pushdown_enabled) return "mssql_fdw.pushdown is off";
  if (is_odd(relation)) return "a name has control characters";
  Deparser deparser = deparser_of(root, relation);
  StringInfoData sql;
  initStringInfo(&sql);
  if (is_hidden(root, relation, clause)) return "the columns are those of a subquery";
  const char* why = deparse_condition(clause, &deparser, &sql);
  *loose = deparser.loose;
  return why;
}

const char* why_restriction_local(PlannerInfo* root, RelOptInfo* relation, const RestrictInfo* clause, bool* loose) {
  // an error of the server's would tell of rows that the policy hides
  if (!restriction_is_securely_promotable(const_cast<RestrictInfo*>(clause), relation))
    return "a policy or a security barrier comes before it";
  return why_local(root, relation, reinterpret_cast<Node*>(clause->clause), loose);
}

void classify(PlannerInfo* root, RelOptInfo* relation, const RestrictInfo* restriction) {
  RemoteRelation* remote = remote_relation(relation);
  auto* clause = reinterpret_cast<Node*>(restriction->clause);
  bool loose = false;
  if (const char* why = why_restriction_local(root, relation, restriction, &loose)) {
    remote->local = lappend(remote->local, clause);
    remote->local_reasons = lappend(remote->local_reasons, makeString(pstrdup(why)));
    return;
  }
  remote->remote = lappend(remote->remote, clause);
  if (loose) remote->rechecked = lappend(remote->rechecked, clause);
}

Node* sort_expression(PlannerInfo* root, RelOptInfo* relation, PathKey* key, bool is_last) {
  if (key->pk_opfamily >= FirstGenbkiObjectId || key->pk_eclass->ec_has_volatile) return nullptr;
  ListCell* cell = nullptr;
  foreach (cell, key->pk_eclass->ec_members) {
    const auto* member = static_cast<EquivalenceMember*>(lfirst(cell));
    if (member->em_is_const || member->em_is_child || !is_there(relation, member)) continue;
    auto* node = reinterpret_cast<Node*>(member->em_expr);
    if (is_sortable(root, relation, node, is_last)) return node;
  }
  return nullptr;
}

bool can_sort(PlannerInfo* root, RelOptInfo* relation, List* pathkeys) {
  if (!pushdown_enabled || is_odd(relation)) return false;
  ListCell* cell = nullptr;
  foreach (cell, pathkeys) {
    const bool is_last = lnext(pathkeys, cell) == nullptr;
    if (sort_expression(root, relation, static_cast<PathKey*>(lfirst(cell)), is_last) == nullptr) return false;
  }
  return true;
}

const char* deparse_question(PlannerInfo* root, RelOptInfo* relation, const Question& question, Deparser* deparser) {
  const RemoteRelation* remote = remote_relation(relation);
  RelOptInfo* input = scanned(relation);
  Parts parts{};
  const char* from = from_item(input, deparser, &parts.conditions);
  if (remote_relation(input)->kind == RemoteRelation::Kind::table)
    parts.source = remote_relation(input)->table.source;
  else
    parts.source = {"", "", "", ""};
  parts.source.from = from;
  parts.conditions = append_clauses(parts.conditions, question.conditions, deparser);
  parts.items = items_of(question.items, deparser);
  if (remote->kind == RemoteRelation::Kind::grouped) {
    parts.group_by = groups_of(remote, deparser);
    parts.having = append_clauses(NIL, remote->having, deparser);
  }
  parts.order_by = order_of(root, relation, question.pathkeys, deparser);
  parts.limit = count_of(question.limit, deparser);
  parts.offset = count_of(question.offset, deparser);
  return write(
      {strings_of(parts.items), strings_of(parts.conditions), strings_of(parts.group_by), strings_of(parts.having)},
      parts);
}

}  // namespace mssql::pg

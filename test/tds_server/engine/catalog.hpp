// What the binder knows of the current database: tables, views, columns, types, sequences, modules,
// read from the metadata tables of schema tds_meta (engine/sql/20_meta.sql) on demand and kept for
// one batch.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "../engine.hpp"
#include "ast.hpp"
#include "backend.hpp"

namespace tds_server::engine {

struct Column {
  std::string name;
  std::string stored;  // PostgreSQL's column name
  int column_id{0};
  TypeInfo type;
  int user_type_id{0};
  bool nullable{true};
  bool identity{false};
  bool rowversion{false};
  bool has_default{false};
  bool internal{false};    // a graph table's, which cannot be selected
  std::string definition;  // of a computed column: it has no stored column
  bool computed() const { return !definition.empty(); }
};

struct Table {
  int object_id{0};
  std::string kind;  // sys.objects.type without blanks: U, V
  bool system{false};
  bool memory_optimized{false};
  std::string schema;  // SQL Server's names
  std::string name;
  std::string target;         // PostgreSQL's qualified and quoted name
  std::string schema_target;  // PostgreSQL's schema, quoted
  std::string identity_sequence;
  std::vector<Column> columns;

  const Column* find(std::string_view column, bool case_sensitive) const;
};
using TablePtr = std::shared_ptr<const Table>;

struct Sequence {
  int object_id{0};
  std::string target;
  TypeInfo type;
};

struct Module {
  int object_id{0};
  std::string definition;
};

class Catalog {
 public:
  explicit Catalog(Backend& backend) : backend_(backend) {}

  // The database whose catalog this is; a three-part name must name it.
  void set_database(std::string name, std::string collation);
  const std::string& database() const { return database_; }
  const std::string& collation() const { return collation_; }
  bool case_sensitive() const { return case_sensitive_; }

  // Forgets everything read; after every change of definitions and at the start of a batch.
  void invalidate() { tables_.clear(); }

  TablePtr find_table(const Name& name);  // null when there is none
  TablePtr table(const Name& name);       // throws 208
  std::optional<Sequence> find_sequence(const Name& name);
  std::optional<Module> find_procedure(const Name& name);
  std::vector<Module> triggers_of(const Table& table);  // that are enabled, in their order
  // Resolves a type as written, alias types too. Throws 2715 for an unknown type, 1001/2716 for a
  // bad length.
  TypeInfo type(const TypeName& name, bool* not_null = nullptr, int* user_type_id = nullptr, bool cast = false);

  // Tables that live in the session only (#temp, @table variables): kept in memory.
  void add_local(const std::string& name, TablePtr table);
  void remove_local(const std::string& name);
  TablePtr find_local(const std::string& name) const;

  bool same(std::string_view a, std::string_view b) const;  // names under the database's collation
  Backend& backend() { return backend_; }

 private:
  TypeInfo builtin_type(SqlType type, const TypeName& name, bool cast) const;
  bool split(const Name& name, std::string& schema, std::string& object) const;

  Backend& backend_;
  std::string database_;
  std::string collation_;
  bool case_sensitive_{false};
  std::map<std::pair<std::string, std::string>, TablePtr> tables_;
  std::map<std::string, TablePtr> locals_;
};

std::string display_name(const Name& name);  // a.b.c as written

// PostgreSQL's name for a SQL Server name: the name itself, or a hash where PostgreSQL could not
// hold it.
std::string stored_name(std::string_view name);
std::string stored_schema(std::string_view name);
std::string stored_database(std::string_view name);

}  // namespace tds_server::engine

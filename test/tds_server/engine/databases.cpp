#include "databases.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <sstream>
#include <stdexcept>
#include <vector>

#include "catalog.hpp"
#include "text.hpp"
#include "types.hpp"

#ifndef TDS_SERVER_SQL_DIR
#error "TDS_SERVER_SQL_DIR names the directory engine/sql"
#endif

namespace tds_server::engine {
namespace {

constexpr const char* kTemplate = "tds_template";
constexpr const char* kLock = "SELECT pg_advisory_lock(2018915346)";  // one maker of databases at a time

std::vector<std::string> scripts(const std::string& suffix_from) {
  std::vector<std::string> texts;
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(TDS_SERVER_SQL_DIR)) {
    if (entry.path().extension() == ".sql" && entry.path().filename().string() >= suffix_from)
      files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  if (files.empty()) throw std::runtime_error(std::string("no SQL files in ") + TDS_SERVER_SQL_DIR);
  for (const auto& file : files) {
    std::ifstream in(file);
    std::stringstream text;
    text << in.rdbuf();
    texts.push_back(text.str());
  }
  return texts;
}

void load(Backend& backend, const std::string& first_script) {
  backend.run("BEGIN");
  for (const std::string& text : scripts(first_script)) backend.run(text);
  backend.run("COMMIT");
}

bool exists(Backend& backend, const std::string& pg_database) {
  return backend.run("SELECT 1 FROM pg_database WHERE datname = $1", {pg_database}).size() > 0;
}

void mark(Backend& backend, const std::string& pg_database, const std::string& name, const std::string& collation) {
  const Rows rows = backend.run(
      "SELECT json_build_object('tds', 1, 'name', $1::text, 'collation', $2::text, 'created', to_char(now() AT TIME "
      "ZONE 'UTC', "
      "'YYYY-MM-DD HH24:MI:SS.MS'))::jsonb",
      {to_stored_text(name), collation});
  // The key "tds" must come first for tds_meta.databases() to know the comment.
  std::string json = rows.get(0, 0);
  json = "{\"tds\":1," + json.substr(1);
  backend.run("COMMENT ON DATABASE " + pg_identifier(pg_database) + " IS " + pg_literal(json));
}

void make_from_template(Backend& backend, const std::string& name, const std::string& collation) {
  const std::string stored = stored_database(name);
  backend.run("CREATE DATABASE " + pg_identifier(stored) + " TEMPLATE " + kTemplate);
  mark(backend, stored, name, collation);
}

}  // namespace

std::string with_database(const std::string& conninfo, const std::string& pg_database) {
  std::string quoted;
  for (const char c : pg_database) {
    if (c == '\'' || c == '\\') quoted += '\\';
    quoted += c;
  }
  return conninfo + " dbname='" + quoted + "'";
}

void ensure_cluster(const std::string& conninfo) {
  static std::mutex mutex;
  static std::string ready;
  const std::lock_guard<std::mutex> guard(mutex);
  if (ready == conninfo) return;
  Backend backend(with_database(conninfo, "postgres"));
  backend.run("SET client_min_messages = warning");
  backend.run(kLock);
  if (!exists(backend, kTemplate)) {
    const std::string fresh = std::string(kTemplate) + "_new";
    backend.run("DROP DATABASE IF EXISTS " + fresh);
    backend.run("CREATE DATABASE " + fresh + " TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C'");
    {
      Backend loader(with_database(conninfo, fresh));
      loader.run("SET client_min_messages = warning");
      load(loader, "");
    }
    backend.run("ALTER DATABASE " + fresh + " RENAME TO " + kTemplate);
    backend.run(std::string("ALTER DATABASE ") + kTemplate + " IS_TEMPLATE true ALLOW_CONNECTIONS false");
  }
  for (const char* name : {"master", "tempdb", "model", "msdb"}) {
    if (!exists(backend, name)) make_from_template(backend, name, kServerCollation);
  }
  ready = conninfo;
}

void make_database(const std::string& conninfo, const std::string& name, const std::string& collation) {
  const bool other = !collation.empty() && collation != kServerCollation;
  {
    Backend backend(with_database(conninfo, "postgres"));
    backend.run("SET client_min_messages = warning");
    backend.run(kLock);
    make_from_template(backend, name, other ? collation : kServerCollation);
  }
  if (!other) return;
  // The system views carry the database's collation: make them again.
  Backend backend(with_database(conninfo, stored_database(name)));
  backend.run("SET client_min_messages = warning");
  backend.run("UPDATE tds_meta.settings SET collation_name = " + pg_literal(collation));
  if (pg_collation(collation) == pg_collation(kServerCollation)) {
    backend.run("UPDATE tds_meta.columns SET collation_name = " + pg_literal(collation) +
                " WHERE collation_name <> ''");
    return;
  }
  backend.run(
      "DROP SCHEMA sys CASCADE; DROP SCHEMA \"INFORMATION_SCHEMA\" CASCADE; CREATE SCHEMA sys; CREATE SCHEMA "
      "\"INFORMATION_SCHEMA\";"
      "DELETE FROM tds_meta.columns; DELETE FROM tds_meta.objects; DROP SEQUENCE tds_meta.system_ids;"
      "DROP FUNCTION tds_meta.define_view, tds_meta.type_desc, tds_meta.action_desc, tds_meta.object_declaration, "
      "tds_meta.object_columns, "
      "tds_meta.column_declaration,"
      " tds_meta.column_columns, tds_meta.column_source");
  load(backend, "40");
}

void adopt_database(Backend& backend, const std::string& name) {
  backend.run("SET client_min_messages = warning");
  backend.run(kLock);
  if (backend.run("SELECT to_regclass('tds_meta.objects') IS NULL").flag(0, 0)) {
    load(backend, "");
    mark(backend, backend.run("SELECT current_database()").get(0, 0), name, kServerCollation);
  }
  backend.run("SELECT pg_advisory_unlock(2018915346)");
}

void mark_database(Backend& backend, const std::string& pg_database, const std::string& key, const std::string& value) {
  const Rows rows = backend.run(
      "SELECT shobj_description(oid, 'pg_database')::jsonb || jsonb_build_object($2::text, $3::text) FROM pg_database "
      "WHERE datname = $1",
      {pg_database, key, value});
  if (rows.size() == 0 || rows.null(0, 0)) return;
  backend.run("COMMENT ON DATABASE " + pg_identifier(pg_database) + " IS " +
              pg_literal("{\"tds\":1," + rows.get(0, 0).substr(1)));
}

}  // namespace tds_server::engine

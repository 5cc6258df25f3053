// A run whose tables are made and loaded by workers (pg/host/team.hpp), several at once, each, or
// each chunk of a large one (chunks.hpp), in a transaction of its own. All else is done by the
// leader, in the transaction of who has called it; tables too whose load evaluates code of the
// user's, from which nothing would protect the others in a lock group.
//
// What workers commit stands in schemas of the run's own, until the leader puts it into its place:
// new tables in replicate_17_public, where 17 is the run and they are to be in public; staging
// relations, and tables that others are refilled from, in replicate_17. If the leader's transaction
// does not commit, the team's keeper writes into history what has happened. The tables and chunks
// that are done stay in these schemas then, and in the ledger (chunks.hpp), for the next call to go
// on with.
#pragma once

#include "chunks.hpp"
#include "run.hpp"
#include "steps.hpp"

namespace mssql::pg {

// What a member is asked for.
enum class Wanted : std::uint8_t { steps, begin_moment, end_moment };

// What of the source's moments is the same.
enum class Moment : std::uint8_t { each_chunk, each_worker, one };

// What all workers of a run know.
struct WorkersTask {
  const char* schema;  // of our own functions, quoted
  Oid server;
  double retry_budget;  // for how many seconds a table is tried again whose error may pass
  double max_rate;      // bytes a second, of all of them; 0: as fast as they can
  double lock_timeout;  // for how many seconds they wait for a lock at the source; 0: without end
  bool continues;       // without the tables that cannot be loaded
  bool one_moment;      // of the source is what all of them read, or else an error
  bool leader_reads;    // its transaction has read from the source before the run
};

// Starts the workers of a run, at most `jobs` and maybe none, for want of room, which is told.
// `arguments`: of the call, as SQL, for history.
void start_workers(const WorkersTask& task, const char* arguments, int jobs);

// The leader's call is over. What its workers have done waits for the end of the transaction, as
// they do.
void end_run_of_workers();

// The number of the run, in its leader and in its workers; 0: it has none.
std::int64_t run_of_workers();
inline bool in_run_of_workers() { return run_of_workers() != 0; }
// Whether this process is one of its workers, for whom the leader speaks.
bool is_worker();

// The schema of staging relations; InvalidOid: the run has none.
Oid staging_namespace();

// Executes steps of tables by the workers, and the others in the caller's transaction. Where tables
// have been set aside, or left alone, `steps` become those of a plan without them.
class RunOfWorkers : public CallersTransaction {
 public:
  RunOfWorkers(const char* schema, Datum model, ArrayType* array, StepList& steps, StepWitness& witness);
  int next(int i) override;

 private:
  enum class Stage : std::uint8_t { untouched, busy, loading, done, aside };
  struct Table {
    int table_id;
    int number;
    const char* source;
    const char* target;
    int* steps;
    int nsteps;
    Datum work;
    bool own;     // the leader's: what its load calls is no code for workers
    Stage stage;  // busy: one member has all of it, or its beginning or end; loading: in chunks
    bool same;    // aside, for it is unchanged
    std::int64_t estimated_rows;
    std::int64_t estimated_bytes;
    std::int64_t rows;  // of its chunks that are loaded, by this run; so are bytes
    std::int64_t bytes;
    TimestampTz began;
    int chunks;    // that it is to be read in; once it is loading, that it has
    bool* loaded;  // by the chunk's number, from 1
    int next;      // chunk that may be asked for
    int open;      // chunks that are not loaded
  };
  // What a member has been asked for: steps of the plan, and which part of a table's.
  struct Asked {
    const int* steps;
    int nsteps;
    Table* table;  // null: the steps are no table's
    Chunk chunk;
  };

  bool is_of_workers(const Step& step) const;
  int table_of(int table_id) const;
  void find_tables();
  void find_steps();
  void find_work();
  void find_kept_tables();
  bool has_own() const;
  bool ask_all(Wanted wanted, const Table& table);
  void begin_one_moment(bool can_prove, const Table& table);
  void begin_moments();
  void end_moments();
  void load_own(Table* table);
  void become_aside(Table* table, const char* error, ArrayType* told);
  void become_unchanged(Table* table, const char* why);
  Datum ids_of(bool (*is_meant)(const Table& table)) const;
  void plan_rest();
  int first_table_step() const;
  void start(int member, const Asked& asked);
  bool start_next(int member);
  static bool is_known(const Table& table);
  void begin_chunks(Table* table, int chunks);
  void take_kept(Table* table, const Kept& kept);
  void became_done(const Asked& asked);
  void count_totals();
  void count_open(const Table& table, int sign);
  void add_loaded(HeapTupleHeader outcome, Table* table);
  void tell_chunks_loaded(const Table& table);
  void show_workers();
  static void tell_progress(void* run);
  void tell(HeapTupleHeader outcome, const Asked& asked);
  void tell_kept(Table* table, const Kept& kept);
  void take_answer();
  void prepare(int i);
  void load_tables();

  const WorkersTask task_;
  StepList& list_;
  StepWitness& witness_;
  MemoryContext context_;
  TupleDesc outcome_;
  Asked* asked_ = nullptr;   // by member
  Table* tables_ = nullptr;  // those that are loaded, the largest first
  int ntables_ = 0;
  int nloads_ = 0;           // in the whole run, by the leader, too
  int* table_of_ = nullptr;  // by table_id; -1: none
  int nids_ = 0;
  Totals totals_{};
  TimestampTz told_ = 0;
  int working_ = 0;
  int naside_ = 0;   // failed, or unchanged
  int nfailed_ = 0;  // of these
  int nresumed_ = 0;
  Moment moment_ = Moment::each_chunk;
  bool loaded_ = false;
};

}  // namespace mssql::pg

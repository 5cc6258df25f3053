// The execution of a plan: its steps in order, and what becomes of each. Which of them may fail,
// what is lost then, what is said, shown and timed is the same wherever a step runs; that is its
// host's business.
#pragma once

#include "pg/host/postgres.hpp"

namespace mssql::pg {

// As replicate._step has it; null and 0 where that is NULL.
struct Step {
  int phase;
  int table_id;
  const char* kind;
  const char* source;
  const char* target;
  const char* statement;
  const char* note;
};

// The steps of an array replicate._step[], in order. A step lives in the memory context that is
// current when it is asked for.
class StepList {
 public:
  explicit StepList(ArrayType* steps);
  int count() const { return count_; }
  Step at(int i) const;
  // An array of some of them.
  ArrayType* select(const int* numbers, int count) const;

 private:
  Oid type_;
  Datum* values_;
  int count_;
  TupleDesc descriptor_;
};

// What a statement answered, as text; one that only writes rows: how many.
struct Answer {
  const char*** rows;  // each of `ncolumns`, null where a value is
  int nrows;
  int ncolumns;
  const char* failure;  // null: it is done; else the error's message, and nothing of it is done
  const char* detail;
};

// Where steps run. Without a destructor, for ereport() would skip it.
class StepHost {
 public:
  // The index of the first step at `i` or behind it that is for this process: those before have
  // been done, and the list may be another one from there on. Its count: there is none.
  virtual int next(int i) = 0;
  // Executes the step's statement. Where it may fail, some errors are an answer; all others end the
  // run.
  virtual Answer execute(const Step& step, bool may_fail) = 0;
  // Notes what is, or becomes, a copy: before others have to wait for the run, or else at its end.
  virtual void claim() = 0;
  // Behind the switch, which may have waited long: what follows goes by names.
  virtual void check_names() = 0;
};

// replicate._outcome: what became of a step, or of a constraint or an index that its rows violate.
struct Outcome {
  int step;  // counts from 1
  int table_id;
  const char* kind;
  const char* source;
  const char* target;
  const char* outcome;  // done, failed, skipped
  const char* verb;     // what happened to what the target lacks now; null: it lacks nothing
  const char* note;
  const Answer* answer;  // its first row is told; null: none
  std::int64_t elapsed_us;
};

// Who is told, as the steps are done. Without a destructor, too.
class StepWitness {
 public:
  virtual void became(const Outcome& outcome) = 0;
  // The same, by another process.
  virtual void became(HeapTuple row) = 0;
};

// Which of the run's tables the steps are about, where they are those of one table, and which of
// its chunks.
struct Share {
  int number;
  int tables;
  int chunk;  // 0: all of it
  int chunks;
};

// '50000 rows, 43 MB in 1.2 s (41000 rows/s)'
const char* amount_of(const char* schema, std::int64_t rows, std::int64_t bytes, std::int64_t elapsed_us);

// Executes the steps. `schema`: of our own functions, quoted.
void execute_steps(const StepList& steps, const char* schema, StepHost& host, StepWitness& witness,
                   const Share* share = nullptr);

// The host that is there always: the caller's transaction. _claim_copies() and _check_switched()
// take `model` and `steps`, and `schema` is theirs.
class CallersTransaction : public StepHost {
 public:
  CallersTransaction(const char* schema, Datum model, ArrayType* steps)
      : schema_(schema), model_(model), steps_(steps) {}
  int next(int i) override { return i; }
  Answer execute(const Step& step, bool may_fail) override;
  void claim() override;
  void check_names() override;

 protected:
  const char* schema_;
  Datum model_;
  ArrayType* steps_;
};

}  // namespace mssql::pg

// The crossing of errors, text and lifetimes between C++ and PostgreSQL; boundary.hpp states the
// rules.

#include "boundary.hpp"

#include <poll.h>

#include <utility>

namespace mssql::pg {

namespace {

// Copies into a fixed buffer and never cuts a UTF-8 character in two: a broken one would make
// ereport itself fail.
template <std::size_t Size>
void put(char (&out)[Size], std::string_view text) noexcept {
  std::size_t length = text.size() < Size - 1 ? text.size() : Size - 1;
  if (length < text.size()) {
    while (length > 0 && (static_cast<unsigned char>(text[length]) & 0xC0) == 0x80) --length;
  }
  std::memcpy(out, text.data(), length);
  out[length] = '\0';
}

}  // namespace

ErrorData* kept_error = nullptr;
int quiet_fences = 0;
bool raised_transient = false;
std::int32_t raised_server_number = 0;

void Caught::set(const Error& error) noexcept {
  transient_ = error.is_transient();
  server_number_ = error.server_number;
  put(sqlstate_, error.sqlstate);
  interruption_ = error.is_interruption();
  put(message_, error.message);
  put(detail_, error.detail);
  put(hint_, error.hint);
}

void Caught::set(const std::exception& error) noexcept {
  put(sqlstate_, sqlstate::internal);
  interruption_ = false;
  put(message_, error.what());
  detail_[0] = hint_[0] = '\0';
}

void Caught::set_unknown() noexcept {
  put(sqlstate_, sqlstate::internal);
  interruption_ = false;
  put(message_, "unknown exception in mssql_fdw");
  detail_[0] = hint_[0] = '\0';
}

void Caught::set_interruption() noexcept {
  put(sqlstate_, "57014");
  interruption_ = true;
  message_[0] = detail_[0] = hint_[0] = '\0';
}

void Caught::set_out_of_memory() noexcept {
  put(sqlstate_, sqlstate::out_of_memory);
  interruption_ = false;
  put(message_, "out of memory");
  detail_[0] = hint_[0] = '\0';
}

namespace {

// Whether `text` can be said in another encoding; `converted`, if not null, takes it.
bool convert(const char* text, int from, int to, const char** converted) {
  const int length = static_cast<int>(std::strlen(text));
  const Oid conversion = IsTransactionState() ? FindDefaultConversionProc(from, to) : InvalidOid;
  if (!OidIsValid(conversion)) return false;
  const int room = length * MAX_CONVERSION_GROWTH + 1;
  auto* target = static_cast<unsigned char*>(palloc0(static_cast<Size>(room)));
  auto* source = reinterpret_cast<unsigned char*>(const_cast<char*>(text));
  if (pg_do_encoding_conversion_buf(conversion, from, to, source, length, target, room, true) != length) return false;
  if (converted != nullptr) *converted = reinterpret_cast<char*>(target);
  return true;
}

const char* in_ascii(const char* text) {
  char* ascii = pstrdup(text);
  for (char* at = ascii; *at != '\0'; ++at) {
    if (IS_HIGHBIT_SET(*at)) *at = '?';
  }
  return ascii;
}

}  // namespace

const char* to_utf8(const char* text) { return pg_server_to_any(text, static_cast<int>(std::strlen(text)), PG_UTF8); }

const char* representable(const char* utf8) {
  const int encoding = GetDatabaseEncoding();
  if (encoding == PG_UTF8 || encoding == PG_SQL_ASCII) return utf8;
  const char* converted = nullptr;
  return convert(utf8, PG_UTF8, encoding, &converted) ? converted : nullptr;
}

const char* displayable(const char* utf8) {
  const char* whole = representable(utf8);
  return whole != nullptr ? whole : in_ascii(utf8);
}

bool client_can_read(const char* text) {
  const int client = pg_get_client_encoding();
  const int server = GetDatabaseEncoding();
  if (client == server || client == PG_SQL_ASCII) return true;
  if (server == PG_SQL_ASCII) return pg_verify_mbstr(client, text, static_cast<int>(std::strlen(text)), true);
  return convert(text, server, client, nullptr);
}

const char* for_client(const char* text) { return client_can_read(text) ? text : in_ascii(text); }

void Caught::raise() const {
  raised_transient = transient_;
  raised_server_number = server_number_;
  if (interruption_) {
    if (kept_error != nullptr) ReThrowError(std::exchange(kept_error, nullptr));
    CHECK_FOR_INTERRUPTS();
    // Interrupts are held off, or the postmaster is gone: the wait is over all the same.
    if (!PostmasterIsAlive()) proc_exit(1);
    ereport(ERROR,
            (errcode(ERRCODE_QUERY_CANCELED), errmsg("canceling statement on the remote server due to user request")));
  }
  const int code = MAKE_SQLSTATE(sqlstate_[0], sqlstate_[1], sqlstate_[2], sqlstate_[3], sqlstate_[4]);
  ereport(ERROR, (errcode(code), errmsg("%s", displayable(message_)),
                  detail_[0] != '\0' ? errdetail("%s", displayable(detail_)) : 0,
                  hint_[0] != '\0' ? errhint("%s", displayable(hint_)) : 0));
  pg_unreachable();
}

char* copy_out(std::string_view text) {
  auto* out = static_cast<char*>(palloc_extended(text.size() + 1, MCXT_ALLOC_NO_OOM));
  if (out == nullptr) throw std::bad_alloc();
  std::memcpy(out, text.data(), text.size());
  out[text.size()] = '\0';
  return out;
}

text* copy_out_text(std::string_view value) {
  if (value.size() > MaxAllocSize - VARHDRSZ - 1) {
    throw Error(sqlstate::program_limit, "value of " + std::to_string(value.size()) + " bytes is too long",
                "PostgreSQL stores at most 1 GB in one value.");
  }
  auto* out = static_cast<text*>(palloc_extended(value.size() + VARHDRSZ, MCXT_ALLOC_NO_OOM));
  if (out == nullptr) throw std::bad_alloc();
  SET_VARSIZE(out, value.size() + VARHDRSZ);
  std::memcpy(VARDATA(out), value.data(), value.size());
  return out;
}

void describe_statement(const char* what, const char* sql) {
  constexpr int longest = 1000;
  if (sql == nullptr) return;
  const int length = static_cast<int>(std::strlen(sql));
  const int shown = pg_mbcliplen(sql, length, longest);
  errcontext("%s, remote SQL: %.*s%s", what, shown, sql, shown < length ? "..." : "");
}

namespace {

// Messages put names into quotes.
void say_instead(ErrorData* error, const StandIn& stand_in) {
  const char* quoted = psprintf("\"%s\"", stand_in.name);
  const char* found = error->message == nullptr ? nullptr : std::strstr(error->message, quoted);
  if (found != nullptr) {
    error->message = psprintf("%.*s\"%s\"%s", static_cast<int>(found - error->message), error->message,
                              stand_in.instead, found + std::strlen(quoted));
  }
  for (char** field : {&error->table_name, &error->constraint_name}) {
    if (*field != nullptr && std::strcmp(*field, stand_in.name) == 0) *field = pstrdup(stand_in.instead);
  }
}

// An error of `body` goes on as `change` leaves it.
void change_error(void (*body)(void*), void* argument, void (*change)(ErrorData*, void*), void* context_of_change) {
  MemoryContext context = CurrentMemoryContext;
  PG_TRY();
  { body(argument); }
  PG_CATCH();
  {
    MemoryContextSwitchTo(context);
    ErrorData* error = CopyErrorData();
    FlushErrorState();
    change(error, context_of_change);
    ReThrowError(error);
  }
  PG_END_TRY();
}

struct StandIns {
  const StandIn* first;
  int count;
};

void say_all_instead(ErrorData* error, void* stand_ins) {
  const auto* list = static_cast<const StandIns*>(stand_ins);
  for (int i = 0; i < list->count; ++i) say_instead(error, list->first[i]);
}

using Note = void (*)(const ErrorData&);

void only_note(ErrorData* error, void* note) { (*static_cast<Note*>(note))(*error); }

}  // namespace

void say_in_errors(const StandIn* stand_ins, int count, void (*body)(void*), void* argument) {
  StandIns list{stand_ins, count};
  change_error(body, argument, say_all_instead, &list);
}

void tell_error(void (*body)(void*), void* argument, void (*note)(const ErrorData& error)) {
  change_error(body, argument, only_note, &note);
}

ErrorData* in_transaction(void (*body)(void*), void* argument, IsQuiet is_quiet) {
  MemoryContext context = CurrentMemoryContext;
  ErrorData* volatile error = nullptr;
  PG_TRY();
  {
    SetCurrentStatementStartTimestamp();
    StartTransactionCommand();
    PushActiveSnapshot(GetTransactionSnapshot());
    body(argument);
    PopActiveSnapshot();
    CommitTransactionCommand();
  }
  PG_CATCH();
  {
    MemoryContextSwitchTo(context);
    error = CopyErrorData();
    if (is_quiet == nullptr || !is_quiet(*error)) EmitErrorReport();
    FlushErrorState();
    AbortCurrentTransaction();
  }
  PG_END_TRY();
  MemoryContextSwitchTo(context);
  return error;
}

bool in_subtransaction(void (*body)(void*), void* argument, bool (*expected)(const ErrorData& error, void* argument)) {
  MemoryContext context = CurrentMemoryContext;
  ResourceOwner owner = CurrentResourceOwner;
  ErrorData* volatile error = nullptr;
  BeginInternalSubTransaction(nullptr);
  PG_TRY();
  {
    MemoryContextSwitchTo(context);
    body(argument);
    ReleaseCurrentSubTransaction();
  }
  PG_CATCH();
  {
    MemoryContextSwitchTo(context);
    error = CopyErrorData();
    FlushErrorState();
    // Before the error goes on, too: whoever catches it knows nothing of this subtransaction.
    RollbackAndReleaseCurrentSubTransaction();
  }
  PG_END_TRY();
  MemoryContextSwitchTo(context);
  CurrentResourceOwner = owner;
  if (error == nullptr) return true;
  if (!expected(*error, argument)) ReThrowError(error);
  FreeErrorData(error);
  return false;
}

void forget_kept_error() {
  if (kept_error != nullptr) FreeErrorData(std::exchange(kept_error, nullptr));
}

bool interrupted() {
  return kept_error != nullptr || (InterruptPending && (QueryCancelPending || ProcDiePending)) || !PostmasterIsAlive();
}

static void (*behind_wait)(void*) = nullptr;
static void* behind_wait_argument = nullptr;

void call_behind_waits(void (*call)(void*), void* argument) {
  behind_wait = call;
  behind_wait_argument = argument;
}

void wait_for_socket(int socket, short events, int milliseconds, uint32 wait_event) {
  MemoryContext context = CurrentMemoryContext;
  // ereport() sets both to zero, for it expects to leave whoever holds interrupts off
  const uint32 holdoff = InterruptHoldoffCount;
  const uint32 cancel_holdoff = QueryCancelHoldoffCount;
  const int wanted = WL_LATCH_SET | WL_TIMEOUT | WL_POSTMASTER_DEATH |
                     ((events & POLLIN) != 0 ? WL_SOCKET_READABLE : 0) |
                     ((events & POLLOUT) != 0 ? WL_SOCKET_WRITEABLE : 0);
  PG_TRY();
  {
    const int happened = WaitLatchOrSocket(MyLatch, wanted, socket, milliseconds, wait_event);
    if ((happened & WL_LATCH_SET) != 0) ResetLatch(MyLatch);
    if (quiet_fences == 0 && kept_error == nullptr) {
      CHECK_FOR_INTERRUPTS();
      if (behind_wait != nullptr && IsTransactionState()) behind_wait(behind_wait_argument);
    }
  }
  PG_CATCH();
  {
    // Core is above us, so that nothing may be raised here.
    MemoryContextSwitchTo(TopMemoryContext);
    if (kept_error == nullptr) kept_error = CopyErrorData();
    FlushErrorState();
    InterruptHoldoffCount = holdoff;
    QueryCancelHoldoffCount = cancel_holdoff;
    MemoryContextSwitchTo(context);
  }
  PG_END_TRY();
}

}  // namespace mssql::pg

#include "remote_text.hpp"

namespace mssql::pg {

namespace {

// Core only: the bytes that it may make are copied.
Verdict decide(const ParameterSender& sender, Parameter* parameter) {
  std::string scratch;
  const tsql::Decision decision = tsql::push_parameter(sender.bound, sender.remote, parameter->value, scratch);
  if (const auto* decided = std::get_if<bool>(&decision)) return *decided ? Verdict::always : Verdict::never;
  *parameter = std::get<tsql::Pushed>(decision).parameter;
  const auto* binary = std::get_if<Binary>(&parameter->value);
  if (binary != nullptr && binary->bytes.data() == scratch.data())
    parameter->value = Binary{{copy_out(scratch), scratch.size()}};
  return Verdict::sent;
}

class Renderer {
 public:
  Renderer(const Verdict* verdicts, StringInfo out) : verdicts_(verdicts), out_(out) {}

  // Up to `end`, which is not of a comparison within; where that stands.
  const char* copy(const char* at, char end) {
    for (; *at != end; ++at) {
      if (*at == '\0') elog(ERROR, "a remote statement has marks that do not fit");
      if (*at == comparison_begins) {
        at = comparison(at);
      } else if (out_ != nullptr) {
        appendStringInfoChar(out_, *at);
      }
    }
    return at;
  }

  // The parts of a comparison may have comparisons of their own. Where it ends.
  const char* comparison(const char* at) {
    char* text = nullptr;
    const long parameter = std::strtol(at + 1, &text, 10);
    const Verdict verdict = verdicts_ == nullptr ? Verdict::sent : verdicts_[parameter];
    StringInfo out = out_;
    if (verdict != Verdict::sent) out_ = nullptr;
    const char* value = copy(text + 1, comparison_value) + 1;
    out_ = verdict == Verdict::sent ? nullptr : out;
    const char* end = copy(value, comparison_ends);
    if (verdict != Verdict::sent && out != nullptr) {
      appendStringInfoString(out, verdict == Verdict::always ? " = " : " <> ");  // "[c] = [c]": NULL for NULL
      (void)copy(value, comparison_ends);
    }
    out_ = out;
    return end;
  }

 private:
  const Verdict* verdicts_;
  StringInfo out_;  // null: what is passed over
};

}  // namespace

bool has_marks(const char* text) {
  constexpr char marks[] = {comparison_begins, comparison_text, comparison_value, comparison_ends, '\0'};
  return std::strpbrk(text, marks) != nullptr;
}

const char* plain_text(const char* marked, const Verdict* verdicts) {
  StringInfoData out;
  initStringInfo(&out);
  (void)Renderer(verdicts, &out).copy(marked, '\0');
  return out.data;
}

const char* comparison_of(const char* marked, int parameter) {
  for (const char* at = marked; (at = std::strchr(at, comparison_begins)) != nullptr; ++at) {
    char* text = nullptr;
    if (std::strtol(at + 1, &text, 10) != parameter) continue;
    StringInfoData out;
    initStringInfo(&out);
    (void)Renderer(nullptr, &out).copy(text + 1, comparison_value);
    return out.data;
  }
  return "";
}

Verdict send_parameter(const ParameterSender& sender, Datum value, bool isnull, Parameter* parameter) {
  const bool sent = send(sender.sender, value, isnull, parameter);
  if (!sender.compared) return Verdict::sent;  // every value of its type can be sent
  if (isnull) {
    // The type of most values, so that the statement stays the same one.
    if (sender.remote.type != Type::rowversion) parameter->type = sender.remote;
    return Verdict::sent;
  }
  const Verdict verdict = sent ? decide(sender, parameter)
                          : tsql::decide_beyond(sender.bound, is_beyond_above(sender.sender.type, value))
                              ? Verdict::always
                              : Verdict::never;
  if (verdict != Verdict::sent)
    *parameter = {sender.remote.type == Type::rowversion ? sender.sender.remote : sender.remote, {}};
  return verdict;
}

bool is_beyond_above(Oid type, Datum value) {
  switch (type) {
    case NUMERICOID: {
      const Numeric number = DatumGetNumeric(value);
      if (numeric_is_nan(number)) return true;
      const Datum zero = DirectFunctionCall1(int4_numeric, Int32GetDatum(0));
      return DatumGetBool(DirectFunctionCall2(numeric_gt, value, zero));
    }
    case FLOAT4OID: return !(DatumGetFloat4(value) < 0);
    case FLOAT8OID: return !(DatumGetFloat8(value) < 0);
    case DATEOID: return DatumGetDateADT(value) > 0;
    case TIMESTAMPOID:
    case TIMESTAMPTZOID: return DatumGetTimestamp(value) > 0;
    default: return true;  // 24:00
  }
}

}  // namespace mssql::pg

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

// "[c] = [c]": NULL for NULL.
void append_decided(StringInfo out, const char* value, std::size_t length, bool decision) {
  appendBinaryStringInfo(out, value, static_cast<int>(length));
  appendStringInfoString(out, decision ? " = " : " <> ");
  appendBinaryStringInfo(out, value, static_cast<int>(length));
}

}  // namespace

bool has_marks(const char* text) {
  constexpr char marks[] = {comparison_begins, comparison_text, comparison_value, comparison_ends, '\0'};
  return std::strpbrk(text, marks) != nullptr;
}

const char* plain_text(const char* marked, const Verdict* verdicts) {
  StringInfoData out;
  initStringInfo(&out);
  for (const char* at = marked; *at != '\0'; ++at) {
    if (*at != comparison_begins) {
      appendStringInfoChar(&out, *at);
      continue;
    }
    const int parameter = std::atoi(at + 1);
    const char* text = std::strchr(at, comparison_text) + 1;
    const char* value = std::strchr(text, comparison_value);
    const char* end = std::strchr(value, comparison_ends);
    const Verdict verdict = verdicts == nullptr ? Verdict::sent : verdicts[parameter];
    if (verdict == Verdict::sent) {
      appendBinaryStringInfo(&out, text, static_cast<int>(value - text));
    } else {
      append_decided(&out, value + 1, static_cast<std::size_t>(end - value - 1), verdict == Verdict::always);
    }
    at = end;
  }
  return out.data;
}

const char* comparison_of(const char* marked, int parameter) {
  for (const char* at = marked; (at = std::strchr(at, comparison_begins)) != nullptr; ++at) {
    if (std::atoi(at + 1) != parameter) continue;
    const char* text = std::strchr(at, comparison_text) + 1;
    return pnstrdup(text, static_cast<Size>(std::strchr(text, comparison_value) - text));
  }
  return nullptr;
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

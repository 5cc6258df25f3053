// Which local types become which remote ones, and the errors; assigner.hpp states the contract.

#include "assigner.hpp"

#include "core/tds/codec/unicode.hpp"
#include "core/tsql/dml.hpp"
#include "core/tsql/rules.hpp"
#include "pg/host/settings.hpp"
#include "type_names.hpp"

namespace mssql::pg {

namespace {

bool is_number_type(Oid type) {
  return type == INT2OID || type == INT4OID || type == INT8OID || type == NUMERICOID || type == FLOAT4OID ||
         type == FLOAT8OID || type == BOOLOID;
}

enum class Kind : std::uint8_t { number, moment, uuid, characters, bytes };

Kind kind_of(Type remote) {
  switch (remote) {
    case Type::bit:
    case Type::tinyint:
    case Type::smallint:
    case Type::int_:
    case Type::bigint:
    case Type::decimal:
    case Type::money:
    case Type::smallmoney:
    case Type::real:
    case Type::float_: return Kind::number;
    case Type::date:
    case Type::time:
    case Type::smalldatetime:
    case Type::datetime:
    case Type::datetime2:
    case Type::datetimeoffset: return Kind::moment;
    case Type::uniqueidentifier: return Kind::uuid;
    case Type::binary:
    case Type::varbinary:
    case Type::image:
    case Type::rowversion:
    case Type::udt: return Kind::bytes;
    default: return Kind::characters;
  }
}

// Whether values of the local type are sent as values of this kind.
bool has_kind(Oid local, const RemoteType& remote) {
  switch (kind_of(remote.type)) {
    case Kind::number: return is_number_type(local);
    case Kind::moment:
      if (remote.type == Type::time) return local == TIMEOID;
      return local == DATEOID || local == TIMESTAMPOID || local == TIMESTAMPTZOID;
    case Kind::uuid: return local == UUIDOID;
    case Kind::characters: return is_text_type(local);
    case Kind::bytes: return local == BYTEAOID;
  }
  return false;
}

// A zone comes and goes by the session's TimeZone, as in reading.
PGFunction find_coercion(Oid local, Type remote) {
  if (remote == Type::datetimeoffset) {
    if (local == TIMESTAMPOID) return timestamp_timestamptz;
    return local == DATEOID ? date_timestamptz : nullptr;
  }
  return local == TIMESTAMPTZOID && kind_of(remote) == Kind::moment ? timestamptz_timestamp : nullptr;
}

Oid coerced_type(Type remote) { return remote == Type::datetimeoffset ? TIMESTAMPTZOID : TIMESTAMPOID; }

// Core's; null: it can be assigned.
const char* refusal(Type type) {
  const std::string_view why = tsql::why_not_assigned(type);
  return why.empty() ? nullptr : copy_out(why);
}

// Core only.
bool assign_scalar(const RemoteType& remote, Parameter* parameter) {
  const std::optional<Parameter> assigned = tsql::assign(remote, parameter->value);
  if (assigned) *parameter = *assigned;
  return assigned.has_value();
}

const char* shown(Oid type, Datum value) {
  Oid output = InvalidOid;
  bool is_varlena = false;
  getTypeOutputInfo(type, &output, &is_varlena);
  return OidOutputFunctionCall(output, value);
}

[[noreturn]] void raise_no_value(const Assigner& assigner, Datum value) {
  const bool is_moment = kind_of(assigner.remote.type) == Kind::moment;
  ereport(ERROR, (errcode(is_moment ? ERRCODE_DATETIME_VALUE_OUT_OF_RANGE : ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
                  errmsg("value \"%s\" of column \"%s\" does not fit the remote type %s", shown(assigner.type, value),
                         assigner.column, declaration_of(assigner.remote))));
  pg_unreachable();
}

Datum coerced(const Assigner& assigner, Datum value) {
  return assigner.coercion == nullptr ? value : DirectFunctionCall1(assigner.coercion, value);
}

// As tsql::push_parameter() has it, which knows no text. Core only.
bool key_value(const RemoteType& remote, Parameter* parameter) {
  std::string scratch;  // unused, for no value is equal but of the same length
  const tsql::Decision decision = tsql::push_parameter({tsql::Operator::equal}, remote, parameter->value, scratch);
  const auto* pushed = std::get_if<tsql::Pushed>(&decision);
  if (pushed != nullptr) *parameter = pushed->parameter;
  return pushed != nullptr || assign_scalar(remote, parameter);
}

// Whether the local type shows each value of the remote one as it is, so that it can be found by
// it again.
bool shows_all(Oid local, Type remote) {
  switch (kind_of(remote)) {
    case Kind::number:
      if (remote == Type::bit) return local == BOOLOID;
      if (remote == Type::float_) return local == FLOAT8OID;
      if (remote == Type::real) return local == FLOAT4OID || local == FLOAT8OID;
      return local == INT2OID || local == INT4OID || local == INT8OID || local == NUMERICOID;
    case Kind::moment:
      if (remote == Type::time) return local == TIMEOID;
      if (remote == Type::datetimeoffset) return local == TIMESTAMPTZOID;
      return local == TIMESTAMPOID || local == DATEOID;
    case Kind::uuid: return local == UUIDOID;
    case Kind::characters: return is_text_type(local);
    case Kind::bytes: return local == BYTEAOID;
  }
  return false;
}

bool can_match(const RemoteType& remote) { return tsql::key_match(remote) != tsql::KeyMatch::none; }

// Core only.
bool all_in_code_page(const Parameter& parameter, int code_page) {
  const auto* text = std::get_if<Text>(&parameter.value);
  return text == nullptr || tds::is_in_code_page(code_page, text->utf8);
}

}  // namespace

Assigner choose_assigner(Form_pg_attribute attribute, const RemoteType& remote) {
  Assigner assigner{};
  assigner.remote = remote;
  assigner.column = pstrdup(NameStr(attribute->attname));
  assigner.type = attribute->atttypid;
  const Oid local = getBaseType(attribute->atttypid);
  assigner.own_kind = has_kind(local, remote) && remote.type != Type::hierarchyid;
  assigner.coercion = assigner.own_kind ? find_coercion(local, remote.type) : nullptr;
  if (assigner.coercion != nullptr) {
    assigner.sender = choose_sender(coerced_type(remote.type));
  } else {
    assigner.sender = has_kind(local, remote) ? choose_sender(local) : choose_text_sender(local);
  }
  assigner.refused = refusal(remote.type);
  if (assigner.refused == nullptr && kind_of(remote.type) == Kind::bytes && !assigner.own_kind)
    assigner.refused = psprintf("type %s has no bytes", format_type_be(attribute->atttypid));
  return assigner;
}

void assign(const Assigner& assigner, Datum value, bool isnull, Parameter* parameter) {
  if (assigner.refused != nullptr && !isnull) {
    ereport(ERROR,
            (errcode(ERRCODE_FEATURE_NOT_SUPPORTED), errmsg("column \"%s\" cannot be written", assigner.column),
             errdetail("It has the remote type %s, and %s.", declaration_of(assigner.remote), assigner.refused)));
  }
  const bool sent = isnull ? send(assigner.sender, value, true, parameter)
                           : send(assigner.sender, coerced(assigner, value), false, parameter);
  if (!sent || !assign_scalar(assigner.remote, parameter)) raise_no_value(assigner, value);
}

bool is_in_code_page(const Parameter& parameter, int code_page) { return all_in_code_page(parameter, code_page); }

void raise_not_in_code_page(const Assigner& assigner, int code_page) {
  ereport(ERROR, (errcode(ERRCODE_UNTRANSLATABLE_CHARACTER),
                  errmsg("value of column \"%s\" has a character that the remote column lacks", assigner.column),
                  errdetail("The column has the code page %d; SQL Server would store another character.", code_page)));
  pg_unreachable();
}

void assign_key(const Assigner& assigner, Datum value, Parameter* parameter) {
  if (!send(assigner.sender, coerced(assigner, value), false, parameter) || !key_value(assigner.remote, parameter))
    raise_no_value(assigner, value);
  trim_key(assigner, parameter);
}

void trim_key(const Assigner& assigner, Parameter* parameter) {
  auto* text = std::get_if<Text>(&parameter->value);
  if (text == nullptr || (assigner.remote.type != Type::char_ && assigner.remote.type != Type::nchar)) return;
  text->utf8 = text->utf8.substr(0, text->utf8.find_last_not_of(' ') + 1);
}

const char* why_no_key(const Assigner& assigner) {
  if (getBaseType(assigner.type) == BPCHAROID && assigner.remote.type != Type::char_ &&
      assigner.remote.type != Type::nchar)
    return "its values have blanks here that they have not there";
  if (!can_match(assigner.remote))
    return psprintf("SQL Server does not compare values of type %s", declaration_of(assigner.remote));
  if (shows_all(getBaseType(assigner.type), assigner.remote.type)) return nullptr;
  return psprintf("values of the remote type %s are not found again by what they become in type %s",
                  declaration_of(assigner.remote), format_type_be(assigner.type));
}

}  // namespace mssql::pg

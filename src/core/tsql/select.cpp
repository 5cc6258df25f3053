// How a column of each type is selected: most travel as themselves, the others in a defined form.
//   hierarchyid          its path as text, "/1/2.5/"
//   geometry, geography  varbinary(max): the SRID as a big-endian int32, then ISO WKB with Z and M (tds/codec/spatial.hpp makes EWKB of it)
//   sql_variant          nvarchar(max): the JSON object {"t": declared base type, "c": collation of character data, "v": value}
//   other CLR types      varbinary(max): their own serialization
//   raw text             varbinary(max): a byte order mark, then the characters; the mark tells SQL Server, whose nvarchar is UTF-16,
//                        from servers that keep UTF-8
// Sources: Microsoft's T-SQL reference, SQL_VARIANT_PROPERTY, CAST and CONVERT (styles),
// AsBinaryZM, STSrid.
#include "select.hpp"

namespace mssql::tsql {

namespace {

// Builds one CASE over the base type of the sql_variant `column_`. Every conversion goes through
// the base type itself, since the value of a sql_variant has no T-SQL form of its own.
class VariantExpression {
 public:
  explicit VariantExpression(std::string_view column) : column_(column) {}

  std::string build() const {
    return "CASE WHEN " + column_ + " IS NOT NULL THEN CAST(N'{\"t\":\"' AS nvarchar(max))+" + declared_type() +
           "+N'\"'+" + collation() + "+N',\"v\":'+" + value() + "+N'}' END";
  }

 private:
  std::string property(std::string_view name, std::string_view type) const {
    return "CONVERT(" + std::string(type) + ",SQL_VARIANT_PROPERTY(" + column_ + ",'" + std::string(name) + "'))";
  }
  std::string base_type() const { return property("BaseType", "nvarchar(128)"); }
  std::string number(std::string_view name, std::string_view divisor = {}) const {
    return "CONVERT(nvarchar(10)," + property(name, "int") + std::string(divisor) + ")";
  }
  // Of a text with seven digits of fraction, what stands before it and as many digits as are
  // declared.
  std::string declared_fraction(const std::string& text, int length_before) const {
    const std::string scale = property("Scale", "int");
    return "LEFT(" + text + "," + std::to_string(length_before) + "+" + scale + "+SIGN(" + scale + "))";
  }
  std::string cast(std::string_view type) const { return "CAST(" + column_ + " AS " + std::string(type) + ")"; }

  // As declare() writes it.
  std::string declared_type() const {
    return "CASE WHEN " + base_type() + " IN (N'decimal',N'numeric') THEN N'decimal('+" + number("Precision") +
           "+N','+" + number("Scale") + "+N')' WHEN " + base_type() +
           " IN (N'char',N'varchar',N'binary',N'varbinary') THEN " + base_type() + "+N'('+" + number("MaxLength") +
           "+N')' WHEN " + base_type() + " IN (N'nchar',N'nvarchar') THEN " + base_type() + "+N'('+" +
           number("MaxLength", "/2") + "+N')' WHEN " + base_type() +
           " IN (N'time',N'datetime2',N'datetimeoffset') THEN " + base_type() + "+N'('+" + number("Scale") +
           "+N')' ELSE " + base_type() + " END";
  }

  // Present for character types only; a collation's name needs no escape.
  std::string collation() const {
    return "CASE WHEN " + base_type() + " IN (N'char',N'varchar',N'nchar',N'nvarchar') THEN N',\"c\":\"'+" +
           property("Collation", "nvarchar(128)") + "+N'\"' ELSE N'' END";
  }

  std::string when(std::string_view types, const std::string& result) const {
    return " WHEN " + base_type() + " IN (" + std::string(types) + ") THEN " + result;
  }

  // JSON's escapes by REPLACE in a binary collation, \u and four digits for all, the backslash
  // first. STRING_ESCAPE would do on SQL Server, but Babelfish's reads UTF-8 as single bytes, and
  // its REPLACE halves a doubled backslash. A NUL is left as it is, to meet nul_policy.
  std::string escaped_text() const {
    static constexpr char digits[] = "0123456789abcdef";
    std::string text = cast("nvarchar(max)") + " COLLATE Latin1_General_BIN2";
    const auto escape = [&](int code) {
      const std::string replacement = std::string("\\u00") + digits[code >> 4] + digits[code & 15];
      text = "REPLACE(" + text + ",NCHAR(" + std::to_string(code) + "),N'" + replacement + "')";
    };
    escape('\\');
    escape('"');
    for (int control = 1; control < 0x20; ++control) escape(control);
    return text;
  }

  // Hexadecimal digits by style 1, or byte by byte on a server that does not know the style:
  // Babelfish gives the bytes as characters.
  static std::string hexadecimal(const std::string& bytes) {
    const std::string ten = "(VALUES (0),(1),(2),(3),(4),(5),(6),(7),(8),(9))";
    const auto digit = [&](std::string_view half) {
      return "SUBSTRING(N'0123456789ABCDEF',CAST(SUBSTRING(" + bytes + ",n.i,1) AS int)" + std::string(half) + "+1,1)";
    };
    const std::string digits = "(SELECT " + digit("/16") + "+" + digit("%16") +
                               " FROM (SELECT a.i*1000+b.i*100+c.i*10+d.i+1 AS i FROM " + ten + " AS a(i) CROSS JOIN " +
                               ten + " AS b(i) CROSS JOIN " + ten + " AS c(i) CROSS JOIN " + ten +
                               " AS d(i)) AS n WHERE n.i<=DATALENGTH(" + bytes + ") ORDER BY n.i FOR XML PATH(''))";
    return "CASE WHEN CONVERT(nvarchar(4),0x0A,1)=N'0x0A' THEN N'\"'+CONVERT(nvarchar(max)," + bytes +
           ",1)+N'\"' ELSE N'\"0x'+COALESCE(" + digits + ",N'')+N'\"' END";
  }

  // Numbers are bare: integers and decimals as they print, money with its four places. Of floats
  // the bits are sent: the style that prints enough digits (3) came with SQL Server 2016;
  // tds/codec/variant_json.hpp makes a number of them. Dates have their declared fraction (style
  // 121).
  std::string value() const {
    const auto quoted = [](const std::string& text) { return "N'\"'+" + text + "+N'\"'"; };
    const auto iso = [&](std::string_view type) { return "CONVERT(nvarchar(40)," + cast(type) + ",121)"; };
    const std::string with_offset = iso("datetimeoffset(7)");
    return "CASE" + when("N'bit'", "CASE " + cast("bit") + " WHEN 1 THEN N'true' ELSE N'false' END") +
           when("N'money',N'smallmoney'", "CONVERT(nvarchar(40),CAST(" + cast("money") + " AS decimal(19,4)))") +
           when("N'real',N'float'", hexadecimal("CAST(" + cast("float") + " AS binary(8))")) +
           when("N'char',N'varchar',N'nchar',N'nvarchar'", quoted(escaped_text())) +
           when("N'binary',N'varbinary'", hexadecimal(cast("varbinary(8000)"))) +
           when("N'uniqueidentifier'", quoted("LOWER(CONVERT(nvarchar(36)," + cast("uniqueidentifier") + "))")) +
           when("N'date'", quoted(iso("date"))) + when("N'time'", quoted(declared_fraction(iso("time(7)"), 8))) +
           when("N'smalldatetime',N'datetime'", quoted(iso("datetime"))) +
           when("N'datetime2'", quoted(declared_fraction(iso("datetime2(7)"), 19))) +
           when("N'datetimeoffset'", quoted(declared_fraction(with_offset, 19) + "+RIGHT(" + with_offset + ",7)")) +
           " ELSE CONVERT(nvarchar(60)," + column_ + ") END";
  }

  std::string column_;
};

bool is_unicode(Type type) {
  return type == Type::nchar || type == Type::nvarchar || type == Type::ntext || type == Type::json;
}

}  // namespace

bool is_raw(Type type, TextForm form) noexcept { return form == TextForm::raw && is_unicode(type); }

std::string select_expression(const RemoteType& type, std::string_view column, TextForm form) {
  const std::string name(column);
  if (is_raw(type.type, form)) return "CAST(NCHAR(65279)+CAST(" + name + " AS nvarchar(max)) AS varbinary(max))";
  switch (type.type) {
    case Type::hierarchyid: return name + ".ToString()";
    case Type::geometry:
    case Type::geography: return "CAST(CAST(" + name + ".STSrid AS int) AS binary(4))+" + name + ".AsBinaryZM()";
    case Type::sql_variant: return VariantExpression(name).build();
    case Type::udt: return "CAST(" + name + " AS varbinary(max))";
    default: return name;
  }
}

std::string sample_expression(const RemoteType& type, std::string_view column, TextForm form) {
  constexpr int most = 1024;  // PostgreSQL's analyze.c passes over longer values: WIDTH_THRESHOLD
  RemoteType cut = type;
  bool is_long = type.max_length < 0;
  switch (type.type) {
    case Type::varchar:
    case Type::varbinary: is_long = is_long || type.max_length > most; break;
    case Type::nvarchar: is_long = is_long || type.max_length > 2 * most; break;
    case Type::text:
    case Type::ntext:
    case Type::image: is_long = true; break;
    default: is_long = false;
  }
  if (!is_long) return select_expression(type, column, form);
  if (type.type == Type::ntext) cut.type = Type::nvarchar;
  return select_expression(cut, "SUBSTRING(" + std::string(column) + ", 1, " + std::to_string(most) + ")", form);
}

}  // namespace mssql::tsql

// Collations, MS-TDS 2.2.5.1.2: LCID 20 bits, flags 8 bits, version 4 bits, SortId 8 bits.
#include "collation.hpp"

#include <map>
#include <mutex>

namespace tds_server {

namespace {

struct Family {
  std::string_view prefix;
  std::uint32_t lcid;
  int code_page;
};

// Windows collations by the part of the name before version and suffixes.
// clang-format off
constexpr Family families[] = {
    {"Latin1_General", 0x0409, 1252}, {"Cyrillic_General", 0x0419, 1251}, {"Greek", 0x0408, 1253},
    {"Japanese", 0x0411, 932}, {"Japanese_XJIS", 0x0411, 932}, {"Japanese_Unicode", 0x10411, 932},
    {"Chinese_PRC", 0x0804, 936}, {"Chinese_Simplified_Pinyin", 0x0804, 936}, {"Chinese_PRC_Stroke", 0x20804, 936},
    {"Chinese_Taiwan_Stroke", 0x0404, 950}, {"Chinese_Taiwan_Bopomofo", 0x30404, 950},
    {"Chinese_Hong_Kong_Stroke", 0x0C04, 950}, {"Korean_Wansung", 0x0412, 949}, {"Korean", 0x0412, 949},
    {"Turkish", 0x041F, 1254}, {"Azeri_Latin", 0x042C, 1254}, {"Polish", 0x0415, 1250}, {"Czech", 0x0405, 1250},
    {"Hungarian", 0x040E, 1250}, {"Hungarian_Technical", 0x1040E, 1250}, {"Romanian", 0x0418, 1250},
    {"Slovak", 0x041B, 1250}, {"Slovenian", 0x0424, 1250}, {"Croatian", 0x041A, 1250}, {"Albanian", 0x041C, 1250},
    {"Hebrew", 0x040D, 1255}, {"Arabic", 0x0401, 1256}, {"Persian", 0x0429, 1256}, {"Urdu", 0x0420, 1256},
    {"Thai", 0x041E, 874}, {"Vietnamese", 0x042A, 1258}, {"Estonian", 0x0425, 1257}, {"Latvian", 0x0426, 1257},
    {"Lithuanian", 0x0427, 1257}, {"Ukrainian", 0x0422, 1251}, {"Macedonian_FYROM", 0x042F, 1251},
    {"Finnish_Swedish", 0x040B, 1252}, {"Danish_Norwegian", 0x0406, 1252}, {"French", 0x040C, 1252},
    {"German_PhoneBook", 0x10407, 1252}, {"Modern_Spanish", 0x0C0A, 1252}, {"Traditional_Spanish", 0x040A, 1252},
    {"Icelandic", 0x040F, 1252},
};
// clang-format on

struct SqlCollation {
  std::string_view name;
  std::uint32_t lcid;
  std::uint8_t sort_id;
  int code_page;
};

// The SQL_ collations that installations have as default; sort ids from Microsoft's collation list.
// clang-format off
constexpr SqlCollation sql_collations[] = {
    {"SQL_Latin1_General_CP1_CS_AS", 0x0409, 51, 1252}, {"SQL_Latin1_General_CP1_CI_AS", 0x0409, 52, 1252},
    {"SQL_Latin1_General_Pref_CP1_CI_AS", 0x0409, 53, 1252}, {"SQL_Latin1_General_CP1_CI_AI", 0x0409, 54, 1252},
    {"SQL_Latin1_General_CP437_CS_AS", 0x0409, 31, 437}, {"SQL_Latin1_General_CP437_CI_AS", 0x0409, 32, 437},
    {"SQL_Latin1_General_CP850_CS_AS", 0x0409, 41, 850}, {"SQL_Latin1_General_CP850_CI_AS", 0x0409, 42, 850},
    {"SQL_Latin1_General_CP1250_CS_AS", 0x0409, 81, 1250}, {"SQL_Latin1_General_CP1250_CI_AS", 0x0409, 82, 1250},
    {"SQL_Latin1_General_CP1251_CS_AS", 0x0409, 105, 1251}, {"SQL_Latin1_General_CP1251_CI_AS", 0x0409, 106, 1251},
    {"SQL_Latin1_General_CP1253_CS_AS", 0x0409, 113, 1253}, {"SQL_Latin1_General_CP1253_CI_AS", 0x0409, 114, 1253},
    {"SQL_Latin1_General_CP1254_CS_AS", 0x041F, 129, 1254}, {"SQL_Latin1_General_CP1254_CI_AS", 0x041F, 130, 1254},
    {"SQL_Latin1_General_CP1255_CS_AS", 0x0409, 137, 1255}, {"SQL_Latin1_General_CP1255_CI_AS", 0x0409, 138, 1255},
    {"SQL_Latin1_General_CP1256_CS_AS", 0x0409, 145, 1256}, {"SQL_Latin1_General_CP1256_CI_AS", 0x0409, 146, 1256},
    {"SQL_Latin1_General_CP1257_CS_AS", 0x0409, 153, 1257}, {"SQL_Latin1_General_CP1257_CI_AS", 0x0409, 154, 1257},
};
// clang-format on

namespace flag {
constexpr std::uint32_t ignore_case = 1u << 20;
constexpr std::uint32_t ignore_accent = 1u << 21;
constexpr std::uint32_t ignore_kana = 1u << 22;
constexpr std::uint32_t ignore_width = 1u << 23;
constexpr std::uint32_t binary = 1u << 24;
constexpr std::uint32_t binary2 = 1u << 25;
constexpr std::uint32_t utf8 = 1u << 26;
}  // namespace flag

struct Version {
  std::string_view infix;
  std::uint32_t number;
};
constexpr Version versions[] = {{"", 0}, {"_90", 1}, {"_100", 2}, {"_140", 3}};

// Whether `name` has `part` as one of its parts between underscores.
bool has_part(std::string_view name, std::string_view part) {
  for (std::size_t at = name.find(part); at != std::string_view::npos; at = name.find(part, at + 1)) {
    const std::size_t end = at + part.size();
    if (at > 0 && name[at - 1] == '_' && (end == name.size() || name[end] == '_')) return true;
  }
  return false;
}

std::uint32_t suffix_flags(std::string_view name) {
  if (has_part(name, "BIN2")) return flag::binary2;
  if (has_part(name, "BIN")) return flag::binary;
  std::uint32_t flags = 0;
  if (!has_part(name, "CS")) flags |= flag::ignore_case;
  if (has_part(name, "AI")) flags |= flag::ignore_accent;
  if (!has_part(name, "KS")) flags |= flag::ignore_kana;
  if (!has_part(name, "WS")) flags |= flag::ignore_width;
  return flags;
}

Collation make(std::uint32_t info, std::uint8_t sort_id, int code_page) {
  Collation collation;
  for (std::size_t i = 0; i < 4; ++i) collation.bytes[i] = static_cast<std::uint8_t>(info >> (8 * i));
  collation.bytes[4] = sort_id;
  collation.code_page = code_page;
  collation.case_sensitive = (info & flag::ignore_case) == 0;
  return collation;
}

const Family& family_of(std::string_view name) {
  const Family* best = &families[0];
  std::size_t length = 0;
  for (const Family& family : families) {
    const bool starts = name.substr(0, family.prefix.size()) == family.prefix && name.size() > family.prefix.size() &&
                        name[family.prefix.size()] == '_';
    if (starts && family.prefix.size() > length) {
      best = &family;
      length = family.prefix.size();
    }
  }
  return *best;
}

Collation parse(std::string_view name) {
  for (const SqlCollation& sql : sql_collations) {
    if (sql.name == name) return make(sql.lcid | suffix_flags(name), sql.sort_id, sql.code_page);
  }
  const Family& family = family_of(name);
  std::uint32_t info = family.lcid | suffix_flags(name);
  for (const Version& version : versions) {
    if (!version.infix.empty() && has_part(name, version.infix.substr(1))) info |= version.number << 28;
  }
  const bool utf8 = has_part(name, "UTF8");
  if (utf8) info |= flag::utf8;
  return make(info, 0, utf8 ? utf8_code_page : family.code_page);
}

std::string suffixes(std::uint32_t info) {
  std::string text;
  if ((info & flag::binary2) != 0) {
    text = "_BIN2";
  } else if ((info & flag::binary) != 0) {
    text = "_BIN";
  } else {
    text = (info & flag::ignore_case) != 0 ? "_CI" : "_CS";
    text += (info & flag::ignore_accent) != 0 ? "_AI" : "_AS";
    if ((info & flag::ignore_kana) == 0) text += "_KS";
    if ((info & flag::ignore_width) == 0) text += "_WS";
  }
  if ((info & flag::utf8) != 0) text += (info & (flag::binary | flag::binary2)) != 0 ? "_UTF8" : "_SC_UTF8";
  return text;
}

}  // namespace

const Collation& collation_named(std::string_view name) {
  static std::mutex mutex;
  static std::map<std::string, Collation, std::less<>> known;  // entries never move or go away
  const std::lock_guard lock(mutex);
  const auto found = known.find(name);
  if (found != known.end()) return found->second;
  return known.emplace(std::string(name), parse(name)).first->second;
}

std::string collation_name(const CollationBytes& bytes) {
  for (const SqlCollation& sql : sql_collations) {
    if (bytes[4] != 0 && sql.sort_id == bytes[4]) return std::string(sql.name);
  }
  std::uint32_t info = 0;
  for (std::size_t i = 0; i < 4; ++i) info |= static_cast<std::uint32_t>(bytes[i]) << (8 * i);
  const Family* family = &families[0];
  for (const Family& candidate : families) {
    if (candidate.lcid == (info & 0xFFFFF)) {
      family = &candidate;
      break;
    }
  }
  const std::uint32_t version = (info >> 28) & 3;
  return std::string(family->prefix) + std::string(versions[version].infix) + suffixes(info);
}

}  // namespace tds_server

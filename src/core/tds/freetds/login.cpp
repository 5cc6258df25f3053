// DB-Library takes part of a login as function calls and the rest from a file only, so both are
// used here.
#include "login.hpp"

#include <sybdb.h>
#include <sys/mman.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <fcntl.h>
#include <optional>
#include <system_error>

#include "core/error.hpp"
#include "core/tds/net/descriptor.hpp"
#include "core/tds/net/reach.hpp"

namespace mssql::tds::freetds {

namespace {

// FreeTDS reads its configuration by lines of at most 255 bytes; this leaves room for the option's
// name.
constexpr std::size_t longest_config_value = 200;
// TDS_MAX_LOGIN_STR_SZ
constexpr std::size_t longest_login_text = 128;
// FreeTDS asks the error handler once per login timeout whether to wait on, so this is the grain of
// an interrupt.
constexpr int login_grain_seconds = 1;

constexpr int longest_encrypted_packet = 16383;

constexpr std::array hidden_variables = {"TDSVER", "TDSHOST", "TDSPORT", "TDSDUMP", "TDSDUMPCONFIG"};

// Takes the variables that FreeTDS would obey over our configuration out of the environment while
// it logs in. TDSDUMP is among them because its log would hold the password.
class CleanEnvironment {
 public:
  CleanEnvironment() {
    for (std::size_t i = 0; i < hidden_variables.size(); ++i) {
      const char* value = std::getenv(hidden_variables[i]);
      if (value == nullptr) continue;
      saved_[i] = value;
      ::unsetenv(hidden_variables[i]);
    }
  }
  ~CleanEnvironment() {
    for (std::size_t i = 0; i < hidden_variables.size(); ++i)
      if (saved_[i]) ::setenv(hidden_variables[i], saved_[i]->c_str(), 1);
  }
  CleanEnvironment(const CleanEnvironment&) = delete;
  CleanEnvironment& operator=(const CleanEnvironment&) = delete;

 private:
  std::array<std::optional<std::string>, hidden_variables.size()> saved_;
};

// The file that dbsetifile() makes FreeTDS look into first. In memory where /proc is there to name
// it, else in /tmp.
class ConfigFile {
 public:
  explicit ConfigFile(const std::string& text) {
    file_ = net::Descriptor(::memfd_create("mssql_fdw_freetds_conf", MFD_CLOEXEC));
    path_ = "/proc/self/fd/" + std::to_string(file_.get());
    if (!file_.valid() || ::access(path_.c_str(), R_OK) != 0) {
      path_ = "/tmp/mssql_fdw_XXXXXX";
      file_ = net::Descriptor(::mkostemp(path_.data(), O_CLOEXEC));
      unlink_ = file_.valid();
    }
    if (!file_.valid() || ::write(file_.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size()))
      throw Error(sqlstate::fdw_error,
                  "could not write the configuration for FreeTDS: " + std::generic_category().message(errno));
    dbsetifile(path_.data());
  }
  ~ConfigFile() {
    dbsetifile(nothing_);
    if (unlink_) ::unlink(path_.c_str());
  }
  ConfigFile(const ConfigFile&) = delete;
  ConfigFile& operator=(const ConfigFile&) = delete;

 private:
  net::Descriptor file_;
  std::string path_;
  bool unlink_{false};
  char nothing_[1] = "";
};

struct FreeLogin {
  void operator()(LOGINREC* record) const noexcept { dbloginfree(record); }
};
using LoginRecord = std::unique_ptr<LOGINREC, FreeLogin>;

[[noreturn]] void bad_value(const char* option, const std::string& why) {
  throw Error(sqlstate::invalid_parameter, std::string("invalid value for option \"") + option + "\"", why);
}

void refuse_control_characters(const char* option, std::string_view value) {
  if (std::any_of(value.begin(), value.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }))
    bad_value(option, "The value has a control character in it.");
}

void check_host(const std::string& host) {
  if (host.empty()) bad_value("host", "The host name is empty.");
  refuse_control_characters("host", host);
  if (host.find_first_of(" #;=[]\"'/") != std::string::npos)
    bad_value("host", "A host name or address cannot have such characters.");
  if (host.find_first_of("\\,") != std::string::npos)
    throw Error(sqlstate::invalid_parameter, "invalid value for option \"host\"",
                "The value is not just a host name or address.",
                "Give the instance in the option \"instance\" and the port in the option \"port\".");
  if (host.size() > longest_config_value) bad_value("host", "The host name is too long.");
}

void check_ca_file(const std::string& path) {
  refuse_control_characters("ca_file", path);
  if (path.size() > longest_config_value || path.find_first_of("#;") != std::string::npos ||
      path.find("  ") != std::string::npos || path.front() == ' ' || path.back() == ' ')
    bad_value(
        "ca_file",
        "FreeTDS cannot read a path that is longer than 200 bytes or has '#', ';' or several blanks in a row in it.");
  if (path == "system") return;  // FreeTDS takes the system's trust store then
  const net::Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.valid())
    throw Error(sqlstate::invalid_parameter,
                "could not open ca_file \"" + path + "\": " + std::generic_category().message(errno));
}

void check_spn(const std::string& spn) {
  refuse_control_characters("server_spn", spn);
  if (spn.size() > longest_config_value || spn.find_first_of("#; ") != std::string::npos)
    bad_value("server_spn",
              "FreeTDS cannot read a name that is longer than 200 bytes or has '#', ';' or a blank in it.");
}

// `request` lets a server, or who stands in between, do without TLS, and so without the certificate
// that a ca_file wants.
const char* encryption_word(const Login& login) {
  switch (login.encrypt) {
    case Encrypt::off: return "off";
    case Encrypt::request: return login.ca_file.empty() ? "request" : "require";
    case Encrypt::require: return "require";
    case Encrypt::strict: return "strict";
  }
  return "require";
}

void check_encryption(Encrypt encrypt) {
  if (encrypt != Encrypt::strict) return;
  const LibraryVersion version = parse_library_version(library_version());
  if (version.major > 1 || (version.major == 1 && version.minor >= 5)) return;
  throw Error(sqlstate::feature_not_supported, "encrypt \"strict\" needs FreeTDS 1.5 or later",
              "This server has " + library_version() + ".", "Use encrypt \"require\", or a newer FreeTDS.");
}

void set_text(LOGINREC* record, int field, const char* option, const std::string& value) {
  if (value.find('\0') != std::string::npos) bad_value(option, "The value has a NUL character in it.");
  if (value.size() > longest_login_text) bad_value(option, "FreeTDS takes at most 128 bytes (in UTF-8).");
  if (dbsetlname(record, value.c_str(), field) != SUCCEED)
    throw Error(sqlstate::out_of_memory, std::string("FreeTDS did not take option \"") + option + "\"");
}

LoginRecord login_record(const Login& login) {
  LoginRecord record(dblogin());
  if (!record) throw Error(sqlstate::out_of_memory, "out of memory");
  refuse_control_characters("database", login.database);
  refuse_control_characters("application_name", login.application_name);
  refuse_control_characters("username", login.username);
  set_text(record.get(), DBSETAPP, "application_name", login.application_name);
  if (!login.database.empty()) set_text(record.get(), DBSETDBNAME, "database", login.database);
  if (login.username.empty()) {
    dbsetlbool(record.get(), TRUE, DBSETNETWORKAUTH);
  } else {
    set_text(record.get(), DBSETUSER, "username", login.username);
    set_text(record.get(), DBSETPWD, "password", login.password);
  }
  dbsetlversion(record.get(), DBVERSION_74);
  dbsetlbool(record.get(), TRUE, DBSETUTF16);
  if (login.read_only_intent) dbsetlbool(record.get(), TRUE, DBSETREADONLY);
  // Servers hang up on longer ones under TLS, though they may grant them
  const int packet_size =
      login.encrypt == Encrypt::off ? login.packet_size : std::min(login.packet_size, longest_encrypted_packet);
  if (packet_size > 0 && dbsetllong(record.get(), packet_size, DBSETPACKET) != SUCCEED)
    bad_value("packet_size", "FreeTDS does not take this packet size.");
  return record;
}

[[noreturn]] void raise_login_failure(const Login& login, int port, const Monitor& monitor) {
  if (monitor.stop() == Stop::interrupted) throw Error::interrupted();
  if (monitor.out_of_memory()) throw Error(sqlstate::out_of_memory, "out of memory");
  if (monitor.has_server_error()) throw monitor.server_error();
  const std::string where =
      "connection to server at \"" + login.host + "\", port " + std::to_string(port) + " failed: ";
  if (monitor.stop() == Stop::deadline)
    throw Error(sqlstate::cannot_connect, where + "timeout expired",
                "The server accepted the connection and did not finish the login within " +
                    std::to_string(login.connect_timeout) + " s.",
                std::string("Is a SQL Server listening on that port? ") +
                    (login.encrypt == Encrypt::strict ? tds8_advice : "See the server option \"connect_timeout\"."));
  const bool secure = login.encrypt == Encrypt::require || login.encrypt == Encrypt::strict || !login.ca_file.empty();
  std::string hint;
  if (login.username.empty())
    hint =
        "Without a username the login uses Kerberos: has the server process a valid ticket, and does the KDC know the "
        "service? "
        "See the option \"server_spn\".";
  else if (secure)
    hint =
        "Can the server encrypt, and does its certificate match? See the server options \"encrypt\", \"ca_file\" and "
        "\"verify_host\".";
  else if (login.encrypt == Encrypt::off)
    hint = "Does the server insist on encryption? See the server option \"encrypt\".";
  throw Error(sqlstate::cannot_connect, where + "the login was not completed",
              monitor.library_error().empty() ? std::string() : "FreeTDS reports: " + monitor.library_error() + ".",
              hint);
}

}  // namespace

std::string library_version() {
  const std::string_view text = dbversion();
  const std::size_t number = text.find_first_of("0123456789");
  return "FreeTDS " + std::string(number == std::string_view::npos ? text : text.substr(number));
}

LibraryVersion parse_library_version(std::string_view text) noexcept {
  LibraryVersion version;
  const std::size_t start = text.find_first_of("0123456789");
  if (start == std::string_view::npos) return version;
  const char* end = text.data() + text.size();
  const auto [dot, code] = std::from_chars(text.data() + start, end, version.major);
  if (code == std::errc() && dot != end && *dot == '.') std::from_chars(dot + 1, end, version.minor);
  return version;
}

std::string config_text(const Login& login, int port) {
  check_host(login.host);
  check_encryption(login.encrypt);
  std::string text =
      "[" + login.host + "]\n\thost = " + login.host + "\n\tport = " + std::to_string(port) +
      "\n\ttds version = 7.4\n\tclient charset = UTF-8\n\tuse utf-16 = yes\n\ttext size = 2147483647\n\tencryption = " +
      encryption_word(login) + "\n";
  if (!login.ca_file.empty()) {
    check_ca_file(login.ca_file);
    text += "\tca file = " + login.ca_file + "\n\tcheck certificate hostname = " + (login.verify_host ? "yes" : "no") +
            "\n";
  }
  if (!login.server_spn.empty()) {
    check_spn(login.server_spn);
    text += "\tspn = " + login.server_spn + "\n";
  }
  return text;
}

Process log_in(const Login& login, const Environment& environment, Monitor& monitor) {
  initialize_library();
  check_host(login.host);
  refuse_control_characters("instance", login.instance);
  if (!login.access_token.empty())
    throw Error(sqlstate::feature_not_supported, "FreeTDS cannot log in with an access token", {},
                "Set the server option \"driver\" to \"native\".");
  if (!login.tls_name.empty())
    throw Error(sqlstate::feature_not_supported,
                "FreeTDS cannot ask for another name in the certificate than the host's", {},
                "Set the server option \"driver\" to \"native\", or drop \"tls_name\".");
  const net::Patience patience{net::Deadline::in_seconds(login.connect_timeout), login.connect_timeout,
                               environment.interrupted, environment.wait};
  const int port = login.instance.empty() ? login.port : net::find_instance_port(login.host, login.instance, patience);
  const std::string text = config_text(login, port);
  const LoginRecord record = login_record(login);
  // FreeTDS connects without a way to interrupt it and reports every failure as "unavailable or
  // does not exist", so it is tried before.
  const auto start = net::Clock::now();
  net::connect(login.host, port, patience);
  const auto reached_in = net::Clock::now() - start;

  const CleanEnvironment environment_guard;
  const ConfigFile config(text);
  const Call call(monitor, nullptr, {patience.deadline, 0, true});
  // FreeTDS connects again by itself within this time, without asking anybody
  const int connect_allowance = static_cast<int>(std::chrono::ceil<std::chrono::seconds>(reached_in * 3).count());
  dbsetlogintime(std::max(login_grain_seconds, connect_allowance));
  Process process(dbopen(record.get(), login.host.c_str()));
  dbsetlogintime(-1);  // as if never set: it is global
  if (!process || monitor.has_server_error() || monitor.stop() != Stop::none) raise_login_failure(login, port, monitor);
  monitor.clear();  // "changed database context to ..." is no news
  install_interrupt_check(process.get());
  return process;
}

}  // namespace mssql::tds::freetds

// The command line of tds_server.
#include "options.hpp"

#include <charconv>
#include <fstream>
#include <stdexcept>

namespace tds_server {

const char* const usage =
    "usage: tds_server --pg CONNINFO --password-file FILE [options]\n"
    "  --pg CONNINFO              PostgreSQL behind it, without dbname\n"
    "  --password-file FILE       the password of --user, first line of the file\n"
    "  --user NAME                sa\n"
    "  --login NAME:PASSWORD      a further login; may be repeated\n"
    "  --windows-login NAME       DOMAIN\\user, who may log in by Kerberos (user@DOMAIN.EXAMPLE) or NTLM; may be "
    "repeated. The keys\n"
    "                             are those of KRB5_KTNAME, for NTLM of gss-ntlmssp's NTLM_USER_FILE\n"
    "  --access-token-file FILE   \"user token\", the access token that is accepted; read at each login\n"
    "  --listen ADDRESS           127.0.0.1\n"
    "  --port N                   1433; 0 takes any free port\n"
    "  --port-file FILE           the port is written there once the server listens\n"
    "  --cert FILE --key FILE     PEM; without them a self-signed certificate is made in memory\n"
    "  --certificate-name NAME    common name of that certificate, localhost\n"
    "  --encrypt MODE             off, login (SQL Server's default), full, not_supported\n"
    "  --packet-size-max N        32767\n";

namespace {

std::string first_line(const std::string& file) {
  std::ifstream in(file);
  std::string line;
  if (!std::getline(in, line)) throw std::runtime_error("cannot read " + file);
  if (!line.empty() && line.back() == '\r') line.pop_back();
  return line;
}

int number_between(const std::string& text, int least, int most) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || value < least || value > most) {
    throw std::runtime_error("not a number from " + std::to_string(least) + " to " + std::to_string(most) + ": " +
                             text);
  }
  return value;
}

EncryptMode encrypt_mode(const std::string& text) {
  if (text == "off") return EncryptMode::off;
  if (text == "login") return EncryptMode::login;
  if (text == "full") return EncryptMode::full;
  if (text == "not_supported") return EncryptMode::not_supported;
  throw std::runtime_error("--encrypt is off, login, full or not_supported");
}

void add_login(Options& options, const std::string& text) {
  const std::size_t colon = text.find(':');
  if (colon == std::string::npos) throw std::runtime_error("--login takes NAME:PASSWORD");
  options.logins[lower_case(text.substr(0, colon))] = text.substr(colon + 1);
}

void set(Options& options, const std::string& name, const std::string& value) {
  if (name == "--listen")
    options.listen = value;
  else if (name == "--port")
    options.port = number_between(value, 0, 65535);
  else if (name == "--port-file")
    options.port_file = value;
  else if (name == "--pg")
    options.pg_conninfo = value;
  else if (name == "--user")
    options.user = value;
  else if (name == "--password-file")
    options.password = first_line(value);
  else if (name == "--login")
    add_login(options, value);
  else if (name == "--windows-login")
    options.windows_logins.insert(lower_case(value));
  else if (name == "--access-token-file")
    options.access_token_file = value;
  else if (name == "--cert")
    options.certificate_file = value;
  else if (name == "--key")
    options.key_file = value;
  else if (name == "--certificate-name")
    options.certificate_name = value;
  else if (name == "--encrypt")
    options.encrypt = encrypt_mode(value);
  else if (name == "--packet-size-max")
    options.packet_size_max = static_cast<std::size_t>(number_between(value, 512, 32767));
  else
    throw std::runtime_error("unknown option " + name);
}

}  // namespace

Options parse_options(int argc, char** argv) {
  Options options;
  bool has_password = false;
  for (int i = 1; i < argc; i += 2) {
    const std::string name = argv[i];
    if (i + 1 >= argc) throw std::runtime_error(name + " needs a value");
    set(options, name, argv[i + 1]);
    has_password |= name == "--password-file";
  }
  if (!has_password) throw std::runtime_error("--password-file is missing");
  if (options.certificate_file.empty() != options.key_file.empty())
    throw std::runtime_error("--cert and --key go together");
  return options;
}

}  // namespace tds_server

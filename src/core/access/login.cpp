#include "login.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string>

#include "core/error.hpp"

namespace mssql::access {

namespace {

class File {
 public:
  explicit File(int descriptor) : descriptor_(descriptor) {}
  ~File() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  int descriptor() const { return descriptor_; }

 private:
  int descriptor_;
};

// A file that holds a secret. `kind` names it in messages, which never show what it holds.
struct SecretFile {
  const char* kind;
  std::string_view path;

  [[noreturn]] void refuse(const char* reason, const char* hint = "") const {
    throw Error(sqlstate::invalid_authorization,
                std::string("could not use ") + kind + " \"" + std::string(path) + "\"", reason, hint);
  }
  std::string read(std::size_t most) const;
};

// Its first `most` bytes. As with a server key of PostgreSQL: the owner alone may read it, or root
// owns it and shares it with a group.
std::string SecretFile::read(std::size_t most) const {
  const File file(::open(std::string(path).c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (file.descriptor() < 0) refuse("The file does not exist or may not be read.");
  struct stat status {};
  if (::fstat(file.descriptor(), &status) != 0 || !S_ISREG(status.st_mode)) refuse("It is not a regular file.");
  const bool ours = status.st_uid == ::geteuid() && (status.st_mode & (S_IRWXG | S_IRWXO)) == 0;
  const bool roots = status.st_uid == 0 && (status.st_mode & (S_IWGRP | S_IXGRP | S_IRWXO)) == 0;
  if (!ours && !roots)
    refuse("The file may be read by others than its owner.", "Make it mode 0600, or 0640 when root owns it.");
  std::string content(most, '\0');
  std::size_t length = 0;
  while (length < most) {
    const ssize_t count = ::read(file.descriptor(), content.data() + length, most - length);
    if (count < 0 && errno != EINTR) refuse("Reading it failed.");
    if (count == 0) break;
    if (count > 0) length += static_cast<std::size_t>(count);
  }
  content.resize(length);
  return content;
}

std::string read_password_file(std::string_view path) {
  const SecretFile file{"password file", path};
  std::string password = file.read(1024);
  password.erase(std::min(password.find_first_of("\r\n"), password.size()));
  if (password.empty()) file.refuse("Its first line is empty.");
  return password;
}

// Read anew at each login: a token lives for an hour or so, and something else renews the file.
std::string read_access_token_file(std::string_view path) {
  constexpr std::size_t longest = 32768;
  const SecretFile file{"access token file", path};
  std::string token = file.read(longest + 1);
  token.erase(token.find_last_not_of(" \t\r\n") + 1);
  if (token.empty()) file.refuse("It is empty.");
  if (token.size() > longest) file.refuse("It has more than 32768 bytes.");
  const bool one_word = std::all_of(token.begin(), token.end(), [](char c) { return c > ' ' && c < 0x7F; });
  if (!one_word || token.front() == '{') {
    file.refuse("It holds something else than one token.",
                "az account get-access-token writes the bare token with --query accessToken --output tsv.");
  }
  return token;
}

}  // namespace

Wanted read_wanted(std::span<const Option> server_options, std::span<const Option> mapping_options) {
  constexpr auto on_server = OptionContext::server;
  constexpr auto on_mapping = OptionContext::user_mapping;
  const auto number = [&](std::string_view meaning, int fallback) {
    return static_cast<int>(integer_option(on_server, server_options, meaning, fallback));
  };

  Wanted wanted;
  source::Login& login = wanted.login;
  require_host(server_options);
  login.host = text_option(on_server, server_options, "host");
  login.port = number("port", login.port);
  login.instance = text_option(on_server, server_options, "instance");
  login.database = text_option(on_server, server_options, "database");
  login.server_spn = text_option(on_server, server_options, "server_spn");
  login.driver = static_cast<source::DriverKind>(choice_option(on_server, server_options, "driver", 0));
  login.encrypt = static_cast<source::Encrypt>(
      choice_option(on_server, server_options, "encrypt", static_cast<std::size_t>(login.encrypt)));
  login.ca_file = text_option(on_server, server_options, "ca_file");
  login.verify_host = boolean_option(on_server, server_options, "verify_host", login.verify_host);
  login.tls_name = text_option(on_server, server_options, "tls_name");
  login.application_name = text_option(on_server, server_options, "application_name", login.application_name);
  login.read_only_intent = choice_option(on_server, server_options, "application_intent", 0) == 1;
  login.connect_timeout = number("connect_timeout", login.connect_timeout);
  login.query_timeout = number("query_timeout", login.query_timeout);
  login.packet_size = number("packet_size", login.packet_size);
  wanted.isolation = static_cast<tsql::Isolation>(choice_option(on_server, server_options, "isolation", 0));
  wanted.keep = boolean_option(on_server, server_options, "keep_connections", true);

  login.username = text_option(on_mapping, mapping_options, "username");
  login.password = text_option(on_mapping, mapping_options, "password");
  const std::string_view file = text_option(on_mapping, mapping_options, "password_file");
  if (!file.empty()) login.password = read_password_file(file);
  const std::string_view token_file = text_option(on_mapping, mapping_options, "access_token_file");
  if (!token_file.empty()) login.access_token = read_access_token_file(token_file);
  return wanted;
}

void require_host(std::span<const Option> server_options) {
  if (option_value(OptionContext::server, server_options, "host")) return;
  throw Error("HV00J", "the foreign server has no option \"host\"", {}, "Write host '...' into its OPTIONS.");
}

bool has_own_secret(std::span<const Option> mapping_options) noexcept {
  const auto has = [&](std::string_view meaning) {
    return !text_option(OptionContext::user_mapping, mapping_options, meaning).empty();
  };
  return (has("username") && (has("password") || has("password_file"))) || has("access_token_file");
}

}  // namespace mssql::access

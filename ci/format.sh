#!/usr/bin/env bash
# clang-format over the C++ of src and test, in place, by .clang-format. Other versions than 14
# break lines in other places, among which a change would be lost.
set -u -o pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit 1

wanted=14
for tool in "${CLANG_FORMAT:-}" "clang-format-$wanted" clang-format; do
  [ -n "$tool" ] && command -v "$tool" >/dev/null && break
  tool=
done
[ -n "$tool" ] || { echo "clang-format is not installed: apt-get install clang-format-$wanted" >&2; exit 1; }
found=$("$tool" --version | sed -nE 's/.*version ([0-9]+).*/\1/p')
if [ "$found" != "$wanted" ]; then
  echo "The code is formatted with clang-format $wanted, and $tool is ${found:-none}: CLANG_FORMAT=... names another one." >&2
  exit 1
fi
find src test -type f \( -name '*.cpp' -o -name '*.hpp' \) -exec "$tool" -i {} +

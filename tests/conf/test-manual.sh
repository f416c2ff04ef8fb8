#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Whether doc/options.md and conf.d/ are in step with the option tables, which `reflectord --manual`
# prints. `make update-manual` runs this with --update, which brings them in step.
set -u
top=$RFL_TOP_SRCDIR
daemon=$RFL_TOP_BUILDDIR/reflectord
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
mkdir "$tmp/empty" "$tmp/plain" "$tmp/spelt"

# conf.d/$2 with the inside of group $1 as it should be; what stands before and behind, and
# `enabled`, is kept.
render() {
  awk -v group="$1" -f "$top/tests/conf/conf-d.awk" "$tmp/manual" >"$tmp/body"
  awk -v group="$1" -v body="$tmp/body" '
    $0 == "};" { inside = 0; while ((getline line < body) > 0) print line }
    !inside || /^  enabled = / { print }
    $0 == group ": {" { inside = 1 }
  ' "$top/conf.d/$2"
}

# Plugins that configure has left out.
left_out() {
  local folder name
  for folder in "$top"/plugins/*/; do
    name=$(basename "$folder")
    [ -e "$RFL_TOP_BUILDDIR/plugins/$name/.libs/$name.so" ] || printf '%s ' "$name"
  done
}

# The file of group $1, or nothing.
file_of() {
  (cd "$top/conf.d" && ls -- *.conf) | grep -x "[0-9][0-9]-$1\.conf"
}

options() {
  sed '/^## /,$d' "$top/doc/options.md"
  cat "$tmp/manual"
}

# Settings written out that conf.d/ shows as defaults.
spell_out() {
  awk '
    /^  # / { keep = /not set by default/ }
    /^  #[a-z_]+ = [^(].*;$/ && !keep { sub(/#/, "") }
    { print }
  ' "$1"
}

n=0
failed=0
# Tells how the step $1 went, by the exit code of the command that follows it.
step() {
  local name=$1 result=ok
  shift
  n=$((n + 1))
  "$@" >"$tmp/why" 2>&1 || { result="not ok"; failed=1; }
  echo "$result $n $name"
  [ "$result" = ok ] || sed 's/^/# /' "$tmp/why"
}

check_file() {
  local file
  file=$(file_of "$1")
  [ -n "$file" ] || { echo "conf.d/ has no NN-$1.conf"; return 1; }
  render "$1" "$file" >"$tmp/file" && diff "$top/conf.d/$file" "$tmp/file"
}

check_options() {
  options >"$tmp/options" &&
    awk -v out=" $(left_out)" '/^## / { skip = index(out, " " $2 " ") } !skip' "$top/doc/options.md" |
    diff - "$tmp/options"
}

check_names() {
  (cd "$tmp/plain" && ls -- *.conf) | sed 's/^[0-9]*-//; s/\.conf$//' | sort |
    diff - <(sort "$tmp/groups")
}

# The files as installed mean what an empty folder means.
same_as_empty() {
  "$daemon" --config "$tmp/empty" --check-config >"$tmp/a" || return 1
  "$daemon" --config "$1" --check-config >"$tmp/b" || return 1
  diff "$tmp/a" "$tmp/b"
}

update() {
  local group file
  options >"$tmp/options" && cp "$tmp/options" "$top/doc/options.md"
  while read -r group; do
    file=$(file_of "$group")
    [ -n "$file" ] || { echo "conf.d/ has no NN-$group.conf" >&2; return 1; }
    render "$group" "$file" >"$tmp/file" && cp "$tmp/file" "$top/conf.d/$file"
  done <"$tmp/groups"
}

# Of the plugins of this tree only, whatever else is installed.
{ echo core; (cd "$RFL_TOP_BUILDDIR" && ls plugins/*/.libs/*.so) | sed 's|.*/||; s/\.so$//'; } >"$tmp/built"
"$daemon" --manual >"$tmp/all" || exit 1
awk 'NR == FNR { built[$1] = 1; next } /^## / { keep = $2 in built } keep' "$tmp/built" "$tmp/all" \
  >"$tmp/manual"
sed -n 's/^## //p' "$tmp/manual" >"$tmp/groups"
if [ "${1-}" = --update ]; then
  update
  exit
fi
cp "$top"/conf.d/*.conf "$tmp/plain"
for name in $(left_out); do
  rm -f "$tmp"/plain/[0-9][0-9]-"$name".conf
done
for file in "$tmp"/plain/*.conf; do
  spell_out "$file" >"$tmp/spelt/${file##*/}"
done
while read -r group; do
  step "conf.d of $group" check_file "$group"
done <"$tmp/groups"
step "plugins in the manual" diff <(sort "$tmp/built") <(sort "$tmp/groups")
step "names in conf.d" check_names
step "doc/options.md" check_options
step "conf.d means the defaults" same_as_empty "$tmp/plain"
step "conf.d shows the defaults" same_as_empty "$tmp/spelt"
step "conf.d spelt out differs" test -n "$(diff -r "$tmp/plain" "$tmp/spelt")"
[ $failed = 0 ] || echo "# after a change of an option table: make update-manual"
echo "1..$n"
exit $failed

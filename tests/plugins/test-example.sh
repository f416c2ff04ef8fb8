# SPDX-License-Identifier: LGPL-2.1-or-later
# Builds the example plugin as somebody else would: from a copy outside of the tree, against the
# installed library, with pkg-config and the m4 macro; then runs it.
set -u
build=${RFL_TOP_BUILDDIR:?} source=${RFL_TOP_SRCDIR:?}
for tool in autoreconf libtoolize pkg-config make; do
  if ! command -v $tool > /dev/null; then
    echo "1..0 # SKIP $tool is not there"
    exit 0
  fi
done
work=$(mktemp -d)
trap 'chmod -R u+w "$work"; rm -rf "$work"' EXIT
stage=$work/stage

n=0
echo 1..6
ok () # STATUS DESCRIPTION
{
  n=$((n + 1))
  if [ "$1" = 0 ]; then
    echo "ok $n - $2"
  else
    echo "not ok $n - $2"
    sed 's/^/# /' "$work/log" | tail -n 30
  fi
}

# What belongs to the library, and nothing else; under a folder of its own, whatever the prefix is.
env -u MAKEFLAGS -u MFLAGS make -C "$build" DESTDIR="$stage" install-libLTLIBRARIES \
  install-reflectorincludeHEADERS install-pkgconfigDATA install-dist_aclocalDATA > "$work/log" 2>&1
ok $? "the library, its headers, pkg-config file and macro install"
pc=$(find "$stage" -name reflector.pc)
macro=$(find "$stage" -name reflector.m4)
sed -i "s|^\([a-z_]*\)=/|\1=$stage/|" "$pc"
export PKG_CONFIG_PATH=${pc%/*}:${PKG_CONFIG_PATH:-}

cp -R "$source/doc/examples/hello" "$work/hello"
chmod -R u+w "$work/hello"
cd "$work/hello" || exit 1
ACLOCAL_PATH=${macro%/*} autoreconf --install > "$work/log" 2>&1
ok $? "autoreconf finds RFL_PLUGIN"
./configure > "$work/log" 2>&1
ok $? "configure finds the library"
env -u MAKEFLAGS -u MFLAGS make CFLAGS="-Wall -Wextra -Wno-unused-parameter -Wno-missing-field-initializers -Werror" > "$work/log" 2>&1
ok $? "it builds without a warning"
mkdir "$work/conf"
echo 'hello: { least = 3; };' > "$work/conf/hello.conf"
nm -D --defined-only .libs/hello.so > "$work/log"
[ "$(grep -vc ' _' "$work/log")" = 1 ] && grep -q rfl_plugin "$work/log"
ok $? "it exports nothing but rfl_plugin"
unset REFLECTORD_PLUGIN_PATH
"$build/tests/plugins/drive" "$PWD/.libs" "$work/conf" > "$work/log" 2>&1 \
  && [ "$(grep -c 'NOTICE hello: [34] are here session=room' "$work/log")" = 2 ]
ok $? "it counts those who join"

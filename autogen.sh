#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Makes configure and the Makefile.in from what is in the repository.
set -e
cd "$(dirname "$0")"
mkdir -p m4 build-aux
exec autoreconf --force --install

#!/bin/sh
# SPDX-License-Identifier: MIT
# Runs a program that libtool linked with the shared library in MIO_INSTALLED.
set -eu

program=${1%/*}/.libs/${1##*/}
LD_LIBRARY_PATH=$MIO_INSTALLED${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
export LD_LIBRARY_PATH

library=$(ldd "$program" | sed -n 's/.*libmio\.so[^ ]* => \([^ ]*\).*/\1/p')
if [ "${library%/*}" != "$MIO_INSTALLED" ]; then
	echo "FAIL: $program uses $library"
	exit 1
fi
exec "$program"

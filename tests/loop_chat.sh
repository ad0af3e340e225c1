#!/bin/sh
# SPDX-License-Identifier: MIT
# examples/loop_chat with guests that are socat's: a line of one reaches
# the others only, a line of the host reaches all, and a client that is quiet or
# leaves is removed.
set -eu
. "${srcdir:-.}/tests/clients_lib.sh"

need socat mkfifo

mkfifo "$dir/typed"
exec 9<>"$dir/typed"
input=$dir/typed
start examples/loop_chat 0 3600

guest anna
exec 3>"$dir/anna.in"
hears anna hello
guest bert
exec 4>"$dir/bert.in"
hears bert hello
guest cleo
exec 5>"$dir/cleo.in"
hears cleo hello

echo 'good evening' >&3
hears bert 'guest 1: good evening'
hears cleo 'guest 1: good evening'
printf 'half a ' >&4
printf 'line\nand another\n' >&4
hears anna 'guest 2: half a line'
hears anna 'guest 2: and another'
hears cleo 'guest 2: and another'
pass 'lines reach all others'

echo 'last orders' >&9
hears anna 'host: last orders'
hears bert 'host: last orders'
hears cleo 'host: last orders'
pass 'and so does what the host types'

grep -q 'guest 1' "$dir/anna.heard" && fail 'anna heard herself'
pass 'nobody hears himself'

i=0
while [ $i -lt 200 ]; do
	i=$((i + 1))
	echo "line $i"
done >&5
hears anna 'guest 3: line 200'
[ "$(grep -c 'guest 3: line' "$dir/anna.heard")" -eq 200 ] ||
    fail 'anna did not hear all lines'
pass '200 lines at once'

exec 3>&- 4>&- 5>&-
stop

start examples/loop_chat 0 1
guest dora
exec 3>"$dir/dora.in"
hears dora 'too quiet: good bye'
pass 'a quiet client is disconnected'
exec 3>&-
stop

i=0
while [ $i -lt 20 ]; do
	i=$((i + 1))
	start examples/loop_chat 0 3600
	stop
done
pass 'a signal that comes before the loop runs ends it'
exec 9>&-

#!/usr/bin/env bats
load box

# An agent that does nothing by itself: what is known of it is what these tests report.
mute() {
	printf '#!/bin/sh\nexec cat\n' >"$BOX/mute"
	chmod +x "$BOX/mute"
	AGENT=$BOX/mute box_config
	ao spawn frontend >/dev/null
	wait_for 5 test -s "$DATA/fe-1/run"
}
report() { AO_SESSION=fe-1 AO_SESSION_DIR=$DATA/fe-1 ao hook "$@" </dev/null; }

@test "each event says what the agent does" {
	mute
	report start
	report prompt
	is fe-1 activity active
	report tool
	is fe-1 activity active
	report waiting
	is fe-1 activity waiting_input
	report prompt
	report error
	is fe-1 activity blocked
	is fe-1 status errored
	report prompt
	report stop
	wait_for 5 is fe-1 activity ready
}

@test "a prompt carries its text; the receipt is its length and hash" {
	mute
	printf 'a message\r\nof two lines  \n' | AO_SESSION_DIR=$DATA/fe-1 AO_SESSION=fe-1 ao hook prompt
	tail -1 "$DATA/fe-1/signals" >"$BOX/line"
	read -r _ kind _ _ length hash _ <"$BOX/line"
	[ "$kind" = prompt ]
	[ "$length" = 22 ]
	printf 'a message\nof two lines' | AO_SESSION_DIR=$DATA/fe-1 AO_SESSION=fe-1 ao hook prompt
	[ "$(tail -1 "$DATA/fe-1/signals" | cut -d' ' -f5,6)" = "$length $hash" ]
}

@test "JSON of the known agents is understood" {
	mute
	printf '{"hook_event_name":"UserPromptSubmit","prompt":"plain words"}' |
		AO_SESSION_DIR=$DATA/fe-1 AO_SESSION=fe-1 ao hook prompt
	json=$(tail -1 "$DATA/fe-1/signals" | cut -d' ' -f5,6)
	printf 'plain words' | AO_SESSION_DIR=$DATA/fe-1 AO_SESSION=fe-1 ao hook prompt
	[ "$(tail -1 "$DATA/fe-1/signals" | cut -d' ' -f5,6)" = "$json" ]
}

@test "it never fails its caller" {
	expect 0 ao hook stop </dev/null
	AO_SESSION_DIR=/nowhere expect 0 ao hook stop </dev/null
	AO_SESSION_DIR=/etc expect 0 ao hook stop </dev/null
	mute
	rm -f "$DATA/fe-1/signals"
	ln -s "$BOX/elsewhere" "$DATA/fe-1/signals"
	AO_SESSION_DIR=$DATA/fe-1 expect 0 ao hook stop </dev/null
	[ ! -e "$BOX/elsewhere" ]
	rm "$DATA/fe-1/signals"
	mkdir "$DATA/fe-1/signals"
	AO_SESSION_DIR=$DATA/fe-1 expect 0 ao hook stop </dev/null
	[ -z "$output$stderr" ]
}

@test "it does not wait for a caller that never ends its input" {
	mute
	mkfifo "$BOX/fifo"
	exec 7<>"$BOX/fifo"
	AO_SESSION=fe-1 AO_SESSION_DIR=$DATA/fe-1 timeout 10 ao hook tool <"$BOX/fifo"
	exec 7>&-
}

@test "a flood of them is all there, line by line" {
	mute
	for i in $(seq 200); do
		echo "text $i" | AO_SESSION=fe-1 AO_SESSION_DIR=$DATA/fe-1 ao hook tool &
	done
	wait
	[ "$(grep -c ' tool ' "$DATA/fe-1/signals")" = 200 ]
	[ -z "$(grep -vE '^20[0-9-]+T[0-9:.]+Z [a-z]+ [^ ]+ [0-9]+ [0-9]+ [0-9a-f]+' "$DATA/fe-1/signals")" ]
}

@test "--time orders it: an older event does not beat a newer one" {
	mute
	report prompt
	report stop
	AO_SESSION=fe-1 AO_SESSION_DIR=$DATA/fe-1 ao hook waiting --time 2020-01-01T00:00:00Z </dev/null
	wait_for 5 is fe-1 activity ready
}

@test "a nested agent does not report as its parent" {
	cat >"$BOX/nest" <<-'S'
		#!/bin/bash
		ao hook prompt </dev/null
		ao hook stop </dev/null
		bash -c '(exec -a nest bash -c "ao hook waiting </dev/null; sleep 0.1; true")'
		touch "$BOX/done"
		exec sleep 1000
	S
	chmod +x "$BOX/nest"
	AGENT=$BOX/nest box_config
	sed -i 's/process: standin/process: nest/' "$CONFIG"
	ao spawn frontend
	wait_for 10 test -e "$BOX/done"
	grep -q ' stop ' "$DATA/fe-1/signals"
	run ! grep -q ' waiting ' "$DATA/fe-1/signals"
}

@test "an unknown event is harmless" {
	mute
	run ao hook dance </dev/null
	[ "$status" -eq 0 ] || [ "$status" -eq 2 ]
	[ ! -s "$DATA/fe-1/signals" ] || ! grep -q dance "$DATA/fe-1/signals"
}

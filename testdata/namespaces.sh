# Two network namespaces joined by a cable, and how servers and recordings are started in them; read by make-servers.sh
# and make-tunnels.sh with their arguments: FOLDER [SOFTWARE...].
#
#   nlv-a 10.69.0.1, 2001:db8:69::1 (servers; recorded here)   nlv-b 10.69.0.2, 2001:db8:69::2 (clients)
[ "$(hostname)" = recorder ] || exec unshare --uts sh -c 'hostname recorder; exec "$0" "$@"' "$0" "$@"   # no name of this machine
out=$(realpath "${1:?usage: $0 FOLDER [SOFTWARE...]}"); shift
only="$*"
work=$(mktemp -d /tmp/netlog-servers.XXXXXX); chmod 755 "$work"; mkdir "$work/empty"
pids=""

cleanup() {
  set +e
  for pid in $pids; do kill "$pid" 2>/dev/null; done
  sleep 0.5
  for side in a b; do
    for pid in $(ip netns pids "nlv-$side"); do kill -9 "$pid" 2>/dev/null; done   # what they started in there
    ip netns del "nlv-$side"
  done
  rm -rf "$work"
}
trap cleanup EXIT

# run SIDE COMMAND...: in the background; its process id is $last.
run() { local where=$1; shift; ip netns exec "nlv-$where" "$@" >>"$work/output" 2>&1 & last=$!; pids="$pids $last"; }
at() { local where=$1; shift; ip netns exec "nlv-$where" "$@"; }
# record PROTOCOL FILE FILTER: begins a recording, whose process id is $dump; stop ends it.
record() { mkdir -p "$out/$1"; run a tcpdump -i va -U --immediate-mode -w "$out/$1/$2" "$3"; dump=$last; sleep 1; }
stop() { sleep 1; kill "$dump"; wait "$dump" 2>/dev/null || true; }
# all NAME...: those asked for; one that fails does not keep the others from running.
all() {
  for name in "$@"; do
    case " $only " in "  " | *" $name "*) ;; *) continue ;; esac
    echo "== $name"
    $name >>"$work/said" 2>&1 || echo "$name failed"
    [ -z "${SHOW:-}" ] || cat "$work/output" "$work/said"
  done
}

ip netns add nlv-a; ip netns add nlv-b
ip link add va netns nlv-a type veth peer name vb netns nlv-b
for side in a b; do
  at $side ip link set lo up; at $side ip link set "v$side" up
  at $side ethtool -K "v$side" tx off >/dev/null 2>&1 || true
done
at a ip addr add 10.69.0.1/24 brd + dev va; at b ip addr add 10.69.0.2/24 brd + dev vb
at a ip -6 addr add 2001:db8:69::1/64 dev va nodad; at b ip -6 addr add 2001:db8:69::2/64 dev vb nodad
sleep 2

#!/bin/bash
# make-lan.sh OUT.pcap: records a small network in which one machine poisons ARP and runs a DHCP server of
# its own, in network namespaces of this machine (nothing leaves it).
#
# Needs root and, from Debian: dnsmasq-base busybox iputils-arping iputils-ping dsniff tcpdump iproute2.
#
#   gw 10.66.0.1 (DHCP server)   host 10.66.0.20   evil 10.66.0.66   one, two: hand 10.66.0.5 over to each other
set -eu
out=$(realpath "${1:?usage: make-lan.sh OUT.pcap}")
work=$(mktemp -d /tmp/netlog-lan.XXXXXX)
HOSTS="gw host evil one two new"

cleanup() {
  set +e
  for pid in "$work"/*.pid; do [ -f "$pid" ] && kill "$(cat "$pid")" 2>/dev/null; done
  for h in $HOSTS sw; do ip netns del "nll-$h" 2>/dev/null; done
  rm -rf "$work"
}
trap cleanup EXIT

at() { local h=$1; shift; ip netns exec "nll-$h" "$@"; }

ip netns add nll-sw
at sw ip link add br0 type bridge ageing_time 0 mcast_snooping 0   # a hub: the monitor port sees everything
at sw ip link set br0 up
n=10
for h in $HOSTS mon; do
  if [ $h = mon ]; then
    at sw ip link add mon0 type veth peer name mon1; at sw ip link set mon0 master br0
    at sw sysctl -qw net.ipv6.conf.mon1.disable_ipv6=1
    at sw ip link set mon0 up; at sw ip link set mon1 up
    continue
  fi
  ip netns add "nll-$h"
  ip link add eth0 netns "nll-$h" address "02:66:00:00:00:$n" type veth peer name "p-$h" netns nll-sw
  at sw ip link set "p-$h" master br0; at sw ip link set "p-$h" up
  at $h ip link set lo up; at $h ip link set eth0 up
  at $h ethtool -K eth0 tx off >/dev/null 2>&1 || true
  n=$((n + 1))
done
at gw ip addr add 10.66.0.1/24 dev eth0
at host ip addr add 10.66.0.20/24 dev eth0
at evil ip addr add 10.66.0.66/24 dev eth0
at one ip addr add 10.66.0.11/24 dev eth0; at one ip addr add 10.66.0.5/24 dev eth0
at two ip addr add 10.66.0.12/24 dev eth0
sleep 2                                                             # duplicate address detection of IPv6

ip netns exec nll-sw tcpdump -i mon1 -U -w "$out" --immediate-mode >/dev/null 2>&1 & echo $! > "$work/tcpdump.pid"
sleep 1

# ordinary: questions and answers, nobody there, neighbours of IPv6
at host ping -c 2 -i 0.3 10.66.0.1 >/dev/null
at host ping -c 1 -W 1 10.66.0.99 >/dev/null || true
gw6=$(at gw ip -6 -o addr show dev eth0 scope link | awk '{sub("/.*", "", $4); print $4}')
at host ping -c 1 "$gw6%eth0" >/dev/null

# fail-over: the standby takes the address and says so
at host ping -c 1 10.66.0.5 >/dev/null
at one ip addr del 10.66.0.5/24 dev eth0
at two ip addr add 10.66.0.5/24 dev eth0
at two arping -q -U -c 2 -I eth0 10.66.0.5
at host ip neigh flush all
at host ping -c 1 10.66.0.5 >/dev/null

# DHCP: the server of the house, then one more
cat > "$work/script" <<'S'
#!/bin/sh
exit 0
S
chmod +x "$work/script"
lease() { at new busybox udhcpc -i eth0 -n -q -t 3 -T 1 -s "$work/script" -x "hostname:$1" >/dev/null 2>&1 || true; }
at gw dnsmasq --conf-file=/dev/null --port=0 --interface=eth0 --bind-interfaces --dhcp-range=10.66.0.100,10.66.0.120,1h \
  --dhcp-option=option:dns-server,10.66.0.1 --dhcp-leasefile="$work/gw.leases" --pid-file="$work/gw.pid" --no-ping
lease laptop
at evil dnsmasq --conf-file=/dev/null --port=0 --interface=eth0 --bind-interfaces --dhcp-range=10.66.0.200,10.66.0.220,1h \
  --dhcp-option=option:router,10.66.0.66 --dhcp-option=option:dns-server,10.66.0.66 \
  --dhcp-leasefile="$work/evil.leases" --pid-file="$work/evil.pid" --no-ping
lease phone

# poisoning: evil tells host that it is the gateway, while the gateway answers too
ip netns exec nll-evil arpspoof -i eth0 -t 10.66.0.20 10.66.0.1 >/dev/null 2>&1 & echo $! > "$work/arpspoof.pid"
sleep 5
at gw arping -q -c 1 -w 1 -I eth0 10.66.0.20 || true
at host ip neigh flush all
at host ping -c 1 -W 1 10.66.0.1 >/dev/null || true
sleep 3
kill "$(cat "$work/arpspoof.pid")"; sleep 1
kill "$(cat "$work/tcpdump.pid")"; sleep 1

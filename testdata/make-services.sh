#!/bin/bash
# make-services.sh FOLDER: records DHCPv6, NetBIOS names, OpenVPN and IKE between two network namespaces of this machine
# (nothing leaves it) into FOLDER/<protocol>/*.pcap.
#
# Needs root and, from Debian: dnsmasq-base isc-dhcp-client samba samba-common-bin openvpn ike-scan tcpdump iproute2 openssl.
set -eu
out=$(realpath "${1:?usage: make-services.sh FOLDER}")
work=$(mktemp -d /tmp/netlog-services.XXXXXX); chmod 755 "$work"
pids=""

cleanup() {
  set +e
  for pid in $pids; do kill "$pid" 2>/dev/null; done
  sleep 0.5
  ip netns del nls-a; ip netns del nls-b
  rm -rf "$work"
}
trap cleanup EXIT

run() { local where=$1; shift; ip netns exec "nls-$where" "$@" >"$work/output" 2>&1 & pids="$pids $!"; last=$!; }
at() { local where=$1; shift; ip netns exec "nls-$where" "$@"; }
record() { mkdir -p "$out/$1"; run a tcpdump -i va -U --immediate-mode -w "$out/$1/$2" "$3"; dump=$last; sleep 1; }
stop() { sleep 1; kill "$dump"; wait "$dump" 2>/dev/null || true; }

ip netns add nls-a; ip netns add nls-b
ip link add va netns nls-a type veth peer name vb netns nls-b
for side in a b; do
  at $side ip link set lo up; at $side ip link set "v$side" up
  at $side ethtool -K "v$side" tx off >/dev/null 2>&1 || true
done
at a ip addr add 10.67.0.1/24 brd + dev va; at b ip addr add 10.67.0.2/24 brd + dev vb
at a ip -6 addr add 2001:db8:67::1/64 dev va nodad
sleep 2

# DHCPv6: four messages, a renewal by a second run, a release
run a dnsmasq --keep-in-foreground --conf-file=/dev/null --port=0 --interface=va --bind-interfaces --enable-ra \
  --dhcp-range=2001:db8:67::100,2001:db8:67::120,64,1h --dhcp-option=option6:dns-server,[2001:db8:67::1] \
  --dhcp-option=option6:domain-search,example.org --dhcp-leasefile="$work/leases" --pid-file="$work/dnsmasq.pid"
sleep 1
record dhcpv6 dnsmasq.pcap "udp port 546 or udp port 547"
cat > "$work/dhclient.conf" <<C
send fqdn.fqdn "laptop.example.org";
request dhcp6.name-servers, dhcp6.domain-search;
C
for action in "" "-r"; do
  timeout 15 ip netns exec nls-b dhclient -6 -1 -v $action -cf "$work/dhclient.conf" -sf /bin/true -lf "$work/client" -pf "$work/cpid" vb >/dev/null 2>&1 || true
done
stop

# NetBIOS: a server that claims its names, a query for one, all names of the machine, a name nobody has
record nbns samba.pcap "udp port 137"
printf '[global]\nnetbios name = FILESERVER\nworkgroup = OFFICE\ninterfaces = 10.67.0.1/24\nbind interfaces only = yes\n' > "$work/smb.conf"
for d in lock state cache pid private log; do mkdir -p "$work/$d"; done
run a nmbd --foreground --no-process-group -s "$work/smb.conf" --option="lock directory=$work/lock" --option="state directory=$work/state" \
  --option="cache directory=$work/cache" --option="pid directory=$work/pid" --option="private dir=$work/private" -l "$work/log.d"
sleep 12
at b nmblookup -s /dev/null -B 10.67.0.255 FILESERVER >/dev/null || true
at b nmblookup -s /dev/null -A 10.67.0.1 >/dev/null || true
at b nmblookup -s /dev/null -U 10.67.0.1 NOBODY >/dev/null || true
stop

# OpenVPN: UDP without and with tls-auth, tls-crypt, and TCP; `--dev null` needs no tunnel device
cd "$work"
openssl req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.pem -days 9 -subj /CN=ca 2>/dev/null
for name in server client; do
  openssl req -newkey rsa:2048 -nodes -keyout $name.key -out $name.csr -subj /CN=$name 2>/dev/null
  openssl x509 -req -in $name.csr -CA ca.pem -CAkey ca.key -CAcreateserial -out $name.pem -days 9 2>/dev/null
done
openssl dhparam -dsaparam -out dh.pem 2048 2>/dev/null
openvpn --genkey secret ta.key
vpn() { # name, protocol of server, of client, more
  record openvpn "$1.pcap" "port 1194"
  local common="--dev null --ca ca.pem --port 1194 --ping 1 --verb 0"
  run a openvpn $common --proto "$2" --tls-server --dh dh.pem --cert server.pem --key server.key $4; server=$last
  sleep 1
  run b openvpn $common --proto "$3" --remote 10.67.0.1 --tls-client --nobind --cert client.pem --key client.key $4
  sleep 4
  kill "$last" "$server"; stop
}
vpn udp udp udp ""
vpn tls-auth udp udp "--tls-auth ta.key"
vpn tls-crypt udp udp "--tls-crypt ta.key"
vpn tcp tcp-server tcp-client ""

# IKE: scans of both versions and aggressive mode, which nobody answers
record ike scan.pcap "udp port 500"
at b ike-scan --retry=1 --sport=0 10.67.0.1 >/dev/null || true
at b ike-scan --retry=1 --sport=0 --aggressive --id=office-vpn 10.67.0.1 >/dev/null || true
at b ike-scan --retry=1 --sport=0 --ikev2 10.67.0.1 >/dev/null || true
stop

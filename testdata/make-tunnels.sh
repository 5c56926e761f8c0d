#!/bin/bash
# make-tunnels.sh FOLDER [SOFTWARE...]: like make-servers.sh, for tunnels, desktops, address assignment, names and discovery.
#
# Needs root and, from Debian: charon-systemd strongswan-swanctl wireguard-go wireguard-tools xrdp freerdp2-x11 xvfb
# kea-dhcp4-server kea-dhcp6-server isc-dhcp-client minidlna miniupnpc python3-thrift thrift-compiler avahi-daemon
# avahi-utils dbus bind9 bind9-dnsutils unbound tcpdump iproute2.
set -eu
. "$(dirname "$0")/namespaces.sh"

ike() { # strongSwan on both sides: IKEv2 with a key, with a wrong one, IKEv1 in main and aggressive mode
  local side
  for side in a b; do
    printf 'charon-systemd {\n i_dont_care_about_security_and_use_aggressive_mode_psk = yes\n install_routes = no\n plugins {\n  vici { socket = unix://%s/vici-%s }\n }\n}\n' \
      "$work" $side > "$work/strongswan-$side.conf"
  done
  ike_config 10.69.0.1 10.69.0.2 gate client secret > "$work/swan-a.conf"
  ike_config 10.69.0.2 10.69.0.1 client gate secret > "$work/swan-b.conf"
  ike_config 10.69.0.2 10.69.0.1 client gate wrong > "$work/swan-wrong.conf"
  for side in a b; do run $side env STRONGSWAN_CONF="$work/strongswan-$side.conf" charon-systemd; done
  sleep 3
  record ike strongswan.pcap "udp port 500 or udp port 4500"
  ctl() { local side=$1; shift; at "$side" timeout 12 swanctl "$@" --uri "unix://$work/vici-$side" || true; }
  ctl a --load-all --file "$work/swan-a.conf"
  ctl b --load-all --file "$work/swan-wrong.conf"
  ctl b --initiate --child v2 --timeout 5
  ctl b --load-all --file "$work/swan-b.conf"
  for name in v2 v1 aggressive; do
    ctl b --initiate --child $name --timeout 5
    ctl b --terminate --ike $name --timeout 5
  done
  stop
}

ike_config() { # own address, other address, own name, other name, key
  echo "connections {"
  local name more
  for name in v2 v1 aggressive; do
    case $name in v2) more="version = 2";; v1) more="version = 1";; *) more="version = 1
 aggressive = yes";; esac
    printf '%s {\n %s\n local_addrs = %s\n remote_addrs = %s\n proposals = aes256-sha256-modp2048\n local { auth = psk\n id = %s.example.org\n }\n remote { auth = psk\n id = %s.example.org\n }\n children { %s { local_ts = %s/32\n remote_ts = %s/32\n esp_proposals = aes256-sha256\n } }\n}\n' \
      $name "$more" "$1" "$2" "$3" "$4" $name "$1" "$2"
  done
  printf '}\nsecrets { ike-1 { secret = %s\n } }\n' "$5"
}

wireguard() { # wireguard-go: a handshake, some traffic, a handshake with a key the other does not know
  local side
  for side in a b stranger; do wg genkey > "$work/$side.key"; wg pubkey < "$work/$side.key" > "$work/$side.pub"; done
  for side in a b; do
    run $side wireguard-go --foreground "wg-nl$side"
    sleep 1
    at $side ip link set "wg-nl$side" up
  done
  at a wg set wg-nla listen-port 51820 private-key "$work/a.key" peer "$(cat "$work/b.pub")" allowed-ips 10.70.0.2/32
  at a ip addr add 10.70.0.1/24 dev wg-nla; at b ip addr add 10.70.0.2/24 dev wg-nlb
  record wireguard go.pcap "udp port 51820"
  at b wg set wg-nlb private-key "$work/b.key" peer "$(cat "$work/a.pub")" allowed-ips 10.70.0.1/32 endpoint 10.69.0.1:51820
  at b ping -c 3 -i 0.3 10.70.0.1 || true
  at b wg set wg-nlb private-key "$work/stranger.key"
  at b timeout 7 ping -c 1 -W 6 10.70.0.1 || true
  stop
}

rdp() { # xrdp and FreeRDP: with TLS, with RDP's own security, and one that asks for what the server does not have
  cp -r /etc/xrdp "$work/xrdp"
  openssl req -x509 -newkey rsa:2048 -nodes -keyout "$work/xrdp/key.pem" -out "$work/xrdp/cert.pem" -days 9 -subj /CN=desk 2>/dev/null
  sed -i -e 's|^port=3389|port=tcp://10.69.0.1:3389|' -e "s|^certificate=.*|certificate=$work/xrdp/cert.pem|" -e "s|^key_file=.*|key_file=$work/xrdp/key.pem|" \
    -e "s|^LogFile=.*|LogFile=/dev/null|" "$work/xrdp/xrdp.ini"
  run a unshare -m sh -c "mount --bind $work/xrdp /etc/xrdp; mount -t tmpfs none /run; mkdir -p /run/xrdp; exec xrdp --nodaemon --config $work/xrdp/xrdp.ini"
  run b Xvfb :77 -screen 0 640x480x24 -nolisten tcp
  sleep 3
  record rdp xrdp.pcap "tcp port 3389"
  local security
  for security in tls rdp nla; do
    at b env DISPLAY=:77 HOME="$work" timeout 3 xfreerdp /v:10.69.0.1 /u:bob /p:secret /d:OFFICE /cert:ignore /sec:$security /w:320 /h:240 /bpp:8 || true
  done
  stop
}

dhcp() { # Kea for both versions and dhclient: a lease, its release, a lease for somebody the server turns away
  mkdir -p "$work/kea"
  export KEA_PIDFILE_DIR=$work/kea KEA_LOCKFILE_DIR=$work/kea KEA_LOGGER_DESTINATION=stdout
  local leases='"lease-database": {"type": "memfile", "persist": false}, "valid-lifetime": 600'
  cat > "$work/kea4.conf" <<C
{"Dhcp4": {"interfaces-config": {"interfaces": ["va"]}, $leases,
  "authoritative": true, "subnet4": [{"subnet": "10.69.0.0/24", "pools": [{"pool": "10.69.0.100-10.69.0.110"}],
  "option-data": [{"name": "routers", "data": "10.69.0.1"}, {"name": "domain-name-servers", "data": "10.69.0.1"}, {"name": "domain-name", "data": "example.org"}]}]}}
C
  cat > "$work/kea6.conf" <<C
{"Dhcp6": {"interfaces-config": {"interfaces": ["va"]}, $leases, "preferred-lifetime": 300, "server-id": {"type": "LLT", "persist": false},
  "subnet6": [{"subnet": "2001:db8:69::/64", "interface": "va", "pools": [{"pool": "2001:db8:69::100-2001:db8:69::110"}],
  "pd-pools": [{"prefix": "2001:db8:6900::", "prefix-len": 40, "delegated-len": 56}],
  "option-data": [{"name": "dns-servers", "data": "2001:db8:69::1"}]}]}}
C
  run a kea-dhcp4 -c "$work/kea4.conf"; run a kea-dhcp6 -c "$work/kea6.conf"
  printf 'send host-name "laptop";\n' > "$work/dhclient.conf"
  sleep 2
  record dhcpv4 kea.pcap "udp port 67 or udp port 68"; local first=$dump
  record dhcpv6 kea.pcap "udp port 546 or udp port 547"
  local client="-1 -cf $work/dhclient.conf -sf /bin/true -pf $work/cpid" action
  for action in "" -r; do
    at b timeout 15 dhclient -4 -v $action $client -lf "$work/lease4" vb || true
    at b timeout 15 dhclient -6 -v -N -P $action $client -lf "$work/lease6" vb || true
  done
  printf 'send dhcp-requested-address 192.0.2.9;\n' > "$work/dhclient.conf"
  printf 'lease { interface "vb"; fixed-address 192.0.2.9; option subnet-mask 255.255.255.0; option dhcp-server-identifier 10.69.0.1; renew 6 2037/01/01 00:00:00; rebind 6 2037/01/01 00:00:00; expire 6 2037/01/01 00:00:00; }\n' > "$work/old4"
  at b timeout 10 dhclient -4 -v $client -lf "$work/old4" vb || true
  stop; dump=$first; stop
}

ssdp() { # MiniDLNA, which announces itself and answers, and upnpc, which asks; it says goodbye at its end
  mkdir -p "$work/media" "$work/db"
  printf 'port=8200\nnetwork_interface=va\nmedia_dir=%s\ndb_dir=%s\nlog_dir=%s\nfriendly_name=shelf\ninotify=no\nuuid=4d696e69-444c-164e-9d41-02d0c0ffee01\n' "$work/media" "$work/db" "$work/db" > "$work/dlna.conf"
  at a ip route add 239.255.255.250 dev va; at b ip route add 239.255.255.250 dev vb
  record ssdp minidlna.pcap "udp port 1900"
  run a minidlnad -S -f "$work/dlna.conf" -P "$work/dlna.pid"; local server=$last
  sleep 3
  at b timeout 9 upnpc -m vb -l || true
  kill "$server"; stop
}

thrift() { # Apache Thrift's own code: framed binary, compact, a call that raises, one of an unknown name, one without answer
  printf 'exception Missing { 1: string why }\nstruct Item { 1: i32 id, 2: string name }\nservice Shelf {\n  i32 add(1: Item item)\n  Item find(1: string name) throws (1: Missing missing)\n  oneway void forget(1: i32 id)\n}\n' > "$work/shelf.thrift"
  printf 'service Later {\n  i32 vanish(1: i32 id)\n}\n' > "$work/later.thrift"
  command thrift --gen py -out "$work" "$work/shelf.thrift"; command thrift --gen py -out "$work" "$work/later.thrift"
  cp "$(dirname "$0")/thrift-calls.py" "$work/calls.py"
  run a /usr/bin/python3 "$work/calls.py" serve binary 9090; run a /usr/bin/python3 "$work/calls.py" serve compact 9091
  sleep 2
  record thrift python.pcap "tcp portrange 9090-9091"
  at b /usr/bin/python3 "$work/calls.py" call binary 9090; at b /usr/bin/python3 "$work/calls.py" call compact 9091
  stop
}

mdns() { # Avahi on both sides: a service announced, browsed, resolved, a name asked for, the goodbye
  mkdir -p "$work/etc/services"
  printf '<service-group><name>shelf</name><service><type>_http._tcp</type><port>8080</port><txt-record>path=/papers</txt-record></service></service-group>' > "$work/etc/services/http.service"
  local side
  for side in a b; do
    printf '[server]\nhost-name=box-%s\nallow-interfaces=v%s\nuse-ipv6=yes\n[wide-area]\nenable-wide-area=no\n' $side $side > "$work/avahi-$side.conf"
    run $side dbus-daemon --session --address="unix:path=$work/bus-$side" --nofork
  done
  sleep 1
  record dns avahi.pcap "udp port 5353"
  for side in a b; do
    run $side env DBUS_SYSTEM_BUS_ADDRESS="unix:path=$work/bus-$side" unshare -m sh -c \
      "mount -t tmpfs none /run; mkdir -p /run/avahi-daemon; [ $side = b ] || mount --bind $work/etc/services /etc/avahi/services; exec avahi-daemon -f $work/avahi-$side.conf --no-drop-root --no-chroot --no-rlimits"
  done
  sleep 4
  local bus="env DBUS_SYSTEM_BUS_ADDRESS=unix:path=$work/bus-b"
  at b $bus timeout 5 avahi-browse -rt _http._tcp || true
  at b $bus timeout 5 avahi-resolve -n box-a.local || true
  at b $bus timeout 6 avahi-resolve -n nobody.local || true
  for pid in $(ip netns pids nlv-a); do case $(cat "/proc/$pid/comm") in avahi-daemon) kill "$pid";; esac; done
  stop
}

named_config() {
  printf 'options { directory "%s"; listen-on { 10.69.0.1; }; listen-on-v6 { none; }; recursion no; allow-transfer { 10.69.0.2; }; pid-file none; };\n' "$1"
  printf 'controls { };\nzone "papers.example" { type primary; file "zone"; allow-update { 10.69.0.2; }; };\n'
}

zone() {
  cat <<Z
\$TTL 300
@ SOA ns hostmaster 7 3600 600 86400 60
@ NS ns
@ MX 10 mail
@ TXT "v=spf1 mx -all" "second; part"
@ CAA 0 issue "ca.example.org"
ns A 10.69.0.1
mail A 10.69.0.7
mail AAAA 2001:db8:69::7
www CNAME mail
_sip._udp SRV 5 10 5060 mail
host SSHFP 4 2 123456789abcdef67890123456789abcdef67890123456789abcdef123456789
_443._tcp TLSA 3 1 1 0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
svc HTTPS 1 . alpn=h2 port=8443
naptr NAPTR 100 10 "u" "E2U+sip" "!^.*\$!sip:info@example.org!" .
Z
  for i in $(seq 60); do printf 'many A 10.70.0.%s\n' "$i"; done
}

bind() { # BIND and dig, then Unbound in front of it: all kinds of records, none, refused, cut short, a transfer, a change
  mkdir -p "$work/named"; named_config "$work/named" > "$work/named.conf"; zone > "$work/named/zone"; chmod -R a+rwX "$work/named"
  printf 'server:\n interface: 10.69.0.3\n access-control: 10.69.0.0/24 allow\n do-not-query-localhost: no\n chroot: ""\n username: ""\n pidfile: ""\n module-config: iterator\n use-syslog: no\n minimal-responses: no\n local-zone: "blocked.example." always_nxdomain\nremote-control:\n control-enable: no\n' > "$work/unbound.conf"
  printf 'stub-zone:\n name: papers.example\n stub-addr: 10.69.0.1\n' >> "$work/unbound.conf"
  at a ip addr add 10.69.0.3/24 dev va
  run a named -g -n 1 -c "$work/named.conf"
  run a unbound -d -c "$work/unbound.conf"
  sleep 3
  record dns bind.pcap "host 10.69.0.1 and port 53"; local first=$dump
  record dns unbound.pcap "host 10.69.0.3 and port 53"
  for server in 10.69.0.1 10.69.0.3; do
    local ask="dig @$server +tries=1 +time=2"
    for what in SOA NS MX TXT CAA "A ns" "AAAA mail" "A www" "SRV _sip._udp" "SSHFP host" "TLSA _443._tcp" "HTTPS svc" "NAPTR naptr" "A missing"; do
      set -- $what
      at b $ask "${2:+$2.}papers.example" "$1" || true
    done
    at b $ask +noedns many.papers.example A || true                # cut short, then asked again over TCP
    at b $ask +subnet=192.0.2.0/24 +nsid +dnssec www.papers.example A || true
    at b $ask other.example A || true
    at b $ask blocked.example A || true
    at b $ask -x 10.69.0.7 || true
    at b $ask +opcode=status papers.example || true
    at b $ask papers.example AXFR || true
  done
  printf 'server 10.69.0.1\nzone papers.example\nupdate add new.papers.example 60 A 10.69.0.9\nsend\n' | at b nsupdate || true
  at b dig @10.69.0.1 papers.example IXFR=7 || true
  stop; dump=$first; stop
}

all ike wireguard rdp dhcp ssdp thrift mdns bind

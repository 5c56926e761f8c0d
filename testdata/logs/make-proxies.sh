#!/bin/bash
# make-proxies.sh OUT: makes haproxy.log, squid*.log and named*.log with real servers on the loopback address.
# Needs root and, from Debian 12: haproxy squid bind9 bind9-dnsutils netcat-openbsd openssl curl python3.
set -eu
out=$(realpath "${1:?usage: make-proxies.sh OUT}")
work=$(mktemp -d /tmp/netlog-proxies.XXXXXX); chmod 755 "$work"; cd "$work"
jobs=()
trap 'kill "${jobs[@]}" 2>/dev/null || true; rm -rf "$work"' EXIT
get() { curl -s -o /dev/null --max-time 4 "$@" || true; }
say() { printf "$1" | timeout 2 nc 127.0.0.1 "$2" >/dev/null || true; }

# A web server, and what daemons send to a syslog port, as rsyslog writes it.
cat >back.py <<'PY'
import http.server, time
class Back(http.server.BaseHTTPRequestHandler):
    def log_message(self, *_): pass
    def do_GET(self):
        if self.path.startswith("/slow"): time.sleep(0.3)
        body = b"hello " * 50
        self.send_response(404 if "missing" in self.path else 200)
        self.send_header("content-length", str(len(body))); self.end_headers()
        try: self.wfile.write(body)
        except OSError: pass
    def do_POST(self):
        self.rfile.read(int(self.headers.get("content-length", 0))); self.do_GET()
http.server.ThreadingHTTPServer(("127.0.0.1", 28091), Back).serve_forever()
PY
cat >syslog.py <<'PY'
import re, socket, sys
log = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); log.bind(("127.0.0.1", 25140))
with open(sys.argv[1], "w") as out:
    while True:
        line = re.match(rb"<\d+>(\w{3} [ \d]\d [\d:]{8}) (.*)", log.recv(8192).rstrip(b"\0\n"), re.S)
        out.write((line[1] + b" lb " + line[2]).decode(errors="replace") + "\n"); out.flush()
PY
python3 back.py 2>/dev/null & back=$!; jobs+=("$back")
python3 syslog.py "$out/haproxy.log" & jobs+=("$!")
openssl req -x509 -newkey rsa:2048 -nodes -keyout key -out cert -days 30 -subj /CN=localhost 2>/dev/null; cat cert key >both.pem
sleep 1

cat >haproxy.cfg <<CONF
global
  log 127.0.0.1:25140 local0
defaults
  log global
  timeout connect 1s
  timeout client 2s
  timeout server 2s
  timeout http-request 1s
frontend www
  mode http
  option httplog
  bind 127.0.0.1:28180
  capture request header Host len 40
  capture request header User-Agent len 60
  capture response header Content-Length len 9
  http-request deny if { path_beg /forbidden }
  use_backend down if { path_beg /down }
  default_backend app
frontend plain
  mode http
  bind 127.0.0.1:28182
  default_backend app
frontend clf
  mode http
  option httplog clf
  bind 127.0.0.1:28183
  default_backend app
frontend tls
  mode http
  option httpslog
  bind 127.0.0.1:28443 ssl crt $work/both.pem
  default_backend app
frontend quiet
  mode http
  option httplog
  option dontlognull
  option logasap
  bind 127.0.0.1:28184
  default_backend app
frontend tcp
  mode tcp
  option tcplog
  bind 127.0.0.1:28185
  default_backend tcpapp
frontend proxied
  mode http
  option httplog
  bind 127.0.0.1:28186 accept-proxy
  default_backend app
backend app
  mode http
  option abortonclose
  cookie SRV insert indirect
  option httpchk GET /health
  server app1 127.0.0.1:28091 check inter 500 cookie a1
backend down
  mode http
  server dead 127.0.0.1:28099 check inter 500
backend tcpapp
  mode tcp
  server app1 127.0.0.1:28091
CONF
haproxy -f haproxy.cfg -db >/dev/null 2>&1 & proxy=$!; jobs+=("$proxy"); sleep 2
at=http://127.0.0.1:28180
get "$at/a?b=c"; get -A 'Mozilla/5.0 (X11; Linux x86_64) "q" {x|y}' "$at/missing.php?id=1"; get $at/forbidden; get $at/down/x
get --max-time 0.1 $at/slow; get -X POST -d abc $at/post
say 'garbage\r\n\r\n' 28180; (sleep 1.5) | timeout 3 nc 127.0.0.1 28180 >/dev/null || true
say 'GET /x HTTP/1.1\r\nHost: a"b\r\n\r\n' 28180; say 'GET /q"uote\\ HTTP/1.1\r\nHost: a\r\n\r\n' 28180
nc -z 127.0.0.1 28180 || true; nc -z 127.0.0.1 28184 || true
get http://127.0.0.1:28184/asap; get http://127.0.0.1:28182/default; get -u bob:x "http://127.0.0.1:28183/clf?x=1"
get -k https://127.0.0.1:28443/tls; get -k --http1.1 --tls-max 1.2 https://127.0.0.1:28443/tls12; get http://127.0.0.1:28443/plain
get http://127.0.0.1:28185/tcp; nc -z 127.0.0.1 28185 || true
get http://127.0.0.1:28186/bare; get --haproxy-protocol http://127.0.0.1:28186/proxied
kill "$back"; sleep 1.5; get $at/after; get http://127.0.0.1:28185/after
kill -USR1 "$proxy"; wait "$proxy" || true; sleep 1

python3 back.py 2>/dev/null & jobs+=("$!")
mkdir squid; printf 'bob:%s\n' "$(openssl passwd -apr1 secret)" >squid/users; chown proxy squid; chmod 644 squid/users
cat >squid.conf <<CONF
http_port 127.0.0.1:28128
visible_hostname proxy.example
pid_filename none
coredump_dir $work/squid
cache_log $work/squid/squid-cache.log
access_log stdio:$work/squid/squid-access.log squid
access_log stdio:$work/squid/squid-combined.log combined
auth_param basic program /usr/lib/squid/basic_ncsa_auth $work/squid/users
acl auth proxy_auth REQUIRED
acl bad dstdomain blocked.example
acl users dstdomain localhost
acl ports port 443
acl CONNECT method CONNECT
http_access deny bad
http_access deny CONNECT !ports
http_access deny users !auth
http_access allow all
connect_timeout 1 seconds
dns_timeout 1 seconds
dns_nameservers 127.0.0.1
shutdown_lifetime 1 seconds
CONF
squid -N -f squid.conf >/dev/null 2>&1 & squid=$!; jobs+=("$squid"); sleep 3
by() { get -x http://127.0.0.1:28128 "$@"; }
at=http://127.0.0.1:28091
by "$at/a?b=c"; by $at/missing; by http://blocked.example/x; by $at/slow; by http://nosuch.example/; by http://127.0.0.1:28099/
for user in x:x bob:wrong bob:secret 'bo b"x:w'; do by -U "$user" http://localhost:28091/users; done
by http://localhost:28091/users; by https://127.0.0.1:22/; by https://127.0.0.1:443/; by -X POST -d x=1 $at/post
by --max-time 0.1 $at/slow2; by -A 'x "y" z' -e 'http://r/"' $at/agent; say 'garbage\r\n\r\n' 28128; nc -z 127.0.0.1 28128 || true
sleep 1; kill "$squid"; wait "$squid" || true; mv squid/squid-*.log "$out"

mkdir named; cat >named.conf <<CONF
options {
  directory "$work/named"; listen-on port 28053 { 127.0.0.1; }; listen-on-v6 { none; }; pid-file none;
  session-keyfile "$work/named/session.key"; managed-keys-directory "$work/named";
  recursion no; allow-transfer { none; }; dnssec-validation no; querylog yes;
};
controls { };
key k1 { algorithm hmac-sha256; secret "c2VjcmV0c2VjcmV0c2VjcmV0"; };
logging {
  channel all { file "$out/named.log"; print-time yes; print-severity yes; print-category yes; };
  channel iso { file "$out/named-iso.log"; print-time iso8601-utc; print-category yes; };
  category default { all; iso; }; category queries { all; iso; }; category query-errors { all; iso; };
};
view internal {
  match-clients { 127.0.0.1; };
  zone "example.test" { type master; file "open"; allow-update { key k1; }; };
  zone "closed.test" { type master; file "closed"; allow-query { none; }; };
};
CONF
for zone in open closed; do
  printf '$TTL 60\n@ SOA ns hostmaster 1 60 60 60 60\n@ NS ns\nns A 127.0.0.1\nwww A 192.0.2.1\n' >named/$zone
done
named -c "$work/named.conf" -f 2>/dev/null & named=$!; jobs+=("$named"); sleep 2
ask() { dig @127.0.0.1 -p 28053 +time=1 +tries=1 +noall "$@" >/dev/null || true; }
ask www.example.test; ask +tcp www.example.test AAAA; ask www.other.test; ask nope.example.test MX; ask closed.test
ask example.test AXFR; ask -c CH -t TXT version.bind; ask 'we\ ird"(x).example.test'; ask +subnet=192.0.2.0/24 www.example.test
for key in k1 k9; do ask -y hmac-sha256:$key:c2VjcmV0c2VjcmV0c2VjcmV0 www.example.test; done
for key in '' 'key hmac-sha256:k1 c2VjcmV0c2VjcmV0c2VjcmV0\n'; do
  printf "server 127.0.0.1 28053\n${key}zone example.test\nupdate add x.example.test 60 A 192.0.2.2\nsend\n" | nsupdate >/dev/null 2>&1 || true
done
kill "$named"; wait "$named" || true
sed -i "s#$work/#/etc/#g" "$out"/haproxy.log "$out"/squid-*.log "$out"/named*.log; chmod 644 "$out"/haproxy.log "$out"/squid-*.log "$out"/named*.log

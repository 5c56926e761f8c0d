#!/bin/bash
# make-databases.sh OUT: records sessions with real database servers on this machine's loopback into
# OUT/{mysql,pgsql,redis,memcache}/server.pcap. Nothing leaves the machine.
#
# Needs root and, from Debian: mariadb-server mariadb-client postgresql redis-server redis-tools memcached
# tcpdump python3. Server ports are not the usual ones, so that running servers are left alone.
set -eu
out=$(realpath "${1:?usage: make-databases.sh OUT}")
work=$(mktemp -d /tmp/netlog-db.XXXXXX)
chmod 755 "$work"
pids=()
cleanup() {
  for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
  sleep 1
  rm -rf "$work"
}
trap cleanup EXIT

# record NAME PORT: captures until `stop`.
record() {
  mkdir -p "$out/$1"
  tcpdump -q -i lo -U -s 0 --immediate-mode -w "$work/$1.pcap" "tcp port $2 or udp port $2" 2>/dev/null &
  recorder=$!
  pids+=("$recorder")
  sleep 1
}
stop() {
  sleep 1
  kill -INT "$recorder"
  wait "$recorder" 2>/dev/null || true
  cp "$work/$1.pcap" "$out/$1/server.pcap"
}

mysql_session() {
  mkdir "$work/mysql"
  mariadb-install-db --no-defaults --datadir="$work/mysql" --auth-root-authentication-method=normal --user=root \
    --skip-test-db > /dev/null 2>&1
  mariadbd --no-defaults --user=root --datadir="$work/mysql" --socket="$work/mysql.sock" --port=33306 \
    --bind-address=127.0.0.1 --skip-ssl > "$work/mysql.log" 2>&1 &
  pids+=($!)
  for _ in $(seq 60); do mariadb-admin --socket="$work/mysql.sock" ping > /dev/null 2>&1 && break; sleep 0.5; done
  mariadb --socket="$work/mysql.sock" -e \
    "create database shop; create user app@127.0.0.1 identified by 'pw'; grant all on shop.* to app@127.0.0.1"
  record mysql 33306
  local client=(mariadb --no-defaults --skip-ssl -h 127.0.0.1 -P 33306 -u app)
  "${client[@]}" -pwrong -e 'select 1' shop > /dev/null 2>&1 || true
  "${client[@]}" -ppw shop > /dev/null 2>&1 <<'SQL' || true
create table t (id int primary key auto_increment, name varchar(40), price double);
insert into t (name, price) values ('apple', 1.5), ('pear, green', 2.25), (null, 0);
select id, name, price from t where price > 1;
prepare s from 'select name from t where id = ?';
update t set price = price * 2 where id < 3;
SQL
  "${client[@]}" -ppw -e 'select nothing from nowhere' shop > /dev/null 2>&1 || true
  stop mysql
}

pgsql_session() {
  local bin=(/usr/lib/postgresql/*/bin)
  mkdir "$work/pg"; chown nobody "$work/pg"
  echo pw > "$work/pg.pw"; chmod 644 "$work/pg.pw"
  runuser -u nobody -- "${bin[0]}/initdb" -D "$work/pg/data" -U app --auth=scram-sha-256 --pwfile="$work/pg.pw" > /dev/null
  runuser -u nobody -- "${bin[0]}/postgres" -D "$work/pg/data" -p 35432 -h 127.0.0.1 -k "$work/pg" > "$work/pg.log" 2>&1 &
  pids+=($!)
  for _ in $(seq 60); do "${bin[0]}/pg_isready" -h 127.0.0.1 -p 35432 > /dev/null 2>&1 && break; sleep 0.5; done
  record pgsql 35432
  PGPASSWORD=wrong psql "host=127.0.0.1 port=35432 user=app dbname=postgres sslmode=disable" -c 'select 1' > /dev/null 2>&1 || true
  PGPASSWORD=pw psql "host=127.0.0.1 port=35432 user=app dbname=postgres sslmode=disable" > /dev/null 2>&1 <<'SQL' || true
create table t (id serial primary key, name text);
insert into t (name) values ('apple'), ('pear, green');
select id, name from t;
copy t to stdout;
begin; update t set name = 'fig' where id = 1; commit;
select nothing from nowhere;
SQL
  # Extended queries: pgbench prepares its statements.
  PGPASSWORD=pw PGSSLMODE=disable "${bin[0]}/pgbench" -h 127.0.0.1 -p 35432 -U app -n -c 1 -t 3 -M extended \
    -f <(echo 'select name from t where id = 1;') postgres > /dev/null 2>&1 || true
  stop pgsql
}

redis_session() {
  redis-server --port 36379 --bind 127.0.0.1 --save '' --dir "$work" --requirepass pw > "$work/redis.log" 2>&1 &
  pids+=($!)
  sleep 1
  record redis 36379
  redis-cli -p 36379 > /dev/null 2>&1 <<'CLI' || true
AUTH wrong
AUTH pw
SET greeting hello
GET greeting
LPUSH list a b c
LRANGE list 0 -1
INCR greeting
HSET h f v
MULTI
GET greeting
EXEC
CLI
  redis-cli -3 -p 36379 -a pw HGETALL h > /dev/null 2>&1 || true
  stop redis
}

memcache_session() {
  memcached -u nobody -l 127.0.0.1 -p 31211 -U 31211 > "$work/memcached.log" 2>&1 &
  pids+=($!)
  sleep 1
  record memcache 31211
  python3 - <<'PY'
import socket, struct, time
s = socket.create_connection(("127.0.0.1", 31211))
def text(line):
    s.sendall(line); time.sleep(0.05); return s.recv(65536)
for line in [b"version\r\n", b"set k 7 0 5\r\nhello\r\n", b"get k missing\r\n", b"gets k\r\n", b"add k 0 0 1\r\nx\r\n",
             b"set n 0 0 1\r\n5\r\n", b"incr n 3\r\n", b"incr k 1\r\n", b"touch k 60\r\n", b"delete k\r\n", b"delete k\r\n",
             b"mg n v t\r\n", b"ms m 2\r\nhi\r\n", b"stats slabs\r\n", b"verbosity\r\n"]:
    text(line)
s.close()
b = socket.create_connection(("127.0.0.1", 31211))
def request(op, opaque, key=b"", extras=b"", value=b""):
    return struct.pack(">BBHBBHIIQ", 0x80, op, len(key), len(extras), 0, 0, len(key) + len(extras) + len(value), opaque, 0) + extras + key + value
for message in [request(0x0b, 1), request(1, 2, b"b", struct.pack(">II", 9, 0), b"value"), request(0x0c, 3, b"b"),
                request(0, 4, b"missing"), request(5, 5, b"c", struct.pack(">QQI", 1, 10, 0)),
                request(0x0d, 6, b"missing") + request(0x0d, 7, b"b") + request(0x0a, 8), request(4, 9, b"b"), request(0x10, 10, b"settings")]:
    b.sendall(message); time.sleep(0.05); b.recv(65536)
b.close()
u = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); u.connect(("127.0.0.1", 31211)); u.settimeout(2)
u.send(struct.pack(">HHHH", 1, 0, 1, 0) + b"get n m\r\n"); u.recv(65536)
u.send(struct.pack(">HHHH", 2, 0, 1, 0) + b"set u 0 0 2 noreply\r\nok\r\n"); time.sleep(0.1)
u.send(struct.pack(">HHHH", 3, 0, 1, 0) + b"get u\r\n"); u.recv(65536)
PY
  stop memcache
}

mysql_session
pgsql_session
redis_session
memcache_session
ls -l "$out"/*/server.pcap

#!/bin/bash
# make-logs.sh OUT: makes the logs of this folder with real servers on the loopback address.
# Needs root and, from Debian 12: postgresql mariadb-server redis-server
# postfix dovecot-imapd dovecot-pop3d vsftpd python3; proftpd-core for proftpd.log (it conflicts with vsftpd).
set -eu
out=$(realpath "${1:?usage: make-logs.sh OUT}")
work=$(mktemp -d /tmp/netlog-logs.XXXXXX); chmod 755 "$work"
trap 'rm -rf "$work"' EXIT

postgresql() {
  local bin=/usr/lib/postgresql/15/bin data=$work/pg/data
  mkdir "$work/pg"; echo secret >"$work/pg/pw"; chown -R postgres "$work/pg"
  su postgres -c "$bin/initdb -D $data -A scram-sha-256 --pwfile=$work/pg/pw -U postgres" >/dev/null
  cat >>"$data/postgresql.conf" <<CONF
listen_addresses='127.0.0.1'
port=25432
unix_socket_directories='$work/pg'
log_line_prefix='%m [%p] %q%u@%d '
log_connections=on
log_disconnections=on
log_min_duration_statement=50
log_temp_files=0
work_mem='64kB'
CONF
  su postgres -c "$bin/pg_ctl -D $data -l $work/pg/log -w start" >/dev/null
  sql() { PGPASSWORD=${password-secret} psql -h 127.0.0.1 -p 25432 -U "${user-postgres}" "$@" >/dev/null 2>&1 || true; }
  sql -c "create table t(i int primary key, s text)"
  sql -c "insert into t values (1,'a'),(1,'b')"
  sql -c $'select *\nfrom nosuch\nwhere x = 1'
  sql -c "select pg_sleep(0.1)"
  sql -c "do \$\$ begin raise exception 'oops' using detail='the detail', hint='the hint'; end \$\$"
  password=wrong sql -c "select 1"
  password=x user=nobody sql shop -c "select 1"
  sql -d nodb -c "select 1"
  sql -c "select count(*) from (select generate_series(1,20000) g order by 1 desc) x"
  su postgres -c "$bin/pg_ctl -D $data -m fast stop" >/dev/null
  sed "s#$data#/var/lib/postgresql/15/main#g; s#$work/pg/#/run/postgresql/#g" "$work/pg/log" >"$out/postgresql.log"
}

mariadb_logs() {
  mkdir "$work/my"; chown mysql "$work/my"
  mariadb-install-db --user=mysql --datadir="$work/my/data" --auth-root-authentication-method=normal >/dev/null 2>&1
  mariadbd --no-defaults --user=mysql --datadir="$work/my/data" --port=23306 --bind-address=127.0.0.1 \
    --socket="$work/my/s.sock" --log-error="$work/my/error.log" --log-warnings=4 --slow-query-log=1 \
    --slow-query-log-file="$work/my/slow.log" --long-query-time=0.05 --log-slow-verbosity=query_plan,explain \
    --pid-file="$work/my/pid" &
  local pid=$!
  sleep 6
  local tcp="mariadb --no-defaults -h 127.0.0.1 -P 23306"
  mariadb --no-defaults -S "$work/my/s.sock" -u root -e \
    "create user bob@'127.0.0.1' identified by 'secret'; create database shop; grant all on shop.* to bob@'127.0.0.1'"
  $tcp -u bob -psecret shop -e $'select sleep(0.1); select\n sleep(0.06)\n from dual;' >/dev/null
  $tcp -u bob -pwrong shop -e "select 1" || true
  $tcp -u bob -psecret mysql -e "select 1" || true
  mariadb-admin --no-defaults -S "$work/my/s.sock" -u root shutdown
  wait $pid
  sed "s#$work/my/#/run/mysqld/#g" "$work/my/error.log" >"$out/mariadb-error.log"
  sed "s#$work/my/#/run/mysqld/#g" "$work/my/slow.log" >"$out/mariadb-slow.log"
}

redis_log() {
  redis-server --port 26379 --bind 127.0.0.1 --requirepass secret --logfile "$out/redis.log" --loglevel verbose \
    --save "1 1" --dir "$work" --daemonize yes >/dev/null
  sleep 1
  redis-cli -p 26379 -a secret --no-auth-warning set a 1
  redis-cli -p 26379 -a wrong --no-auth-warning get a || true
  sleep 2
  redis-cli -p 26379 -a secret --no-auth-warning shutdown
}

# What daemons send to /dev/log, as rsyslog writes it.
syslog() {
  python3 - "$out/mail.log" <<'PY' &
import os, re, socket, sys
if os.path.exists("/dev/log"): os.unlink("/dev/log")
log = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM); log.bind("/dev/log"); os.chmod("/dev/log", 0o666)
with open(sys.argv[1], "w") as out:
    while True:
        line = re.match(rb"<\d+>(\w{3} [ \d]\d [\d:]{8}) (.*)", log.recv(8192).rstrip(b"\0\n"), re.S)
        out.write((line[1] + b" mx " + line[2]).decode(errors="replace") + "\n"); out.flush()
PY
  logger=$!; sleep 1
}

mail_log() {
  useradd -m bob; echo bob:secret | chpasswd
  postconf -e myhostname=mx.example.com 'mydestination=mx.example.com, localhost' inet_interfaces=127.0.0.1 \
    smtpd_sasl_auth_enable=yes smtpd_sasl_type=dovecot smtpd_sasl_path=private/auth maillog_file= inet_protocols=ipv4 \
    'smtpd_relay_restrictions=permit_sasl_authenticated,reject_unauth_destination' compatibility_level=3.6
  sed -i 's/^smtp  *inet.*/2525 inet n - n - - smtpd/' /etc/postfix/master.cf
  cat >/etc/dovecot/local.conf <<CONF
protocols = imap pop3
listen = 127.0.0.1
disable_plaintext_auth = no
ssl = no
service imap-login {
  inet_listener imap {
    port = 2143
  }
}
service pop3-login {
  inet_listener pop3 {
    port = 2110
  }
}
service auth {
  unix_listener /var/spool/postfix/private/auth {
    mode = 0666
  }
}
mail_location = mbox:~/mail:INBOX=/var/mail/%u
CONF
  syslog; dovecot; postfix start; sleep 2
  python3 "$here/mail-clients.py" mail; sleep 3
  postfix stop; doveadm stop; sleep 1; kill $logger
}

vsftpd_logs() {
  cat >"$work/vsftpd.conf" <<CONF
listen=YES
listen_address=127.0.0.1
listen_port=2121
background=NO
anonymous_enable=YES
local_enable=YES
write_enable=YES
xferlog_enable=YES
dual_log_enable=YES
vsftpd_log_file=$out/vsftpd.log
xferlog_file=$out/xferlog
secure_chroot_dir=$work
pam_service_name=vsftpd
seccomp_sandbox=NO
CONF
  vsftpd "$work/vsftpd.conf" & local pid=$!
  sleep 1; python3 "$here/mail-clients.py" 2121; sleep 1; kill $pid
}

here=$(dirname "$(realpath "$0")")
postgresql; mariadb_logs; redis_log; mail_log; vsftpd_logs

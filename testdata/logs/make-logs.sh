#!/bin/bash
# make-logs.sh OUT [PART…]: makes the logs of this folder with real servers on the loopback address.
# Parts: postgresql mariadb_logs redis_log mail_log vsftpd_logs web_logs auth_log journal fail2ban_log apps packages;
# all without any. Needs root and, from Debian 12: postgresql mariadb-server redis-server postfix dovecot-imapd
# dovecot-pop3d vsftpd apache2 apache2-utils nginx-light openssh-server sshpass sudo cron systemd fail2ban curl python3;
# proftpd-core for proftpd.log (it conflicts with vsftpd).
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
syslog() { # FILE HOST
  python3 - "$1" "$2" <<'PY' &
import os, re, socket, sys
if os.path.exists("/dev/log"): os.unlink("/dev/log")
log = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM); log.bind("/dev/log"); os.chmod("/dev/log", 0o666)
with open(sys.argv[1], "w") as out:
    while True:
        line = re.match(rb"<\d+>(\w{3} [ \d]\d [\d:]{8}) (.*)", log.recv(8192).rstrip(b"\0\n"), re.S)
        out.write((line[1] + f" {sys.argv[2]} ".encode() + line[2]).decode(errors="replace") + "\n"); out.flush()
PY
  logger=$!; sleep 1
}

mail_log() {
  bob
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
  syslog "$out/mail.log" mx; dovecot; postfix start; sleep 2
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

bob() { id bob >/dev/null 2>&1 || useradd -m -s /bin/bash bob; echo bob:secret | chpasswd; }

web_logs() {
  rm -f "$out"/apache-*.log "$out"/nginx-*.log
  mkdir "$work/www" "$work/www/private"; echo hello >"$work/www/index.html"; chmod 755 "$work/www" "$work/www/private"
  htpasswd -bc "$work/users" bob secret 2>/dev/null; chmod 644 "$work/users"
  cat >"$work/httpd.conf" <<CONF
ServerName web.example.com
ServerRoot /usr/lib/apache2
Listen 127.0.0.1:28080
PidFile $work/httpd.pid
LoadModule mpm_event_module modules/mod_mpm_event.so
LoadModule authn_core_module modules/mod_authn_core.so
LoadModule authn_file_module modules/mod_authn_file.so
LoadModule authz_core_module modules/mod_authz_core.so
LoadModule authz_user_module modules/mod_authz_user.so
LoadModule auth_basic_module modules/mod_auth_basic.so
DocumentRoot $work/www
User www-data
Group www-data
LogFormat "%h %l %u %t \"%r\" %>s %O \"%{Referer}i\" \"%{User-Agent}i\"" combined
LogFormat "%v:%p %h %l %u %t \"%r\" %>s %B %D \"%{X-Forwarded-For}i\"" own
CustomLog $out/apache-access.log combined
CustomLog $out/apache-own.log own
ErrorLog $out/apache-error.log
LogLevel info
<Directory $work/www/private>
  AuthType Basic
  AuthName x
  AuthUserFile $work/users
  Require user bob
</Directory>
<Location /denied>
  Require all denied
</Location>
CONF
  cat >"$work/nginx.conf" <<CONF
pid $work/nginx.pid;
error_log $out/nginx-error.log info;
events {}
http {
  log_format own '\$remote_addr - \$remote_user [\$time_local] "\$request" \$status \$body_bytes_sent '
                 '"\$http_referer" "\$http_user_agent" rt=\$request_time "\$http_x_forwarded_for"';
  access_log $out/nginx-access.log combined;
  access_log $out/nginx-own.log own;
  server {
    listen 127.0.0.1:28081;
    server_name web.example.com;
    root $work/www;
    location /private { auth_basic x; auth_basic_user_file $work/users; }
    location /denied { deny all; }
    location /up { proxy_pass http://127.0.0.1:28099; }
  }
}
CONF
  /usr/sbin/apache2 -f "$work/httpd.conf"; /usr/sbin/nginx -c "$work/nginx.conf"; sleep 1
  for port in 28080 28081; do
    local at=http://127.0.0.1:$port
    for args in "$at/index.html" "$at/private/ -u bob:wrong" "$at/private/ -u eve:x" "$at/private/ -u bob:secret" "$at/private/" \
      "$at/nosuch?q=a%20b -H X-Forwarded-For:203.0.113.7" "$at/denied" "$at/up" "$at/a\"b -A a\"b\\c" "$at/ -X DELETE" \
      "--path-as-is $at/../../etc/passwd"; do
      # shellcheck disable=SC2086
      curl -s -o /dev/null $args || true
    done
    printf '\x16\x03\x01\x00\xfcGET / HTTP/1.1\r\n\r\n' >/dev/tcp/127.0.0.1/$port; printf 'quit\r\n' >/dev/tcp/127.0.0.1/$port
    sleep 0.2
  done
  kill "$(cat "$work/httpd.pid")" "$(cat "$work/nginx.pid")"; sleep 2
  sed -i "s#$work/www#/var/www#g; s#$work/#/etc/#g" "$out"/apache-*.log "$out"/nginx-*.log
}

# OpenSSH, PAM, sudo, su, cron, and what changes accounts.
auth_log() {
  bob; syslog "$out/auth.log" web
  mkdir -p /run/sshd; ssh-keygen -q -t ed25519 -N '' -f "$work/host"; ssh-keygen -q -t ed25519 -N '' -f "$work/key"
  install -d -m 700 -o bob /home/bob/.ssh; install -m 600 -o bob "$work/key.pub" /home/bob/.ssh/authorized_keys
  printf '%s\n' "Port 20022" "ListenAddress 127.0.0.1" "HostKey $work/host" "UsePAM yes" "MaxAuthTries 3" "LogLevel VERBOSE" \
    "LoginGraceTime 3" "DenyUsers games" "PidFile $work/sshd.pid" "MaxStartups 2:100:2" >"$work/sshd_config"
  /usr/sbin/sshd -f "$work/sshd_config"; sleep 1
  local to="ssh -p 20022 -F /dev/null -o UserKnownHostsFile=/dev/null -o StrictHostKeyChecking=no -o LogLevel=QUIET"
  for login in secret:bob wrong:bob x:nosuch x:root x:games "x:a b"; do
    sshpass -p "${login%%:*}" $to -o PubkeyAuthentication=no -o NumberOfPasswordPrompts=3 -l "${login#*:}" 127.0.0.1 true || true
  done
  $to -i "$work/key" bob@127.0.0.1 true || true
  ssh-keygen -q -t ed25519 -N '' -f "$work/other"
  $to -i "$work/other" -o BatchMode=yes bob@127.0.0.1 true || true
  $to -o KexAlgorithms=diffie-hellman-group1-sha1 bob@127.0.0.1 true || true
  $to -o HostKeyAlgorithms=ssh-rsa bob@127.0.0.1 true || true
  exec 9<>/dev/tcp/127.0.0.1/20022; exec 9>&-
  printf 'GET / HTTP/1.1\r\n\r\n' >/dev/tcp/127.0.0.1/20022 || true
  printf 'SSH-2.0-x\r\nnonsense nonsense nonsense\r\n' >/dev/tcp/127.0.0.1/20022 || true
  python3 - <<'PY'
import socket, time
waiting = [socket.create_connection(("127.0.0.1", 20022)) for _ in range(5)]
time.sleep(5)
PY
  kill "$(cat "$work/sshd.pid")"
  groupadd crew; useradd -m -g crew carol; usermod -aG crew bob; echo carol:secret | chpasswd; passwd -l carol >/dev/null
  chage -E 2027-01-01 carol; userdel -r carol 2>/dev/null || true; groupdel crew 2>/dev/null || true
  su bob -c "sudo -n id" 2>/dev/null || true
  printf 'wrong\nwrong\nwrong\n' | su bob -c "sudo -S id" 2>/dev/null || true
  echo wrong | su bob -c "su root -c id" 2>/dev/null || true
  sudo -u bob id >/dev/null
  echo '* * * * * root true' >/etc/cron.d/netlog; cron -f & local pid=$!
  sleep 65; kill $pid; rm /etc/cron.d/netlog
  logger -t app "a message of an application"; logger -t app -i "another"
  sleep 1; kill $logger; sed -i "s#PWD=[^ ]*#PWD=/root#" "$out/auth.log"
}

journal() {
  local since; since=$(date '+%F %T')
  /lib/systemd/systemd-journald & local pid=$!
  sleep 2
  echo "one line" | systemd-cat -t app; printf 'two\nlines' | systemd-cat -t app -p err
  python3 - <<'PY'
import socket
log = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM); log.connect("/run/systemd/journal/socket")
log.send(b"SYSLOG_IDENTIFIER=app\nPRIORITY=3\nMESSAGE\n\x0b\0\0\0\0\0\0\0hello\nworld\n")
log.send(b"SYSLOG_IDENTIFIER=app\nPRIORITY=3\nMESSAGE\n\x05\0\0\0\0\0\0\0a\xff\xfebc\n")
log.send(b"SYSLOG_IDENTIFIER=sshd\nPRIORITY=6\nMESSAGE=Failed password for bob from 203.0.113.7 port 40022 ssh2\n")
PY
  sleep 1; journalctl --sync || true
  for form in export json short; do
    journalctl -q --since "$since" -o $form -t app -t sshd --no-pager | sed "s/\b$(hostname)\b/web/g; s/$(cat /etc/machine-id)/00000000000000000000000000000001/g" >"$out/journal-$form.log"
  done
  kill $pid
}

fail2ban_log() {
  mkdir "$work/f2b"; touch "$work/f2b/auth.log"
  printf '[Definition]\nactionban = true\nactionunban = true\n' >/etc/fail2ban/action.d/netlog-none.conf
  printf '[INCLUDES]\nbefore = paths-debian.conf\n[DEFAULT]\nbanaction = netlog-none\nfindtime = 600\nbantime = 3\nmaxretry = 3\n[sshd]\nenabled = true\nbackend = polling\nfilter = sshd\naction = netlog-none\nlogpath = %s\n' \
    "$work/f2b/auth.log" >"$work/f2b/jail.conf"
  cp -r /etc/fail2ban/. "$work/f2b/etc"; cp "$work/f2b/jail.conf" "$work/f2b/etc/jail.conf"; rm -rf "$work/f2b/etc/jail.d"
  fail2ban-server -f -c "$work/f2b/etc" -s "$work/f2b/sock" -p "$work/f2b/pid" --logtarget "$out/fail2ban.log" start >/dev/null 2>&1 &
  sleep 4
  for n in 1 2 3 4; do
    echo "$(date '+%b %e %T') web sshd[7$n]: Failed password for root from 203.0.113.7 port 4002$n ssh2" >>"$work/f2b/auth.log"; sleep 1
  done
  sleep 6; fail2ban-client -c "$work/f2b/etc" -s "$work/f2b/sock" stop >/dev/null; sleep 1
  rm /etc/fail2ban/action.d/netlog-none.conf
  sed -i "s#$work/f2b/auth.log#/var/log/auth.log#g; s#$work/f2b/#/var/lib/fail2ban/#g" "$out/fail2ban.log"; chmod 644 "$out/fail2ban.log"
}

# An application that logs with Python's library.
apps() {
  python3 - "$out/python.log" <<'PY'
import logging, sys
logging.basicConfig(filename=sys.argv[1], level=logging.DEBUG, format="%(asctime)s - %(name)s - %(levelname)s - %(message)s")
log = logging.getLogger("shop.orders")
log.info("order %d of %s", 7, "alice")
try:
    {}["stock"]
except KeyError:
    log.exception("order failed")
log.warning("settings:\n  a = 1\n  b = 2")
log.debug("done")
PY
  sed -i 's#File "<stdin>"#File "shop.py"#' "$out/python.log"
}

# What the package manager of the machine wrote itself.
packages() {
  grep -E ' (nginx-light|cron):' /var/log/dpkg.log | tail -n 40 >"$out/dpkg.log"
  awk -v RS= -v ORS='\n\n' '/nginx-light|vsftpd|apache2/ && length < 1000' /var/log/apt/history.log >"$out/apt-history.log"
}

here=$(dirname "$(realpath "$0")"); shift
for part in ${*:-postgresql mariadb_logs redis_log mail_log vsftpd_logs web_logs auth_log journal fail2ban_log apps packages}; do
  "$part"
done

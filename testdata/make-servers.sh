#!/bin/bash
# make-servers.sh FOLDER [SOFTWARE...]: records sessions with servers people run, and their ordinary clients, between two
# network namespaces of this machine (nothing leaves it) into FOLDER/<protocol>/<software>.pcap. Without SOFTWARE: all.
#
# Needs root and, from Debian: rabbitmq-server python3-pika slapd ldap-utils krb5-kdc krb5-admin-server krb5-user chrony snmpd snmptrapd snmp
# freeradius freeradius-utils tftpd-hpa tftp-hpa coturn microsocks dante-server curl samba smbclient socat
# inetutils-telnetd inetutils-telnet libnfs-utils nfs-ganesha-mem nfs-common rpcbind
# kamailio sip-tester tcpdump iproute2. The rest is in make-tunnels.sh.
set -eu
. "$(dirname "$0")/namespaces.sh"

amqp() { # RabbitMQ and pika: a log-in refused, then declare, bind, publish, get, consume, and a queue that is not there
  local home=$work/rabbit; mkdir -p "$home"; chown rabbitmq: "$home"
  printf 'loopback_users = none\nlisteners.tcp.1 = 10.69.0.1:5672\n' > "$home/rabbitmq.conf"
  local env="env HOME=$home RABBITMQ_NODENAME=rabbit@localhost RABBITMQ_MNESIA_BASE=$home RABBITMQ_LOG_BASE=$home \
    RABBITMQ_CONFIG_FILE=$home/rabbitmq.conf RABBITMQ_ENABLED_PLUGINS_FILE=$home/plugins RABBITMQ_PID_FILE=$home/pid"
  run a setpriv --reuid rabbitmq --regid rabbitmq --clear-groups $env /usr/lib/rabbitmq/bin/rabbitmq-server
  until at a ss -ltn | grep -q :5672; do sleep 1; done
  record amqp rabbitmq.pcap "tcp port 5672"
  at b /usr/bin/python3 - <<'P' || true
import pika
def connect(password):
    return pika.BlockingConnection(pika.ConnectionParameters("10.69.0.1", credentials=pika.PlainCredentials("guest", password)))
try:
    connect("wrong")
except Exception as e:
    print(e)
c = connect("guest")
ch = c.channel()
ch.exchange_declare("orders", exchange_type="topic")
ch.queue_declare("invoices", durable=True)
ch.queue_bind("invoices", "orders", routing_key="order.*")
for i in range(3):
    ch.basic_publish("orders", "order.new", b'{"id": %d}' % i, pika.BasicProperties(content_type="application/json", message_id=str(i)))
method, properties, body = ch.basic_get("invoices")
ch.basic_ack(method.delivery_tag)
for method, properties, body in ch.consume("invoices", inactivity_timeout=1):
    if method is None:
        break
    ch.basic_ack(method.delivery_tag)
ch.cancel()
ch.queue_purge("invoices")
try:
    ch.queue_declare("nowhere", passive=True)
except Exception as e:
    print(e)
ch = c.channel()
ch.queue_delete("invoices")
ch.exchange_delete("orders")
c.close()
P
  stop
}

ldap() { # OpenLDAP: a bind refused, a search, an entry added, changed, compared, renamed, deleted, one that is not there
  mkdir -p "$work/ldap"
  cat > "$work/slapd.conf" <<C
include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
modulepath /usr/lib/ldap
moduleload back_mdb
database mdb
suffix "dc=example,dc=org"
rootdn "cn=admin,dc=example,dc=org"
rootpw hunter2
directory $work/ldap
C
  run a slapd -d 0 -f "$work/slapd.conf" -h ldap://10.69.0.1
  sleep 2
  record ldap openldap.pcap "tcp port 389"
  local uri="-x -H ldap://10.69.0.1" admin="-D cn=admin,dc=example,dc=org -w hunter2"
  ldap_entries > "$work/entries"
  at b ldapwhoami $uri -D cn=admin,dc=example,dc=org -w wrong || true
  at b ldapadd $uri $admin -f "$work/entries" || true
  at b ldapsearch $uri -b dc=example,dc=org '(&(objectClass=person)(|(uid=bob)(mail=*@example.org)))' cn mail || true
  at b ldapcompare $uri $admin uid=bob,dc=example,dc=org mail:bob@example.org || true
  at b ldapmodrdn $uri $admin uid=bob,dc=example,dc=org uid=robert || true
  at b ldappasswd $uri $admin -s secret uid=robert,dc=example,dc=org || true
  at b ldapdelete $uri $admin uid=robert,dc=example,dc=org || true
  at b ldapsearch $uri -b ou=nowhere,dc=example,dc=org || true
  stop
}

ldap_entries() {
  printf 'dn: dc=example,dc=org\nobjectClass: dcObject\nobjectClass: organization\no: Example\ndc: example\n\n'
  printf 'dn: uid=bob,dc=example,dc=org\nchangetype: add\nobjectClass: inetOrgPerson\nuid: bob\ncn: Bob\nsn: Builder\nmail: bob@example.org\n\n'
  printf 'dn: uid=bob,dc=example,dc=org\nchangetype: modify\nreplace: sn\nsn: Baker\n-\nadd: title\ntitle: Clerk\n'
}

kerberos() { # MIT krb5: right and wrong passwords, nobody, a service's ticket, over UDP and TCP
  mkdir -p "$work/krb"
  export KRB5_CONFIG=$work/krb5.conf KRB5_KDC_PROFILE=$work/kdc.conf KRB5CCNAME=FILE:$work/krb/cache
  kerberos_config 1400 > "$work/krb5.conf"
  printf '[realms]\nEXAMPLE.ORG = {\n database_name = %s\n key_stash_file = %s\n kdc_listen = 10.69.0.1:88\n kdc_tcp_listen = 10.69.0.1:88\n}\n' \
    "$work/krb/db" "$work/krb/stash" > "$work/kdc.conf"
  kdb5_util create -s -r EXAMPLE.ORG -P master >/dev/null
  kadmin.local -q "addprinc -pw secret +requires_preauth bob" >/dev/null 2>&1
  kadmin.local -q "addprinc -randkey HTTP/web.example.org" >/dev/null 2>&1
  run a krb5kdc -n
  sleep 2
  record kerberos mit.pcap "port 88"
  for limit in 1400 1; do
    kerberos_config $limit > "$work/krb5.conf"
    echo wrong | at b kinit bob || true
    echo secret | at b kinit nobody || true
    echo secret | at b kinit bob || true
    at b kvno HTTP/web.example.org || true
    at b kvno HTTP/nowhere.example.org || true
  done
  stop
}

kerberos_config() {
  printf '[libdefaults]\n default_realm = EXAMPLE.ORG\n dns_lookup_kdc = false\n dns_canonicalize_hostname = false\n udp_preference_limit = %s\n' "$1"
  printf '[realms]\nEXAMPLE.ORG = {\n kdc = 10.69.0.1\n}\n[domain_realm]\n .example.org = EXAMPLE.ORG\n'
}

ntp() { # chrony on both sides, as server and client, and its control protocol's port left alone
  printf 'local stratum 5\nallow\ncmdport 0\nbindcmdaddress /\npidfile %s\n' "$work/chrony-a.pid" > "$work/chrony.conf"
  run a chronyd -d -x -f "$work/chrony.conf"
  sleep 1
  record ntp chrony.pcap "udp port 123"
  at b timeout 8 chronyd -Q -t 6 -f /dev/null "server 10.69.0.1 iburst" "cmdport 0" "bindcmdaddress /" "pidfile $work/chrony-b.pid" || true
  stop
}

snmp() { # net-snmp: all versions, what is there and what is not, a change refused, a trap and an inform
  cat > "$work/snmpd.conf" <<C
agentaddress udp:10.69.0.1:161
rocommunity public
rwcommunity private
sysContact ops@example.org
sysName edge
sysDescr a switch
createUser bob SHA secretsecret AES secretsecret
rouser bob priv
C
  printf 'authCommunity log public\ndisableAuthorization yes\nsnmpTrapdAddr udp:10.69.0.1:162\n' > "$work/snmptrapd.conf"
  export SNMP_PERSISTENT_DIR=$work/snmp
  run a snmpd -f -Lo -C -c "$work/snmpd.conf" -p "$work/snmpd.pid"
  run a snmptrapd -f -Lo -C -c "$work/snmptrapd.conf" -p "$work/snmptrapd.pid"
  sleep 2
  record snmp netsnmp.pcap "udp port 161 or udp port 162"
  local v3="-v3 -u bob -a SHA -A secretsecret -x AES -X secretsecret"
  at b snmpget -v1 -c public 10.69.0.1 1.3.6.1.2.1.1.5.0 1.3.6.1.2.1.1.99.0 || true
  at b snmpwalk -v2c -c public 10.69.0.1 1.3.6.1.2.1.1.4 || true
  at b snmpbulkget -v2c -c public -Cr3 10.69.0.1 1.3.6.1.2.1.1 || true
  at b snmpget -v2c -c guess -t 1 -r 0 10.69.0.1 1.3.6.1.2.1.1.5.0 || true
  at b snmpset -v2c -c public 10.69.0.1 1.3.6.1.2.1.1.6.0 s cellar || true
  at b snmpset -v2c -c private 10.69.0.1 1.3.6.1.2.1.1.6.0 s cellar || true
  at b snmpget $v3 -l authPriv 10.69.0.1 1.3.6.1.2.1.1.5.0 || true
  at b snmpget -v3 -u eve -l noAuthNoPriv 10.69.0.1 1.3.6.1.2.1.1.5.0 || true
  at b snmptrap -v1 -c public 10.69.0.1 1.3.6.1.4.1.8072 10.69.0.2 6 17 '' 1.3.6.1.2.1.1.5.0 s edge || true
  at b snmpinform -v2c -c public 10.69.0.1 '' 1.3.6.1.6.3.1.1.5.3 1.3.6.1.2.1.2.2.1.1.2 i 2 || true
  stop
}

radius() { # FreeRADIUS: PAP and CHAP let in, PAP refused, accounting's start and stop, the server's status
  mkdir -p "$work/raddb"; : > "$work/raddb/dictionary"
  printf 'bob Cleartext-Password := "secret"\n Reply-Message := "welcome, bob", Framed-IP-Address = 192.0.2.77, Session-Timeout = 600\n' > "$work/users"
  cat > "$work/raddb/radiusd.conf" <<C
libdir = /usr/lib/freeradius
run_dir = $work
logdir = $work
security { allow_vulnerable_openssl = yes }
client lan {
  ipaddr = 10.69.0.0/24
  secret = testing123
}
modules {
  pap { }
  chap { }
  files { usersfile = $work/users }
  always ok { rcode = ok }
}
server default {
  listen {
    type = auth
    ipaddr = 10.69.0.1
    port = 1812
  }
  listen {
    type = acct
    ipaddr = 10.69.0.1
    port = 1813
  }
  authorize {
    chap
    files
    pap
  }
  authenticate {
    Auth-Type PAP {
      pap
    }
    Auth-Type CHAP {
      chap
    }
  }
  accounting {
    ok
  }
}
C
  run a freeradius -f -d "$work/raddb" -l stdout
  sleep 3
  record radius freeradius.pcap "udp portrange 1812-1813"
  radius_ask auth 'User-Name = "bob", User-Password = "secret", NAS-IP-Address = 10.69.0.2, NAS-Port = 7, Calling-Station-Id = "02-00-00-00-00-01"'
  radius_ask auth 'User-Name = "bob", User-Password = "wrong", NAS-IP-Address = 10.69.0.2, NAS-Port = 7'
  radius_ask auth 'User-Name = "bob", CHAP-Password = "secret", NAS-Identifier = "switch-1"'
  radius_ask acct 'User-Name = "bob", Acct-Session-Id = "0001", Acct-Status-Type = Start, NAS-IP-Address = 10.69.0.2, Framed-IP-Address = 192.0.2.77'
  radius_ask acct 'User-Name = "bob", Acct-Session-Id = "0001", Acct-Status-Type = Stop, NAS-IP-Address = 10.69.0.2, Acct-Session-Time = 42, Acct-Input-Octets = 1000, Acct-Output-Octets = 2000, Acct-Terminate-Cause = User-Request'
  stop
}

radius_ask() { echo "$2" | at b radclient -x -r 1 -t 4 10.69.0.1 "$1" testing123 || true; }

tftp() { # tftpd-hpa: a file with options, one without, one written, one that is not there
  mkdir -p "$work/tftp"; chmod 777 "$work/tftp"
  seq 1 900 > "$work/tftp/boot.cfg"; : > "$work/tftp/up.bin"; chmod 666 "$work"/tftp/*
  run a in.tftpd -L -a 10.69.0.1:69 -u nobody -s "$work/tftp"
  sleep 1
  record tftp hpa.pcap udp
  at b curl -s --max-time 5 -o /dev/null tftp://10.69.0.1/boot.cfg || true
  at b tftp -m binary 10.69.0.1 -c get boot.cfg /dev/null || true
  at b tftp -m binary 10.69.0.1 -c put "$work/tftp/boot.cfg" up.bin || true
  at b tftp -m octet 10.69.0.1 -c get missing.cfg /dev/null || true
  stop
}

stun() { # coturn: a binding, and an allocation with a relayed channel
  run a turnserver -n -L 10.69.0.1 -E 10.69.0.1 --lt-cred-mech -u bob:secret -r example.org --no-cli --no-tls --no-dtls \
    --allow-loopback-peers --pidfile "$work/turn.pid" --db "$work/turn.db" -l stdout
  run a turnutils_peer -L 10.69.0.1 -p 3480
  sleep 2
  record stun coturn.pcap "udp port 3478"
  at b turnutils_stunclient 10.69.0.1 || true
  at b timeout 20 turnutils_uclient -u bob -w secret -e 10.69.0.1 -r 3480 -n 2 -m 1 10.69.0.1 || true
  at b timeout 1 turnutils_uclient -u bob -w wrong -e 10.69.0.1 -r 3480 -n 1 -m 1 10.69.0.1 || true
  stop
}

socks() { # microsocks with passwords, danted without: versions 4, 4a and 5, names and addresses, a password refused
  printf 'logoutput: /dev/null\ninternal: 10.69.0.1 port = 1081\nexternal: 10.69.0.1\nclientmethod: none\nsocksmethod: none\n' > "$work/danted.conf"
  printf 'client pass { from: 0/0 to: 0/0 }\nsocks pass { from: 0/0 to: 0/0 }\n' >> "$work/danted.conf"
  run a python3 -m http.server --bind 10.69.0.1 --directory "$work/empty" 8000
  run a microsocks -i 10.69.0.1 -p 1080 -u bob -P secret
  run a danted -f "$work/danted.conf" -p "$work/danted.pid"
  sleep 2
  record socks microsocks.pcap "tcp port 1080"; local first=$dump
  record socks dante.pcap "tcp port 1081"
  local get="curl -s --max-time 4 -o /dev/null"
  at b $get --socks5 bob:secret@10.69.0.1:1080 http://10.69.0.1:8000/ || true
  at b $get --socks5-hostname bob:secret@10.69.0.1:1080 http://localhost:8000/ || true
  at b $get --socks5 bob:wrong@10.69.0.1:1080 http://10.69.0.1:8000/ || true
  at b $get --socks4 10.69.0.1:1081 http://10.69.0.1:8000/ || true
  at b $get --socks4a 10.69.0.1:1081 http://localhost:8000/ || true
  at b $get --socks5 10.69.0.1:1081 http://10.69.0.1:8000/ || true
  at b $get --socks5 10.69.0.1:1081 http://10.69.0.1:8001/ || true
  stop; dump=$first; stop
}

smb() { # Samba: a log-in refused, a listing, a file up, down and away; SMB 3.1.1, 2.1 and 1
  mkdir -p "$work/share"; chmod 777 "$work/share"; seq 1 300 > "$work/report.txt"
  for d in lock state cache pid private rpc; do mkdir -p "$work/smb-$d"; done
  cat > "$work/smb.conf" <<C
[global]
netbios name = FILESERVER
workgroup = OFFICE
interfaces = 10.69.0.1/24
bind interfaces only = yes
server min protocol = NT1
map to guest = never
passdb backend = smbpasswd:$work/smb-private/passwd
private dir = $work/smb-private
lock directory = $work/smb-lock
state directory = $work/smb-state
cache directory = $work/smb-cache
pid directory = $work/smb-pid
ncalrpc dir = $work/smb-rpc
log file = /dev/null
[papers]
path = $work/share
writeable = yes
C
  printf 'secret\nsecret\n' | smbpasswd -c "$work/smb.conf" -s -a nobody
  run a smbd --foreground -s "$work/smb.conf"
  sleep 3
  record smb samba.pcap "tcp port 445"
  local client="smbclient -s /dev/null //10.69.0.1/papers"
  at b $client -U 'OFFICE\nobody%wrong' -c ls || true
  for version in SMB3_11 SMB2_10 NT1; do
    at b $client -U 'OFFICE\nobody%secret' -m $version --option="client min protocol=NT1" \
      -c "put $work/report.txt $version.txt; ls; get $version.txt /dev/null; get missing.txt /dev/null; rename $version.txt old.txt; rm old.txt" || true
  done
  stop
}

telnet() { # inetutils on both sides: a log-in refused and one that is let in, typed by the client
  mkdir -p "$work/etc"
  for f in passwd shadow; do cp "/etc/$f" "$work/etc/$f"; done
  echo "bob:x:4242:4242::/:/bin/sh" >> "$work/etc/passwd"
  echo "bob:$(openssl passwd -6 secret):19000::::::" >> "$work/etc/shadow"
  run a unshare -m sh -c "mount --bind $work/etc/passwd /etc/passwd; mount --bind $work/etc/shadow /etc/shadow; mount --bind $work/empty /etc/update-motd.d; mount -t tmpfs none /run; exec socat TCP-LISTEN:23,bind=10.69.0.1,reuseaddr 'EXEC:/usr/sbin/telnetd -h,nofork'"
  sleep 1
  record telnet inetutils.pcap "tcp port 23"
  { sleep 1; echo bob; sleep 1; echo wrong; sleep 5; echo bob; sleep 1; echo secret; sleep 2; echo id; sleep 1; echo exit; sleep 1; } \
    | at b inetutils-telnet 10.69.0.1 || true
  stop
}

ganesha() { # NFS-Ganesha with files in memory, and rpcbind
  cat > "$work/ganesha.conf" <<C
NFS_CORE_PARAM { Bind_addr = 10.69.0.1; Enable_NLM = false; Enable_RQUOTA = false; Protocols = 3, 4; mount_path_pseudo = true; MNT_Port = 20048; }
NFSV4 { Graceless = true; RecoveryBackend = fs; }
NFS_KRB5 { Active_krb5 = false; }
EXPORT { Export_Id = 1; Path = /papers; Pseudo = /papers; Access_Type = RW; Squash = None; SecType = sys; Protocols = 3, 4; FSAL { Name = MEM; } }
C
  [ ! -s "$work/ganesha.pid" ] || return 0
  run a unshare -m sh -c "mount -t tmpfs none /run; mkdir -p /run/ganesha; rpcbind -w -h 10.69.0.1 2>/dev/null; exec ganesha.nfsd -F -f $work/ganesha.conf -L $work/ganesha.log -p $work/ganesha.pid"
  sleep 6
}

nfs() { # libnfs: versions 3 and 4; MOUNT is left out
  ganesha
  record nfs ganesha.pcap "port 2049"
  seq 1 200 > "$work/report.txt"
  for version in 3 4; do
    local more="version=$version&nfsport=2049&mountport=20048"
    at b nfs-cp "$work/report.txt" "nfs://10.69.0.1/papers/report$version.txt?$more" || true
    at b nfs-ls "nfs://10.69.0.1/papers?$more" || true
    at b nfs-cat "nfs://10.69.0.1/papers/report$version.txt?$more" > /dev/null || true
    at b nfs-cat "nfs://10.69.0.1/papers/missing.txt?$more" || true
  done
  stop
}

mount() { # how version 3 finds its server: the port mapper and MOUNT, asked by rpcinfo, showmount and libnfs
  ganesha
  record mount ganesha.pcap "port 20048"; local first=$dump
  record portmap rpcbind.pcap "port 111"
  at b rpcinfo -p 10.69.0.1 || true
  at b rpcinfo 10.69.0.1 || true
  at b rpcinfo -t 10.69.0.1 nfs 3 || true
  at b rpcinfo -u 10.69.0.1 mountd 3 || true
  at b rpcinfo -t 10.69.0.1 rquotad || true
  at b showmount -e 10.69.0.1 || true
  at b showmount -a 10.69.0.1 || true
  at b nfs-ls "nfs://10.69.0.1/papers?version=3" || true
  at b nfs-ls "nfs://10.69.0.1/secrets?version=3" || true
  stop; dump=$first; stop
}

sip() { # Kamailio as registrar and proxy, SIPp as telephone: a wrong password, a registration, calls over UDP and TCP, nobody, busy
  local here phone; here=$(dirname "$(realpath "$0")")/sessions
  phone="sipp 10.69.0.1:5060 -i 10.69.0.2 -m 1 -nostdin -timeout 8 -timeout_error -trace_err -error_file $work/sipp.err"
  run a kamailio -DD -E -m 16 -M 4 -f "$here/kamailio.cfg" -Y "$work" -P "$work/kamailio.pid"
  sleep 3
  record sip kamailio.pcap "port 5060"
  at b $phone -sf "$here/sip-register.xml" -p 5080 -s bob -au bob -ap wrong || true
  at b $phone -sf "$here/sip-register.xml" -p 5081 -s bob -au bob -ap secret || true
  run b sipp -sn uas -i 10.69.0.2 -p 5070 -m 2 -nostdin -timeout 20
  sleep 1
  at b $phone -sn uac -p 5082 -s bob -d 300 || true
  at b $phone -sn uac -t t1 -p 5083 -s bob -d 300 || true
  at b $phone -sf "$here/sip-refused.xml" -p 5084 -s nobody || true
  at b $phone -sf "$here/sip-refused.xml" -p 5085 -s busy || true
  stop
}

mail() { # Postfix and Dovecot: mails sent and refused, relaying refused, wrong passwords, a mailbox read by IMAP and POP3
  local here smtp imap; here=$(dirname "$(realpath "$0")")/sessions
  mkdir -p "$work"/postfix/{etc,queue,data} "$work/mail"; chown postfix "$work/postfix/data"; chown 4242:4242 "$work/mail"
  sed "s|WORK|$work|" "$here/postfix.cf" > "$work/postfix/etc/main.cf"
  cp /usr/share/postfix/master.cf.dist "$work/postfix/etc/master.cf"
  postconf -c "$work/postfix/etc" -F '*/*/chroot=n'
  sed "s|WORK|$work|" "$here/dovecot.conf" > "$work/dovecot.conf"
  run a dovecot -F -c "$work/dovecot.conf"
  sleep 2
  at a postfix -c "$work/postfix/etc" start || true
  sleep 2
  record smtp postfix.pcap "tcp port 25"; smtp=$dump
  record imap dovecot.pcap "tcp port 143"; imap=$dump
  record pop3 dovecot.pcap "tcp port 110"
  at b python3 "$here/mail.py" || true
  stop; dump=$imap stop; dump=$smtp stop
  at a postfix -c "$work/postfix/etc" stop || true
}

all amqp ldap kerberos ntp snmp radius tftp stun socks smb telnet nfs mount sip mail

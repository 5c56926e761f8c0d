#!/bin/bash
# make-ftp.sh FILE: records a log-in, a listing, a download (passive), an upload (active) and a refused log-in with vsftpd
# and curl between two network namespaces of this machine (nothing leaves it) into FILE.
#
# Needs root and, from Debian: vsftpd curl tcpdump iproute2.
set -eu
out=$(realpath "${1:?usage: make-ftp.sh FILE}")
work=$(mktemp -d /tmp/netlog-ftp.XXXXXX); chmod 755 "$work"
cleanup() {
  set +e
  [ -z "${server:-}" ] || kill "$server"
  [ -z "${dump:-}" ] || kill "$dump"
  sleep 0.5
  ip netns del nlf-a; ip netns del nlf-b
  rm -rf "$work"
}
trap cleanup EXIT
ip netns add nlf-a; ip netns add nlf-b
ip link add fa netns nlf-a type veth peer name fb netns nlf-b
for side in a b; do
  ip netns exec nlf-$side ip link set lo up; ip netns exec nlf-$side ip link set f$side up
  ip netns exec nlf-$side ethtool -K f$side tx off >/dev/null 2>&1 || true
done
ip -n nlf-a addr add 10.68.0.1/24 dev fa; ip -n nlf-b addr add 10.68.0.2/24 dev fb
mkdir -p "$work/ftp/in" "$work/empty"; chmod 755 "$work/ftp"; chmod 777 "$work/ftp/in"
seq 1 2000 | gzip -n > "$work/ftp/report.gz"
printf '%%PDF-1.4\nnothing but a head\n' > "$work/up.pdf"
cat > "$work/vsftpd.conf" <<C
listen=YES
background=NO
anonymous_enable=YES
anon_root=$work/ftp
anon_upload_enable=YES
write_enable=YES
anon_umask=022
secure_chroot_dir=$work/empty
pasv_min_port=40000
pasv_max_port=40100
seccomp_sandbox=NO
C
ip netns exec nlf-a vsftpd "$work/vsftpd.conf" >/dev/null 2>&1 & server=$!
ip netns exec nlf-a tcpdump -i fa -U --immediate-mode -w "$out" tcp >/dev/null 2>&1 & dump=$!
sleep 1.5
at() { ip netns exec nlf-b curl -s -o /dev/null "$@" || true; }
at ftp://10.68.0.1/report.gz
at ftp://10.68.0.1/
at --ftp-port 10.68.0.2 -T "$work/up.pdf" ftp://10.68.0.1/in/up.pdf
at -u mallory:guess ftp://10.68.0.1/
sleep 1
